import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KrigeError } from '../../../src/errors.ts'
import * as special from '../../../src/numerics/special/index.ts'
import fixtures from './fixtures/special.json' with { type: 'json' }

/** 60-digit values from `fixtures/special.py`; below the normal range a double has fewer digits to be right in. */
function relativeError(actual: number, expected: number): number {
  if (actual === expected) return 0
  return Math.abs(actual - expected) / Math.max(Math.abs(expected), 2.3e-308)
}

const functions: Record<keyof typeof fixtures, (...values: number[]) => number> = {
  erfcx: (x) => special.erfcx(x!),
  erfc: (x) => special.erfc(x!),
  logPhi: (z) => special.logPhi(z!),
  normalCdf: (z) => special.normalCdf(z!),
  normalDensity: (z) => special.normalDensity(z!),
  inverseMillsRatio: (z) => special.inverseMillsRatio(z!),
  normalQuantile: (p) => special.normalQuantile(p!),
  normalQuantileFromLog: (p) => special.normalQuantileFromLog(p!),
  log1mexp: (x) => special.log1mexp(x!),
  logAddExp: (a, b) => special.logAddExp(a!, b!),
  logGamma: (x) => special.logGamma(x!),
  digamma: (x) => special.digamma(x!),
  logBeta: (a, b) => special.logBeta(a!, b!),
  logBinomialProbability: (k, n, p) => special.logBinomialProbability(k!, n!, p!),
  regularizedIncompleteBeta: (x, a, b) => special.regularizedIncompleteBeta(x!, a!, b!),
  logNormalMass: (a, b) => special.logNormalMass(a!, b!),
  logLogistic: (x) => special.logLogistic(x!),
}

describe('special functions against 60-digit values', () => {
  it.each(Object.keys(functions) as (keyof typeof fixtures)[])('%s is right to 1e-13 relative', (name) => {
    const rows = fixtures[name]
    expect(rows.length).toBeGreaterThan(3)
    const worst = rows
      .map((row) => {
        const expected = row.at(-1)!
        const actual = functions[name](...row.slice(0, -1))
        return { row, actual, error: relativeError(actual, expected) }
      })
      .sort((a, b) => b.error - a.error)[0]!
    expect(worst.error, JSON.stringify(worst)).toBeLessThanOrEqual(1e-13)
  })
})

describe('identities', () => {
  it('logPhi is finite, increasing and non-positive for |z| up to 1e100', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e100, max: 1e100, noNaN: true }), (z) => {
        const value = special.logPhi(z)
        expect(Number.isFinite(value) && value <= 0).toBe(true)
        expect(special.logPhi(z + Math.abs(z) * 1e-3 + 1e-3)).toBeGreaterThanOrEqual(value)
      }),
    )
  })

  it('normalQuantile inverts normalCdf', () => {
    fc.assert(
      fc.property(fc.double({ min: -37, max: 5, noNaN: true }), (z) => {
        expect(special.normalQuantile(special.normalCdf(z))).toBeCloseTo(z, 8)
        expect(special.normalQuantileFromLog(special.logPhi(z))).toBeCloseTo(z, 8)
      }),
    )
    expect(special.normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY)
    expect(special.normalQuantile(1)).toBe(Number.POSITIVE_INFINITY)
    expect(special.normalQuantile(1.5)).toBeNaN()
  })

  it('the derivative of logPhi is the inverse Mills ratio', () => {
    fc.assert(
      fc.property(fc.double({ min: -30, max: 5, noNaN: true }), (z) => {
        const step = 1e-5
        const slope = (special.logPhi(z + step) - special.logPhi(z - step)) / (2 * step)
        expect(Math.abs(slope - special.inverseMillsRatio(z))).toBeLessThan(1e-6 * (1 + Math.abs(slope)))
      }),
    )
  })

  it('logSumExp does not overflow and handles empty, infinite and NaN input', () => {
    expect(special.logSumExp([1000, 1000])).toBeCloseTo(1000 + Math.LN2, 12)
    expect(special.logSumExp([-1e5, -1e5, -1e5])).toBeCloseTo(-1e5 + Math.log(3), 9)
    expect(special.logSumExp([])).toBe(Number.NEGATIVE_INFINITY)
    expect(special.logSumExp([Number.NEGATIVE_INFINITY])).toBe(Number.NEGATIVE_INFINITY)
    expect(special.logSumExp([0, Number.POSITIVE_INFINITY])).toBe(Number.POSITIVE_INFINITY)
    expect(special.logSumExp([Number.NaN, 1])).toBeNaN()
    expect(special.logSumExp([5, 100], 1)).toBe(5)
    expect(special.logSubExp(3, Number.NEGATIVE_INFINITY)).toBe(3)
    expect(special.logSubExp(Math.log(3), Math.log(2))).toBeCloseTo(0, 14)
  })

  it('logistic and logit are inverse and complementary', () => {
    fc.assert(
      fc.property(fc.double({ min: -30, max: 30, noNaN: true }), (x) => {
        expect(special.logistic(x) + special.logistic(-x)).toBeCloseTo(1, 14)
        expect(Math.log(special.logistic(x))).toBeCloseTo(special.logLogistic(x), 10)
        expect(special.softplus(x) - special.softplus(-x)).toBeCloseTo(x, 10)
      }),
    )
    expect(special.logit(special.logistic(-20))).toBeCloseTo(-20, 10)
  })

  it('binomial probabilities sum to one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), fc.double({ min: 0, max: 1, noNaN: true }), (trials, rate) => {
        let total = 0
        for (let k = 0; k <= trials; k++) total += Math.exp(special.logBinomialProbability(k, trials, rate))
        expect(total).toBeCloseTo(1, 11)
      }),
    )
    expect(special.logBinomialProbability(4, 3, 0.5)).toBe(Number.NEGATIVE_INFINITY)
    expect(Math.exp(special.logBinomial(52, 5))).toBeCloseTo(2_598_960, 4)
  })

  it('the incomplete beta reflects and its quantile inverts it', () => {
    const shape = fc.double({ min: 0.05, max: 2000, noNaN: true })
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }), shape, shape, (p, a, b) => {
        const x = special.betaQuantile(p, a, b)
        expect(x >= 0 && x <= 1).toBe(true)
        if (x > 1e-3) {
          const reflected = special.regularizedIncompleteBeta(1 - x, b, a)
          expect(special.regularizedIncompleteBeta(x, a, b) + reflected).toBeCloseTo(1, 9)
        }
        // Where the distribution piles up at 1, doubles near 1 are too coarse to reach p exactly.
        if (x < 0.999) expect(Math.abs(special.regularizedIncompleteBeta(x, a, b) - p)).toBeLessThan(1e-9)
      }),
    )
    expect(() => special.regularizedIncompleteBeta(2, 1, 1)).toThrow(KrigeError)
    expect(() => special.betaQuantile(0.5, -1, 1)).toThrow('Beta(-1, 1)')
  })

  it('Student quantiles agree with tables', () => {
    expect(special.studentQuantile(0.975, 1)).toBeCloseTo(12.706204736, 7)
    expect(special.studentQuantile(0.975, 10)).toBeCloseTo(2.228138852, 8)
    expect(special.studentQuantile(0.005, 30)).toBeCloseTo(-2.749995654, 8)
    expect(special.studentQuantile(0.975, 1e6)).toBeCloseTo(1.9599664, 5)
  })
})

describe('truncated normal', () => {
  const intervals = fc
    .tuple(fc.double({ min: -50, max: 50, noNaN: true }), fc.double({ min: 1e-9, max: 20, noNaN: true }))
    .map(([low, width]) => [low, low + width] as const)

  it('quantiles stay inside, increase, and have the probability asked for', () => {
    fc.assert(
      fc.property(intervals, fc.double({ min: 0, max: 1, noNaN: true }), ([low, high], p) => {
        const z = special.truncatedNormalQuantile(p, low, high)
        expect(z >= low && z <= high).toBe(true)
        expect(special.truncatedNormalQuantile(Math.min(1, p + 0.01), low, high)).toBeGreaterThanOrEqual(z)
        if (high - low < 1e-3) return
        const share = Math.exp(special.logNormalMass(low, z) - special.logNormalMass(low, high))
        expect(Math.abs(share - p)).toBeLessThan(1e-7)
      }),
    )
  })

  it('quantiles of 0 and 1 are the ends', () => {
    const high = 0.5725097507279776
    expect(special.truncatedNormalQuantile(0, 0, high)).toBe(0)
    expect(special.truncatedNormalQuantile(1, 0, high)).toBe(high)
    expect(special.truncatedNormalQuantile(1 - 3e-16, 0, high)).toBeLessThanOrEqual(high)
  })

  it('draws far out stay close to the edge', () => {
    expect(special.truncatedNormalQuantile(0.5, 10, 100)).toBeCloseTo(10.0682, 3)
    expect(special.truncatedNormalQuantile(0.5, -100, -10)).toBeCloseTo(-10.0682, 3)
    expect(special.truncatedNormalQuantile(0.5, 3, 3 + 1e-12)).toBeCloseTo(3, 11)
    expect(() => special.truncatedNormalQuantile(0.5, 2, 1)).toThrow('interval [2, 1] is empty')
  })

  it('the log-density integrates to one', () => {
    for (const [low, high] of [
      [-1, 2],
      [4, 6],
      [-9, -8.5],
    ] as const) {
      const steps = 2000
      const width = (high - low) / steps
      let total = 0
      for (let index = 0; index < steps; index++) {
        total += width * Math.exp(special.logTruncatedNormalDensity(low + (index + 0.5) * width, low, high))
      }
      expect(total).toBeCloseTo(1, 5)
    }
    expect(special.logTruncatedNormalDensity(3, -1, 2)).toBe(Number.NEGATIVE_INFINITY)
  })
})
