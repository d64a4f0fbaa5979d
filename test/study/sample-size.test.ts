import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/numerics/random/index.ts'
import { detectableDifference, neededExamples, sampleSizeWarnings } from '../../src/study/sample-size.ts'

describe('sample sizes', () => {
  it('knows that ten examples cannot tell 70% from 80%', () => {
    expect(detectableDifference(10)).toBeGreaterThan(0.3)
    expect(detectableDifference(1000)).toBeLessThan(0.05)
    expect(neededExamples(0.1)).toBeGreaterThan(10)
  })

  it('is its own inverse', () => {
    for (const difference of [0.02, 0.05, 0.2]) {
      const examples = neededExamples(difference, { accuracy: 0.8, correlation: 0.6 })
      expect(detectableDifference(examples, { accuracy: 0.8, correlation: 0.6 })).toBeLessThanOrEqual(difference)
      expect(detectableDifference(examples - 1, { accuracy: 0.8, correlation: 0.6 })).toBeGreaterThan(difference)
    }
  })

  it('finds the difference as often as it says, in simulated pairs', () => {
    // 55% against 45%, independent: a paired z test on as many examples as asked for.
    const examples = neededExamples(0.1, { accuracy: 0.5, correlation: 0 })
    const random = createRandom(1)
    const trials = 2000
    let found = 0
    for (let trial = 0; trial < trials; trial++) {
      let [sum, squares] = [0, 0]
      for (let example = 0; example < examples; example++) {
        const difference = Number(random.uniform() < 0.55) - Number(random.uniform() < 0.45)
        sum += difference
        squares += difference * difference
      }
      const mean = sum / examples
      if (mean / Math.sqrt((squares / examples - mean * mean) / examples) > 1.96) found++
    }
    expect(found / trials).toBeGreaterThan(0.77)
    expect(found / trials).toBeLessThan(0.83)
  })

  it('warns in proportion', () => {
    expect(sampleSizeWarnings(10, 0)).toHaveLength(2)
    expect(sampleSizeWarnings(120, 100)).toEqual([])
  })

  it('refuses what makes no sense', () => {
    expect(() => neededExamples(0)).toThrow('difference is 0; expected a number above 0')
    expect(() => neededExamples(0.1, { accuracy: 1 })).toThrow('accuracy is 1')
    expect(() => neededExamples(0.1, { correlation: 1 })).toThrow('correlation is 1')
    expect(() => neededExamples([0.1] as never)).toThrow('difference is [0.1]')
    expect(() => neededExamples(0.1, { acuracy: 0.9 } as never)).toThrow('Did you mean accuracy?')
    for (const examples of [-1, Number.NaN, null, 'x', [5]]) {
      expect(() => detectableDifference(examples as never)).toThrow('examples is')
    }
  })

  it('fills the table of how-much-data.md', () => {
    const page = readFileSync(new URL('../../docs/how-much-data.md', import.meta.url), 'utf8')
    const rows = [...page.matchAll(/^\| (\d+) points \|(.*)\|$/gm)]
    expect(rows.length).toBeGreaterThanOrEqual(6)
    const columns: readonly (readonly [number, number])[] = [
      [0.5, 0.2],
      [0.5, 0.4],
      [0.5, 0.6],
      [0.8, 0.4],
      [0.9, 0.4],
    ]
    for (const [, points, cells] of rows) {
      expect(cells!.split('|').map((cell) => Number(cell.replace(/[^\d]/g, '')))).toEqual(
        columns.map(([accuracy, correlation]) => neededExamples(Number(points) / 100, { accuracy, correlation })),
      )
    }
  })
})
