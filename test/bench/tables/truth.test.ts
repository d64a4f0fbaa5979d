import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { holdoutMeans, normalizedError, searchMeans } from '../../../src/bench/tables/truth.ts'
import { smallTable } from './small-tables.ts'

describe('truth', () => {
  it('is the mean over the cells that are not missing, holdout apart', () => {
    const table = smallTable(
      [
        [1, null, 0.5, 0, 1],
        [null, null, null, 1, 1],
      ],
      { holdout: 2 },
    )
    expect([...searchMeans(table)]).toEqual([0.75, Number.NaN])
    expect([...holdoutMeans(table)!]).toEqual([0.5, 1])
    expect(holdoutMeans(smallTable(['01']))).toBeUndefined()
  })
})

describe('normalizedError', () => {
  it('is 0 for the best, 1 for the worst, 0 where all are equal', () => {
    expect(normalizedError([0.2, 0.5, 0.8], 2)).toBe(0)
    expect(normalizedError([0.2, 0.5, 0.8], 0)).toBe(1)
    expect(normalizedError([0.2, 0.5, 0.8], 1)).toBeCloseTo(0.5, 12)
    expect(normalizedError([0.4, 0.4], 1)).toBe(0)
    expect(normalizedError([0.4], 0)).toBe(0)
  })

  it('leaves prompts without a mean out of best and worst, and makes choosing one cost 1', () => {
    expect(normalizedError([Number.NaN, 0.5, 0.7, 0.6], 3)).toBeCloseTo(0.5, 12)
    expect(normalizedError([Number.NaN, 0.5], 0)).toBe(1)
    expect(normalizedError([Number.NaN, Number.NaN], 0)).toBe(0)
  })

  it('does not change when scores are shifted and scaled', () => {
    const scores = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(scores, fc.nat(), fc.integer({ min: 1, max: 9 }), (values, pick, scale) => {
        const chosen = pick % values.length
        const error = normalizedError(values, chosen)
        expect(error).toBeGreaterThanOrEqual(0)
        expect(error).toBeLessThanOrEqual(1)
        const moved = values.map((value) => value * scale + 7)
        expect(normalizedError(moved, chosen)).toBeCloseTo(error, 10)
      }),
    )
  })
})
