import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const page = readFileSync(resolve(root, 'docs/guarantees.md'), 'utf8')
const named = [...page.matchAll(/^ {2}- `(test\/[\w/.-]+)`: (.+)$/gm)].map(
  ([, file, title]) => [file!, title!] as const,
)

/**
 * Titles as they are written after `it(` or the parentheses of an `it.each`, and after `check(` in the store's
 * conformance suite where the file runs it.
 */
function titlesIn(file: string): string[] {
  const text = readFileSync(resolve(root, file), 'utf8')
  const titles = [...text.matchAll(/(?:\bit|\))\(\s*(['"`])((?:(?!\1)[^\\]|\\.)*)\1/g)].map((match) => match[2]!)
  if (!text.includes('of storeConformance(')) return titles
  const suite = readFileSync(resolve(root, 'src/testing/store-conformance.ts'), 'utf8')
  return [...titles, ...[...suite.matchAll(/\bcheck\('([^']+)'/g)].map((match) => match[1]!)]
}

describe('What Krige promises', () => {
  it('names a test for every promise', () => {
    const promises = page.split(/^- \*\*/m).slice(1)
    expect(promises.length).toBeGreaterThanOrEqual(15)
    for (const promise of promises) expect(promise, promise.slice(0, 60)).toMatch(/^ {2}- `test\//m)
    // Every line that looks like one was read as one.
    expect(named).toHaveLength(page.match(/`test\//g)!.length)
  })

  it.each(named)('%s holds: %s', (file, title) => {
    expect(existsSync(resolve(root, file)), file).toBe(true)
    expect(file, 'a test that CI runs').not.toMatch(/^test\/live\//)
    // Titles may end in a number that is not known beforehand.
    expect(titlesIn(file).filter((written) => written.startsWith(title))).not.toEqual([])
  })

  it('is linked from the README', () => {
    expect(readFileSync(resolve(root, 'README.md'), 'utf8')).toContain('(docs/guarantees.md)')
  })
})
