import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { GIVEN } from './support/readme-given.ts'

const root = resolve(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const snippets = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!)
const folder = mkdtempSync(join(import.meta.dirname, '.readme-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

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
    for (const [, script] of readme.matchAll(/npm run ([\w:-]+)/g)) expect(scripts).toHaveProperty([script!])
  })
})
