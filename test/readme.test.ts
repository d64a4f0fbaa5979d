import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const snippets = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!)
const folder = mkdtempSync(join(import.meta.dirname, '.readme-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What the snippets take for granted, so that each runs as it stands: even tickets are a, and "Which …" knows nine of ten. */
const GIVEN = `
const examples = Array.from({ length: 10 }, (_, index) => ({ input: String(index), expected: index % 2 ? 'b' : 'a' }))
const ask = async (prompt: string, input: string) => (prompt.startsWith('Which') && input !== '9' ? (Number(input) % 2 ? 'b' : 'a') : 'c')
const pool = [{ id: 'poor', text: 'Classify.' }, { id: 'good', text: 'Which team?' }]
const train = ({ rate, depth, loss }: Record<string, any> = {}) => (Math.log10(rate) + 2) ** 2 + (depth - 4) ** 2 / 4 + (loss === 'l2' ? 0 : 1)
const measure = async (candidate: { id: string }, asked: readonly number[]) => asked.map((example) => (candidate.id === 'good' && example !== 9 ? 1 : 0))
`

async function runSnippet(position: number, exported: string): Promise<unknown> {
  const [imports = '', ...rest] = snippets[position]!.split('\n')
  const library = join(root, 'src', 'index.ts')
  const file = join(folder, `snippet-${position}.ts`)
  writeFileSync(file, [imports.replace("'krige'", `'${library}'`), GIVEN, ...rest, `export { ${exported} }`].join('\n'))
  const module: Record<string, unknown> = await import(/* @vite-ignore */ file)
  return module[exported]
}

describe('README', () => {
  it('optimizes as it says', async () => {
    const result = await runSnippet(0, 'result')
    expect(result).toMatchObject({
      winner: { text: 'Which team should handle this ticket? Answer with one word.' },
      spent: { evaluations: 20 },
    })
  })

  it('asks and tells as it says', async () => {
    expect(await runSnippet(1, 'best')).toMatchObject({ candidate: 1 })
  })

  it('tunes numbers and choices as it says', async () => {
    expect(await runSnippet(2, 'parameters')).toMatchObject({ depth: 4, loss: 'l2', rate: expect.closeTo(0.01, 2) })
  })

  it('names only files that exist', () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((match) => match[1]!)
    expect(links.length).toBeGreaterThan(3)
    for (const link of links) expect(() => readFileSync(join(root, link)), link).not.toThrow()
  })

  it('names only npm scripts and commands that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    for (const [, script] of readme.matchAll(/npm run ([\w:]+)/g)) expect(scripts).toHaveProperty([script!])
  })
})
