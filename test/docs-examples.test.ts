import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './support/docstring-examples.ts'
import { ENTRY_POINTS, originsOf, runExample } from './support/run-example.ts'

/** Pages whose TypeScript is run as it stands; in others it leaves out what only the reader has. */
const PAGES = [
  'extending.md',
  'surrogate.md',
  'acquisition.md',
  'budget.md',
  'verdict.md',
  'cookbook.md',
  'language-models.md',
]

const examples = PAGES.flatMap((page) => {
  const text = readFileSync(join(root, 'docs', page), 'utf8')
  return [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(({ 1: code, index }) => ({
    file: `docs/${page}`,
    line: text.slice(0, index).split('\n').length + 1,
    code: code!,
  }))
})

describe('the pages of the documentation', () => {
  it.for(examples.map((example) => [`${example.file}:${example.line}`, example] as const))(
    '%s runs',
    { timeout: 60_000 },
    async ([, example]) => {
      await runExample(example)
    },
  )

  it.for(examples.map((example) => [`${example.file}:${example.line}`, example] as const))(
    '%s imports what it takes from Krige',
    async ([, example]) => {
      const modules = await Promise.all(Object.values(ENTRY_POINTS).map((file) => import(join(root, file))))
      const offered = new Set(modules.flatMap((module) => Object.keys(module)))
      const isCalled = (name: string) => new RegExp(`(?<![.\\w]|async )${name}\\(`).test(example.code)
      const taken = originsOf(example)
        .filter(({ kind, name }) => kind === 'module' && offered.has(name) && isCalled(name))
        .map(({ name }) => name)
      expect(taken).toEqual([])
    },
  )

  it('have examples', () => expect(examples.length).toBeGreaterThan(8))

  it('say one thing of what a budget holds', () => {
    const pages = ['docs/budget.md', 'docs/guarantees.md', 'docs/task-file.md', 'README.md']
    const texts = pages.map((page) => readFileSync(join(root, page), 'utf8').replaceAll(/\s+/g, ' '))
    for (const text of texts) {
      expect(text).toMatch(/tokens and money (are exceeded )?only by what a provider charges beyond the worst case/i)
      expect(text).not.toContain('all hard')
    }
  })

  it('name only files that exist', () => {
    const pages = readdirSync(join(root, 'docs')).filter((file) => file.endsWith('.md'))
    const broken = pages.flatMap((page) =>
      [...readFileSync(join(root, 'docs', page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
        .map(([, link]) => link!)
        .filter((link) => !isThere(join(root, 'docs', link)))
        .map((link) => `${page}: ${link}`),
    )
    expect(broken).toEqual([])
  })
})

function isThere(path: string): boolean {
  try {
    readFileSync(path)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EISDIR'
  }
}
