import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareRanks, ranksOf } from '../../../src/bench/statistics/friedman.ts'
import { normalRangeCdf, normalRangeQuantile } from '../../../src/bench/statistics/studentized-range.ts'

describe('ranksOf', () => {
  it('gives equals the mean of their ranks', () => {
    expect(ranksOf([0.3, 0.1, 0.3, 0.2])).toEqual([3.5, 1, 3.5, 2])
    expect(ranksOf([5, 5, 5])).toEqual([2, 2, 2])
    expect(ranksOf([])).toEqual([])
  })

  it('keeps their sum whatever the ties', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 12 }), (values) => {
        const sum = ranksOf(values).reduce((total, rank) => total + rank, 0)
        expect(sum).toBeCloseTo((values.length * (values.length + 1)) / 2, 10)
      }),
    )
  })
})

describe('normalRangeQuantile', () => {
  // Critical values q(0.95; k, ∞) from the usual tables of the studentized range.
  it.each([
    [2, 2.772],
    [3, 3.314],
    [4, 3.633],
    [5, 3.858],
    [10, 4.474],
    [20, 5.012],
  ])('at k = %i is %d', (k, q) => {
    expect(normalRangeQuantile(0.95, k)).toBeCloseTo(q, 2)
    expect(normalRangeCdf(q, k)).toBeCloseTo(0.95, 3)
  })

  it('refuses what has no quantile', () => {
    expect(() => normalRangeQuantile(1, 3)).toThrow('probability is 1')
    expect(() => normalRangeQuantile(0.95, 1)).toThrow('k is 1')
  })
})

describe('compareRanks', () => {
  it('agrees with the worked example of Demšar (2006), table 6', () => {
    // AUC of C4.5 with and without two parameters on 14 data sets; mean ranks 3.143, 2.000, 2.893, 1.964.
    const auc = [
      [0.763, 0.768, 0.771, 0.798],
      [0.599, 0.591, 0.59, 0.569],
      [0.954, 0.971, 0.968, 0.967],
      [0.628, 0.661, 0.654, 0.657],
      [0.882, 0.888, 0.886, 0.898],
      [0.936, 0.931, 0.916, 0.931],
      [0.661, 0.668, 0.609, 0.685],
      [0.583, 0.583, 0.563, 0.625],
      [0.775, 0.838, 0.866, 0.875],
      [1.0, 1.0, 1.0, 1.0],
      [0.94, 0.962, 0.965, 0.962],
      [0.619, 0.666, 0.614, 0.669],
      [0.972, 0.981, 0.9751, 0.975],
      [0.957, 0.978, 0.946, 0.97],
    ]
    const { meanRanks, criticalDifference, pValue, blocks } = compareRanks(auc.map((row) => row.map((value) => -value)))
    expect(meanRanks.map((rank) => Math.round(rank * 1000) / 1000)).toEqual([3.143, 2, 2.893, 1.964])
    expect(blocks).toBe(14)
    expect(criticalDifference).toBeCloseTo(1.25, 2)
    // F = 3.69 there with 3 and 39 degrees of freedom (without the correction for ties): p ≈ 0.02.
    expect(pValue).toBeGreaterThan(0.01)
    expect(pValue).toBeLessThan(0.025)
  })

  it('sees no difference among equals and a certain one among the always ordered', () => {
    expect(
      compareRanks([
        [1, 1],
        [2, 2],
        [3, 3],
      ]).pValue,
    ).toBe(1)
    expect(
      compareRanks([
        [1, 2],
        [1, 2],
        [1, 2],
        [1, 2],
      ]).pValue,
    ).toBe(0)
    expect(compareRanks([[1, 2]])).toEqual({ meanRanks: [1, 2], blocks: 1, pValue: 1 })
  })

  it('keeps its level: p-values of random ranks are rarely small', () => {
    let state = 7
    const uniform = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return state / 2 ** 32
    }
    let small = 0
    for (let trial = 0; trial < 1000; trial++) {
      const blocks = Array.from({ length: 10 }, () => Array.from({ length: 4 }, uniform))
      if (compareRanks(blocks).pValue < 0.05) small++
    }
    expect(small).toBeGreaterThan(20)
    expect(small).toBeLessThan(85)
  })
})
