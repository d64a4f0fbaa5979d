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

const OPTIONS = { prompts: 2, search: 10, holdout: 0, budget: { evaluations: 20, calls: 60 } }

function start(changes: object, files: Readonly<Record<string, string>> = {}) {
  const folder = taskFolder(server.model, OPTIONS, changes)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  folders.push(folder)
  return startKrige(folder, ['run', 'task.yaml', '--json', '--no-cache'])
}

/** One example of ten misbehaves. */
const MISBEHAVIOR: readonly (readonly [what: string, code: string])[] = [
  ['exits', 'process.exit(0)'],
  ['loses a rejection', 'Promise.reject(new Error("lost")); await new Promise(() => {})'],
  ['throws in a timer', 'setTimeout(() => { throw { toString() { throw 1 } } }); await new Promise(() => {})'],
  ['fills the memory', 'const all = []; for (;;) all.push(new Array(2e7).fill(1))'],
  ['returns nonsense', 'return { score: NaN, metrics: { a: NaN } }'],
  ['prints', 'console.log("POLLUTION"); process.stdout.write("POLLUTION"); return { score: 1, metrics: { a: NaN } }'],
]

describe('code of the user', () => {
  it.each(MISBEHAVIOR)(
    'a metric or a program that %s costs its cells, not the run, and stdout is one JSON object',
    async (_, code) => {
      const bad = `if (/number 3 /.test(input)) { ${code} }`
      const metric = start(
        { metric: './m.mjs' },
        { 'm.mjs': `export default async (output, { input, expected }) => { ${bad}; return output === expected }` },
      )
      const program = start(
        { evaluate: './p.mjs' },
        {
          'p.mjs': `export default async ({ text }, { input, expected }, { generate }) => { ${bad}; return (await generate(text + '\\nTicket: ' + input)) === expected }`,
        },
      )
      for (const run of [metric, program]) {
        const { code: status, stdout, stderr } = await run.done
        expect([status, stderr]).toEqual([0, expect.any(String)])
        const result = JSON.parse(stdout)
        expect(result.spent.evaluations).toBe(20)
        expect(stdout).not.toContain('POLLUTION')
        expect(result.winner.mean).toBeGreaterThan(0)
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
