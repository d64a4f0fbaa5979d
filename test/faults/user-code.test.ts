import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type ChatServer, startChatServer } from '../support/chat-server.ts'
import { startKrige, taskFolder } from '../support/krige-cli.ts'

let server: ChatServer
const folders: string[] = []
beforeAll(async () => {
  server = await startChatServer()
})
afterEach(() => {
  server.fault = undefined
})
afterAll(async () => {
  await server.close()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

const EXAMPLES = 24
const OPTIONS = { prompts: 2, search: EXAMPLES, holdout: 0, budget: { evaluations: 2 * EXAMPLES, calls: 120 } }

function start(changes: object, files: Readonly<Record<string, string>> = {}) {
  const folder = taskFolder(server.model, OPTIONS, changes)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  folders.push(folder)
  return { folder, ...startKrige(folder, ['run', 'task.yaml', '--json', '--no-cache']) }
}

/** What becomes of an example that a module misbehaves on: a failure with this reason, or a score. */
const MISBEHAVIOR: readonly (readonly [code: string, failure: RegExp | undefined])[] = [
  ['process.exit(0)', /ended the process/],
  ['Promise.reject(new Error("lost")); await new Promise(() => {})', /lost/],
  ['setTimeout(() => { throw { toString() { throw 1 } } }); await new Promise(() => {})', /cannot be shown/],
  ['const all = []; for (;;) all.push(new Array(2e7).fill(1))', /more than 256 MB|did not finish/],
  ['return { score: NaN, metrics: { a: NaN } }', /expected a finite number/],
  ['for (;;);', /did not finish within 5 s/],
  ['console.log("POLLUTION"); process.stdout.write("POLLUTION"); return { score: 1, metrics: { a: NaN } }', undefined],
]
const FAILING = MISBEHAVIOR.filter(([, failure]) => failure).length
const MISBEHAVE = MISBEHAVIOR.map(([code], index) => `if (/number ${3 * index + 2} /.test(input)) { ${code} }`).join(
  '\n',
)

describe('code of the user', () => {
  it.each([
    [
      'metric',
      `export default async (output, { input, expected }) => { ${MISBEHAVE}\n return output === expected }`,
      { metric: './m.mjs' },
    ],
    [
      'program',
      `export default async ({ text }, { input, expected }, { generate }) => { ${MISBEHAVE}
        return (await generate(text + '\\nTicket: ' + input)) === expected }`,
      { evaluate: './m.mjs' },
    ],
  ])(
    'a %s that exits, loses errors, never ends, fills the memory, returns nonsense or prints costs those cells alone, and stdout is one JSON object',
    async (_, source, changes) => {
      const run = start({ ...changes, limits: { memory: 256, timeout: 5 } }, { 'm.mjs': source })
      const { code, stdout, stderr } = await run.done
      expect([code, stderr]).toEqual([0, expect.any(String)])
      expect(stdout).not.toContain('POLLUTION')
      const result = JSON.parse(stdout)
      expect(result.spent.evaluations).toBe(2 * EXAMPLES)
      const answers = await startKrige(run.folder, ['export', 'tickets']).done
      const told = answers.stdout.split('\n').flatMap((line) => (line.includes('"told"') ? [JSON.parse(line)] : []))
      expect(told).toHaveLength(2 * EXAMPLES)
      const failures = told.flatMap(({ score, error }) => (score === null ? [error] : []))
      expect(failures).toHaveLength(2 * FAILING)
      for (const [, failure] of MISBEHAVIOR) {
        // Filling the memory may take all the time there is.
        if (failure) expect(failures.filter((message) => failure.test(message)).length).toBeGreaterThanOrEqual(2)
      }
    },
  )

  it('patterns that come with data cost their cells, and Ctrl-C is heard', async () => {
    server.fault = (response) => {
      const message = { role: 'assistant', content: `${'a'.repeat(40)}!` }
      response.writeHead(200, { 'content-type': 'application/json' }).end(
        JSON.stringify({
          choices: [{ index: 0, message, finish_reason: 'stop' }],
          usage: { prompt_tokens: 1, completion_tokens: 9 },
        }),
      )
      return true
    }
    const examples = Array.from({ length: 40 }, (_, index) => ({
      input: `case ${index}`,
      expected: ['^a', '^(a+)+$', '^(?=(a+)+$)'][index % 3]!,
    }))
    const running = start({
      metric: 'regex',
      examples,
      split: { search: 40, holdout: 0 },
      budget: { evaluations: 160 },
    })
    const before = server.requests.length
    while (server.requests.length < before + 12) await new Promise((resolve) => setTimeout(resolve, 20))
    running.child.kill('SIGINT')
    const asked = performance.now()
    const { code, stderr } = await running.done
    expect([code, stderr]).toEqual([130, expect.stringMatching(/resume/)])
    expect(performance.now() - asked).toBeLessThan(15_000)
  })
})
