import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  acquisitionOnPool,
  acquisitionOver,
  batchByConditioning,
  batchBySampling,
  confidenceSchedule,
  constrained,
  costWeighted,
  expectedMaximumGain,
  indexOfLargest,
  knowledgeGradient,
  logExpectedImprovement,
  logImprovement,
  logProbabilityOfImprovement,
  noisyLogExpectedImprovement,
  thompson,
  topTwoThompson,
  upperConfidenceBound,
} from '../../src/acquisition/index.ts'
import { createBackend } from '../../src/numerics/linalg/index.ts'
import { createRandom } from '../../src/numerics/random/index.ts'
import { gaussianProcess } from '../../src/surrogate/gaussian-process/gaussian-process.ts'
import { matern52 } from '../../src/surrogate/kernels/index.ts'
import { points, row } from '../../src/surrogate/points.ts'
import { gaussianPosterior } from '../../src/surrogate/posterior.ts'
import { acquisitionConformance } from '../../src/testing/acquisition-conformance.ts'

const backend = createBackend()
const process = gaussianProcess(
  { kernel: matern52({ lengthScale: 0.3 }), observationNoise: 1e-4, mean: 'constant' },
  { points: points([[0.1], [0.45], [0.9]]), targets: Float64Array.of(-0.3, 0.8, 0.1) },
  backend,
)
const pool = points([[0], [0.2], [0.4], [0.5], [0.6], [0.8], [1]])

describe.each([
  ['logExpectedImprovement', () => logExpectedImprovement(0)],
  ['logProbabilityOfImprovement', () => logProbabilityOfImprovement(0)],
  ['upperConfidenceBound', () => upperConfidenceBound(4)],
])('%s', (_, make) => {
  for (const { name, run } of acquisitionConformance(make)) it(name, run)
})

describe('expected improvement', () => {
  it('has the published values', () => {
    const value = (mean: number, deviation: number, threshold: number) =>
      Math.exp(logExpectedImprovement(threshold).evaluate(mean, deviation).value)
    expect(value(-0.5, 1, 0)).toBeCloseTo(0.1978, 4)
    expect(value(0, 1, 0)).toBeCloseTo(0.39894, 5)
    expect(value(0.5, 1, 0)).toBeCloseTo(0.6978, 4)
    expect(value(0.1, 1, 0.2)).toBeCloseTo(0.350935, 6)
    expect(Math.exp(logProbabilityOfImprovement(0.2).evaluate(0.1, 1).value)).toBeCloseTo(0.46017216, 8)
  })

  it('agrees with a sum over a fine grid', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -3, max: 3, noNaN: true }),
        fc.double({ min: 0.05, max: 2, noNaN: true }),
        (mean, s) => {
          let total = 0
          const step = 1e-3
          for (let z = -9; z < 9; z += step) {
            total += (Math.max(mean + s * z, 0) * Math.exp(-0.5 * z * z) * step) / Math.sqrt(2 * Math.PI)
          }
          expect(Math.exp(logExpectedImprovement(0).evaluate(mean, s).value)).toBeCloseTo(total, 5)
        },
      ),
      { numRuns: 30 },
    )
  })

  it('is finite, rising and never steep the wrong way for z = ±10^±k', () => {
    const magnitudes = Array.from({ length: 200 }, (_, k) => 10 ** (k - 100))
    const all = [...magnitudes.map((z) => -z).reverse(), ...magnitudes]
    let last = Number.NEGATIVE_INFINITY
    for (const z of all) {
      const { value, slope } = logImprovement(z)
      expect(Number.isFinite(value)).toBe(true)
      expect(value).toBeGreaterThanOrEqual(last)
      expect(slope).toBeGreaterThanOrEqual(0)
      last = value
    }
  })

  it('joins its branches', () => {
    for (const z of [-1, -50]) {
      const below = logImprovement(z - 1e-9)
      const above = logImprovement(z + 1e-9)
      expect(Math.abs(above.value - below.value)).toBeLessThan(1e-6)
      expect(above.slope / below.slope).toBeCloseTo(1, 8)
    }
  })
})

describe('acquisition over a process', () => {
  it('has a gradient that matches finite differences', () => {
    const acquisition = acquisitionOver(process, logExpectedImprovement(0.8))
    for (const x of [0.03, 0.3, 0.55, 0.97]) {
      const gradient = new Float64Array(1)
      acquisition.valueAndGradient(Float64Array.of(x), gradient)
      const at = (moved: number) => acquisition.values(points([[moved]]))[0]!
      expect(gradient[0]).toBeCloseTo((at(x + 1e-6) - at(x - 1e-6)) / 2e-6, 3)
    }
  })

  it('follows the confidence schedule', () => {
    expect(confidenceSchedule(1, 100)).toBeCloseTo(2 * Math.log((100 * Math.PI ** 2) / 0.6), 12)
    expect(confidenceSchedule(9, 100)).toBeGreaterThan(confidenceSchedule(8, 100))
    expect(() => upperConfidenceBound(-1)).toThrow('beta is -1')
  })

  it('pays attention to cost', () => {
    const plain = acquisitionOnPool(process, logExpectedImprovement(0.8))
    const best = indexOfLargest(plain.values(pool))
    const dear = costWeighted(plain, ({ count }) =>
      Float64Array.from({ length: count }, (_, i) => (i === best ? 1e6 : 1)),
    )
    expect(indexOfLargest(dear.values(pool))).not.toBe(best)
    const free = costWeighted(plain, ({ count }) => new Float64Array(count).fill(7), { exponent: 0 })
    expect(Array.from(free.values(pool))).toEqual(Array.from(plain.values(pool)))
    expect(() => costWeighted(plain, () => [0]).values(pool)).toThrow('costs[0] is 0')
  })

  it('keeps away from what is probably infeasible', () => {
    const plain = acquisitionOnPool(process, logExpectedImprovement(0.8))
    const limited = constrained(plain, [{ surrogate: process, limit: -10 }]).values(pool)
    const open = constrained(plain, [{ surrogate: process, limit: 100 }]).values(pool)
    for (const [i, value] of plain.values(pool).entries()) {
      expect(open[i]).toBeCloseTo(value, 8)
      expect(limited[i]).toBeLessThan(value - 5)
    }
  })
})

describe('knowledge gradient', () => {
  it('equals numerical integration', () => {
    const lines = fc.array(
      fc.tuple(fc.double({ min: -2, max: 2, noNaN: true }), fc.double({ min: -2, max: 2, noNaN: true })),
      {
        minLength: 1,
        maxLength: 6,
      },
    )
    fc.assert(
      fc.property(lines, (terms) => {
        const intercepts = terms.map(([a]) => a)
        const slopes = terms.map(([, b]) => b)
        let total = 0
        const step = 1e-3
        for (let z = -8; z < 8; z += step) {
          const value = Math.max(...terms.map(([a, b]) => a + b * z))
          total += (value * Math.exp(-0.5 * z * z) * step) / Math.sqrt(2 * Math.PI)
        }
        expect(expectedMaximumGain(intercepts, slopes)).toBeCloseTo(total - Math.max(...intercepts), 4)
      }),
      { numRuns: 40 },
    )
  })

  it('is never negative, and 0 for what is already known', () => {
    const known = points([[0.45], [0.45]])
    const values = knowledgeGradient(process.posterior(pool), 0.01)
    for (const value of values) expect(value).toBeGreaterThanOrEqual(0)
    expect(Math.max(...values)).toBeGreaterThan(0)
    for (const value of knowledgeGradient(process.posterior(known), 0.01)) expect(value).toBeCloseTo(0, 8)
  })
})

describe('noisy expected improvement', () => {
  it('tends to expected improvement where observations are exact', () => {
    const joint = points([...[0, 1, 2].map((i) => row(process.data.points, i)), ...[0.2, 0.6, 0.7].map((x) => [x])])
    const noisy = noisyLogExpectedImprovement(process.posterior(joint), 3, createRandom(1).normal, { samples: 20_000 })
    const exact = acquisitionOnPool(process, logExpectedImprovement(0.8)).values(points([[0.2], [0.6], [0.7]]))
    for (const [i, value] of exact.entries()) expect(noisy[i]).toBeCloseTo(value, 0)
    expect(indexOfLargest(noisy)).toBe(indexOfLargest(exact))
  })

  it('still ranks points that no sample improves', () => {
    const posterior = gaussianPosterior(
      Float64Array.of(0, -10, -20),
      Float64Array.of(1e-6, 1e-4, 1e-4),
      () => Float64Array.of(1e-6, 0, 0, 0, 1e-4, 0, 0, 0, 1e-4),
      backend,
    )
    const [near, far] = noisyLogExpectedImprovement(posterior, 1, createRandom(1).normal)
    expect(Number.isFinite(near)).toBe(true)
    expect(near).toBeGreaterThan(far!)
  })
})

describe('sampling', () => {
  it('draws each point as often as it is best', () => {
    const posterior = gaussianPosterior(
      Float64Array.of(0, 0.5),
      Float64Array.of(1, 1),
      () => Float64Array.of(1, 0, 0, 1),
      backend,
    )
    const share = thompson(posterior, createRandom(2).normal, 8000).filter((index) => index === 1).length / 8000
    // P(f₁ > f₀) = Φ(0.5/√2) = 0.638.
    expect(share).toBeGreaterThan(0.615)
    expect(share).toBeLessThan(0.661)
  })

  it('finds a challenger that differs even when one point is surely best', () => {
    const posterior = gaussianPosterior(
      Float64Array.of(0, 50, 20),
      Float64Array.of(1, 1, 1),
      () => Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1),
      backend,
    )
    const random = createRandom(2)
    const { leader, challenger } = topTwoThompson(posterior, random.normal, random.uniform)
    expect([leader, challenger]).toEqual([1, 2])
  })
})

it.each([undefined, null, 'x', [1], {}, Number.NaN])('what is no number is no threshold: %j', (given) => {
  expect(() => logExpectedImprovement(given as never)).toThrow('threshold is')
  expect(() => logProbabilityOfImprovement(given as never)).toThrow('threshold is')
  expect(() => upperConfidenceBound(given as never)).toThrow('beta is')
})

describe('batches', () => {
  const acquisition = (surrogate: typeof process) =>
    acquisitionOnPool(surrogate, logExpectedImprovement(0.8)).values(pool)

  it('by conditioning start with the best point, spread and never repeat', () => {
    const batch = batchByConditioning(process, pool, 7, acquisition)
    expect(batch[0]).toBe(indexOfLargest(acquisition(process)))
    expect(new Set(batch).size).toBe(7)
    expect(() => batchByConditioning(process, pool, 8, acquisition)).toThrow('size is 8')
  })

  it('by sampling never lose improvement by growing', () => {
    const { indices, improvement } = batchBySampling(process.posterior(pool), 5, 0.8, createRandom(3).normal)
    expect(new Set(indices).size).toBe(5)
    for (let i = 1; i < 5; i++) expect(improvement[i]).toBeGreaterThanOrEqual(improvement[i - 1]!)
    const far = batchBySampling(process.posterior(pool), 2, 1e6, createRandom(3).normal)
    expect(far.indices[0]).toBe(indexOfLargest(process.posterior(pool).mean))
  })
})
