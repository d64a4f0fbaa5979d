import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compareResults } from '../../../src/bench/compare/compare-results.ts'
import { replaceSection } from '../../../src/bench/prompts/replace-section.ts'
import { bestMarkdown } from '../../../src/bench/prompts/results-markdown.ts'
import { readResults } from '../../../src/bench/tables/bench-results.ts'

const root = resolve(import.meta.dirname, '../../..')
const results = join(root, 'data/results')
const page = (file: string) => readFileSync(file, 'utf8')

describe('what pages say of the recorded tables', async () => {
  const runs = await readResults(join(results, 'recorded.json.gz'))
  const best = bestMarkdown(compareResults([{ file: 'recorded', results: runs }]))

  it('is what the runs say, in the results', () => {
    const text = page(join(results, 'README.md'))
    expect(text).toContain('<!-- bench:recorded-best -->')
    expect(replaceSection(text, 'bench:recorded-best', best)).toBe(text)
  })

  it('is what the runs say, in the README', () => {
    // `| holdout: **krige** | 0.163 | 0.111 (+0.057; …) | 0.085 |` → `0.163, 0.111, 0.085`
    const errors = best
      .split('\n')
      .slice(2)
      .filter((row) => row.startsWith('| holdout'))
      .map((row) => [...row.matchAll(/\| (0\.\d{3})/g)].map(([, error]) => error).join(', '))
    expect(errors).toHaveLength(3)
    expect(page(join(root, 'README.md'))).toContain(`| ${errors.join(' | ')} |`)
  })
})
