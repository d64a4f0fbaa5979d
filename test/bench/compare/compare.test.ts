import { describe, expect, it } from 'vitest'
import { compareHtml } from '../../../src/bench/compare/compare-html.ts'
import { compareResults } from '../../../src/bench/compare/compare-results.ts'
import { compareSvg, indistinct } from '../../../src/bench/compare/compare-svg.ts'
import { compareText } from '../../../src/bench/compare/compare-text.ts'
import type { BenchResults, BenchRun } from '../../../src/bench/tables/bench-results.ts'
import { escapeMarkup } from '../../../src/text/escape-markup.ts'

const nasty = '<b>&"\u0007 größe 😀'

function results(policies: Readonly<Record<string, number>>, seed = 1, holdout = false): BenchResults {
  const runs = Object.entries(policies).flatMap(([policy, error]) =>
    ['t1', 't2', 't3'].flatMap((task, index) =>
      [0.25, 1].flatMap((fraction) =>
        [0, 1].map(
          (repeat): BenchRun => ({
            table: `${task}.m`,
            task,
            policy,
            repeat,
            fraction,
            budget: 10,
            spent: 10,
            chosen: 'p',
            error: (error * (1 + 0.1 * index + 0.01 * repeat)) / (1 + fraction),
            ...(holdout ? { holdoutError: 0.5 } : {}),
          }),
        ),
      ),
    ),
  )
  const tables = { 't1.m': 'f1', 't2.m': 'f2', 't3.m': 'f3' }
  return {
    settings: { seed, fullEvaluations: 25, embedder: 'e', estimand: 'set', tables, policies: {} },
    runs,
    summary: [],
  }
}

describe('compareResults', () => {
  it('takes krige as reference where it ran, else the best, or what it is told', () => {
    const file = (policies: Readonly<Record<string, number>>) => [{ file: 'a.json', results: results(policies) }]
    expect(compareResults(file({ krige: 0.5, other: 0.1 })).reference).toBe('krige')
    expect(compareResults(file({ worse: 0.5, other: 0.1 })).reference).toBe('other')
    expect(compareResults(file({ worse: 0.5, other: 0.1 }), 'worse').reference).toBe('worse')
    expect(() => compareResults(file({ a: 0.5 }), 'b')).toThrow('--reference is "b"')
    expect(() => compareResults(file({}))).toThrow('no run')
  })

  it('says in place of an interval that there is one task', () => {
    const { runs, ...file } = results({ krige: 0.1, x: 0.3 })
    const one = [{ file: 'a', results: { ...file, runs: runs.filter(({ task }) => task === 't1') } }]
    const comparison = compareResults(one)
    expect(compareText(comparison)).toMatch(/\nx +\S+ +\S+ +one task +/)
    expect(compareHtml(comparison)).toContain('<td>one task</td>')
  })

  it('orders by error, compares with the reference, ranks over tasks', () => {
    const [quarter, full] = compareResults([{ file: 'a', results: results({ krige: 0.1, x: 0.3, y: 0.2 }) }]).fractions
    expect(quarter!.fraction).toBe(0.25)
    expect(full!.policies.map(({ policy }) => policy)).toEqual(['krige', 'y', 'x'])
    expect(full!.policies[0]!.difference).toBeUndefined()
    expect(full!.policies[1]!.difference!.mean).toBeGreaterThan(0)
    expect(full!.policies[1]!.difference!.interval![0]).toBeGreaterThan(0)
    expect(full!.ranks).toMatchObject({ policies: ['krige', 'y', 'x'], meanRanks: [1, 2, 3], blocks: 3 })
  })

  it('merges files, tells clashing names apart, and says when seeds differ', () => {
    const merged = compareResults([
      { file: 'dir/old.json', results: results({ krige: 0.2, x: 0.3 }) },
      { file: 'dir/new.json', results: results({ krige: 0.1 }, 2) },
    ])
    expect(merged.policies).toEqual(['krige (old)', 'x', 'krige (new)'])
    expect(merged.notes.join()).toContain('different seeds')
  })

  it('refuses two tables of one name', () => {
    const other = results({ x: 1 })
    other.settings!.tables['t1.m'] = 'changed'
    const files = [
      { file: 'a', results: results({ y: 1 }) },
      { file: 'b', results: other },
    ]
    expect(() => compareResults(files)).toThrow('table t1.m is not the same in a and b')
  })

  it('compares holdout errors apart, and says when there are few tasks', () => {
    const comparison = compareResults([{ file: 'a', results: results({ krige: 0.1, x: 0.3 }, 1, true) }])
    expect(comparison.holdout).toHaveLength(2)
    expect(comparison.holdout[0]!.policies.every(({ meanError }) => meanError === 0.5)).toBe(true)
    expect(comparison.notes.join()).toContain('Only 3 tasks')
  })
})

describe('what people see', () => {
  const comparison = compareResults([{ file: 'a', results: results({ krige: 0.1, [nasty]: 0.3, zero: 0 }, 1, true) }])

  it('is text with a table per fraction', () => {
    const text = compareText(comparison)
    expect(text).toContain('Budget × 0.25\n')
    expect(text).toContain('Budget × 1, on the holdout examples')
    expect(text).toMatch(/krige +0\.05/)
  })

  it('is a picture and a page that escape everything and load nothing', () => {
    for (const page of [compareSvg(comparison), compareHtml(comparison)]) {
      expect(page).not.toContain('<b>&"')
      expect(page).not.toMatch(/NaN|undefined|Infinity/)
      expect(page).not.toMatch(/<script|(?:src|href)=/)
      expect(page).not.toContain('\u0007')
      expect(page).toContain('größe 😀')
    }
    expect(escapeMarkup(`<a href="x" id='y'>&`)).toBe('&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;')
  })

  it('draws one policy, one fraction and one task without dividing by nothing', () => {
    const one = results({ only: 0.2 })
    const runs = one.runs.filter(({ fraction, task }) => fraction === 1 && task === 't1')
    const svg = compareSvg(compareResults([{ file: 'a', results: { ...one, runs } }]))
    expect(svg).not.toMatch(/NaN|Infinity/)
    expect(svg).toContain('Ranks need at least two')
  })

  it('joins ranks closer than the critical difference, each run once', () => {
    expect(indistinct([1, 1.5, 2.2, 4], 1)).toEqual([
      [0, 1],
      [1, 2],
    ])
    expect(indistinct([1, 1.2, 1.4], 1)).toEqual([[0, 2]])
    expect(indistinct([1, 3, 5], 1)).toEqual([])
  })
})
