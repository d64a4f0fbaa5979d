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

describe('docs/plug-in.md', () => {
  it('measures with the AI SDK as it says', async () => {
    const file = join(folder, 'ai-sdk.ts')
    const code = snippet('ts', 0).replace("'krige'", `'${join(root, 'src/index.ts')}'`)
    writeFileSync(file, `${GIVEN}\n${code}\nexport { best, promising }`)
    const { best, promising } = await import(/* @vite-ignore */ file)
    expect(best.winner.text).toMatch(/label/)
    expect(promising.text).toBe('Name the label now.')
  })

  it('speaks HTTP as it says', async () => {
    const server = await serve({
      store: createMemoryStore(),
      backend: createBackend(),
      version: '1',
      host: '127.0.0.1',
      port: 0,
      logLevel: 'silent',
    })
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
