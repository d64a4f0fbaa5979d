import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/numerics/random/random.ts'
import { rankingStatistics } from '../../../src/policy/recommendation/ranking-statistics.ts'

const statistics = (means: number[], deviations: number[], span?: number) =>
  rankingStatistics(
    means.map((_, i) => i),
    {
      means: Float64Array.from(means),
      standardDeviations: Float64Array.from(deviations),
      ...(span === undefined ? {} : { span }),
    },
    createRandom(1),
    4000,
  )

describe('rankingStatistics', () => {
  it('is sure of a winner that nobody can reach, and expects nothing more', () => {
    expect(statistics([0.9, 0.2], [0.01, 0.01])).toEqual({ probabilityBest: 1, expectedGain: 0 })
  })

  it('shares the chances among equals', () => {
    expect(statistics([0.5, 0.5, 0.5, 0.5], [0.1, 0.1, 0.1, 0.1]).probabilityBest).toBeCloseTo(0.25, 1)
  })

  it('agrees with the closed form for two candidates', () => {
    // Learned standard deviation of each from 50 evaluations: s²/√(s² + .25/50); E max of two normals = top + spread/√π.
    const learned = 0.1 ** 2 / Math.sqrt(0.1 ** 2 + 0.25 / 50)
    expect(statistics([0.5, 0.5], [0.1, 0.1]).expectedGain).toBeCloseTo(learned / Math.sqrt(Math.PI), 2)
  })

  it('gains less from known candidates, and scales with the scores', () => {
    const unsure = statistics([0.5, 0.45], [0.1, 0.1]).expectedGain
    expect(statistics([0.5, 0.45], [0.1, 0.01]).expectedGain).toBeLessThan(unsure)
    expect(statistics([50, 45], [10, 10], 100).expectedGain).toBeCloseTo(100 * unsure, 6)
  })
})
