import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createBackend } from '../src/numerics/linalg/index.ts'
import { serve } from '../src/server/index.ts'
import { createMemoryStore } from '../src/store/index.ts'

const root = resolve(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/plug-in.md'), 'utf8')
const snippet = (language: string, position: number) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))][position]![1]!
const folder = mkdtempSync(join(import.meta.dirname, '.plug-in-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A model that labels tickets where it is told to name the label, and prompts and examples for it. */
const GIVEN = `
import { MockLanguageModelV4 } from 'ai/test'
const examples = Array.from({ length: 10 }, (_, i) => ({ input: 'Ticket ' + i, expected: i % 2 ? 'bug' : 'billing' }))
const prompts = ['Name the label.', 'Name the one label.', 'Write a poem.', 'Write a long poem.']
const drafts = ['Write a short poem.', 'Name the label now.']
const usage = { inputTokens: { total: 1 }, outputTokens: { total: 1 } } as any
const model = new MockLanguageModelV4({
  doGenerate: async ({ prompt }: any) => {
    const [system, user] = prompt
    const label = Number(user.content[0].text.split(' ')[1]) % 2 ? 'bug' : 'billing'
    const text = system.content.includes('label') ? label : 'O ticket'
    return { content: [{ type: 'text', text }], finishReason: { unified: 'stop', raw: 'stop' }, usage, warnings: [] }
  },
})
`

/** A student that labels tickets where it is told to name the label, and a teacher that writes drafts in turn. */
const GIVEN_AX = `
import { AxMockAIService } from '@ax-llm/ax'
const DRAFTS = ['Write a poem.', 'Name the label.', 'Sing a poem.', 'Name the one label.', 'Write a long poem.']
const examples = Array.from({ length: 12 }, (_, i) => ({ ticket: 'Ticket ' + i, label: i % 2 ? 'bug' : 'billing' }))
const ai = new AxMockAIService({
  features: { functions: false, streaming: false },
  chatResponse: async ({ chatPrompt }: any) => {
    const text = chatPrompt.map(({ content }: any) => (typeof content === 'string' ? content : JSON.stringify(content))).join(' ')
    const ticket = Number(text.slice(text.lastIndexOf('Ticket ') + 7).match(/[0-9]+/)[0])
    const label = text.includes('Name') ? (ticket % 2 ? 'bug' : 'billing') : 'poem'
    const tokens = { promptTokens: 1, completionTokens: 1, totalTokens: 2 }
    const results = [{ index: 0, content: 'Label: ' + label, finishReason: 'stop' }]
    return { results, modelUsage: { ai: 'mock', model: 'mock', tokens } }
  },
} as any)
let [written, shown] = [0, 0]
const reflect = async (_text: string, failures: unknown[]) => {
  shown += failures.length
  return DRAFTS[written++ % DRAFTS.length] + (written > DRAFTS.length ? ' ' + written : '')
}
`

const startServer = () =>
  serve({
    store: createMemoryStore(),
    backend: createBackend(),
    version: '1',
    host: '127.0.0.1',
    port: 0,
    logLevel: 'silent',
  })

interface Suite {
  readonly prompts: readonly { readonly raw: string; readonly label: string }[]
  readonly tests: readonly object[]
}

/**
 * Calls an extension as promptfoo 0.123 does (promptfoo itself is too large to install for this): `beforeAll` may give back
 * another suite, `afterEach` is told each result. Prompts that name the label are right.
 *
 * @returns The prompts that were measured.
 */
async function evaluateAsPromptfoo(
  hook: (name: string, context: object) => Promise<{ suite: Suite } | undefined>,
  suite: Suite,
): Promise<string[]> {
  const { prompts, tests } = (await hook('beforeAll', { suite }))?.suite ?? suite
  for (const [promptIdx, { raw }] of prompts.entries()) {
    for (const testIdx of tests.keys()) {
      const score = Number(raw.includes('label'))
      const result = { promptIdx, testIdx, score, success: score === 1, failureReason: 1 - score }
      await hook('afterEach', { test: tests[testIdx], result: score ? result : { ...result, error: 'not the label' } })
    }
  }
  await hook('afterAll', { suite, results: [] })
  return prompts.map(({ raw }) => raw)
}

describe('docs/plug-in.md', () => {
  it('measures with the AI SDK as it says', async () => {
    const file = join(folder, 'ai-sdk.ts')
    const code = snippet('ts', 0).replace("'krige'", `'${join(root, 'src/index.ts')}'`)
    writeFileSync(file, `${GIVEN}\n${code}\nexport { best, promising }`)
    const { best, promising } = await import(/* @vite-ignore */ file)
    expect(best.winner.text).toMatch(/label/)
    expect(promising.text).toBe('Name the label now.')
  })

  it('screens in the GEPA of ax as it says', async () => {
    const file = join(folder, 'ax.ts')
    const code = snippet('ts', 1).replace("'krige'", `'${join(root, 'src/index.ts')}'`)
    writeFileSync(file, `${GIVEN_AX}\n${code}\nexport { program, result, shown, study }`)
    const { program, result, shown, study } = await import(/* @vite-ignore */ file)
    expect(result.bestScore).toBe(1)
    expect(program.getInstruction()).toMatch(/^Name/)
    expect(study.state.observations.length).toBeGreaterThan(2)
    expect(shown).toBeGreaterThan(0)
  })

  it('is an extension of promptfoo as it says', async () => {
    const server = await startServer()
    try {
      const file = join(folder, 'krige.mjs')
      writeFileSync(file, snippet('js', 0).replaceAll('http://127.0.0.1:8787', server.url))
      const { krige } = await import(/* @vite-ignore */ file)
      const texts = [
        'Name the label.',
        'Name the label, please.',
        'Write a poem.',
        'Write a long poem.',
        'Sing a poem.',
      ]
      const suite = { prompts: texts.map((raw) => ({ raw, label: raw })), tests: [{}, {}, {}], providers: [] }
      expect(await evaluateAsPromptfoo(krige, suite)).toEqual(texts)
      const [first, second, third, ...rest] = await evaluateAsPromptfoo(krige, {
        ...suite,
        prompts: [...suite.prompts, { raw: 'Name the label now.', label: 'new' }],
      })
      expect([first, second, third].toSorted()).toEqual(texts.slice(0, 2).concat('Name the label now.').toSorted())
      expect(rest).toEqual([])
    } finally {
      await server.close()
    }
  })

  it('is an evaluation of evalite as it says', async () => {
    const server = await startServer()
    try {
      // evalite is not installed here: what follows calls an evaluation as evalite 0.19 does.
      writeFileSync(
        join(folder, 'evalite.ts'),
        'export const given = []\nexport const evalite = (...each) => given.push(each)',
      )
      const file = join(folder, 'triage.eval.ts')
      const code = snippet('ts', 2)
        .replace("'evalite'", "'./evalite.ts'")
        .replaceAll('http://127.0.0.1:8787', server.url)
      writeFileSync(file, `${GIVEN}\n${code}\nexport { prompts }\nexport { given } from './evalite.ts'`)
      const { given, prompts } = await import(/* @vite-ignore */ file)
      const post = (path: string, body: object) =>
        fetch(server.url + path, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify(body),
        })
      await post('/studies', { name: 'triage', pool: prompts, exampleCount: 10 })
      const [[, { data, task, scorers }]] = given
      const inputs = await data()
      expect(inputs.length).toBeGreaterThan(4)
      for (const { input } of inputs) {
        const score = await scorers[0].scorer({ input, output: await task(input) })
        expect(score).toBe(input.candidate.text.includes('label') ? 1 : 0)
      }
      const { best } = await (await fetch(`${server.url}/studies/triage/best`)).json()
      expect(best.candidate.text).toMatch(/label/)
    } finally {
      await server.close()
    }
  })

  it('speaks HTTP as it says', async () => {
    const server = await startServer()
    try {
      const [start, ...lines] = snippet('sh', 0).split('\n')
      expect(start).toMatch(/^krige serve/)
      const script = lines.join('\n').replaceAll('http://127.0.0.1:8787', server.url)
      const shell = spawn('bash', ['-e', '-c', script], { cwd: tmpdir() })
      let said = ''
      for await (const piece of shell.stdout) said += piece
      expect(said).not.toContain('"error"')
      expect(said).toContain('"told":1')
      expect(said).toContain('"expectedImprovement"')
      expect(said).toContain('"probabilityBest"')
    } finally {
      await server.close()
    }
  })
})
