import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/numerics/random/random.ts'
import { normalCdf, normalDensity } from '../../../src/numerics/special/normal.ts'
import { differenceOf, rankingStatistics } from '../../../src/policy/recommendation/ranking-statistics.ts'

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
    expect(statistics([0.9, 0.2], [0.01, 0.01])).toEqual({ probabilityBest: 1, expectedGainOf100: 0 })
  })

  it('shares the chances among equals', () => {
    expect(statistics([0.5, 0.5, 0.5, 0.5], [0.1, 0.1, 0.1, 0.1]).probabilityBest).toBeCloseTo(0.25, 1)
  })

  it('agrees with the closed form for two candidates', () => {
    // Learned standard deviation of each from 50 evaluations: s²/√(s² + 0.25/50); E max of two normals = top + spread/√π.
    const learned = 0.1 ** 2 / Math.sqrt(0.1 ** 2 + 0.25 / 50)
    expect(statistics([0.5, 0.5], [0.1, 0.1]).expectedGainOf100).toBeCloseTo(learned / Math.sqrt(Math.PI), 2)
  })

  it('gains less from known candidates, and scales with the scores', () => {
    const unsure = statistics([0.5, 0.45], [0.1, 0.1]).expectedGainOf100
    expect(statistics([0.5, 0.45], [0.1, 0.01]).expectedGainOf100).toBeLessThan(unsure)
    expect(statistics([50, 45], [10, 10], 100).expectedGainOf100).toBeCloseTo(100 * unsure, 6)
  })
})

describe('what candidates share', () => {
  const means = Float64Array.of(0.55, 0.5)
  const standardDeviations = Float64Array.of(0.1, 0.1)
  const sharing = (loading: number) =>
    rankingStatistics(
      [0, 1],
      { means, standardDeviations, shared: { rank: 1, values: Float64Array.of(loading, loading) } },
      createRandom(1),
      20_000,
    )

  it('decides nothing between them: the closed form of two correlated normals', () => {
    for (const loading of [0, 0.05, 0.08, 0.0995]) {
      // θ₁ − θ₂ ~ N(.05, 2 (s² − c²)).
      const deviation = Math.sqrt(2 * (0.1 ** 2 - loading ** 2))
      expect(sharing(loading).probabilityBest).toBeCloseTo(normalCdf(0.05 / deviation), 1.9)
    }
  })

  it('is nothing that measuring on could gain from', () => {
    for (const loading of [0, 0.05, 0.08, 0.0995]) {
      // Beliefs about the difference move by δ ~ N(0, v²/(v + 2ν)), v its variance; gain E max(0, −(.05 + δ)).
      const variance = 2 * (0.1 ** 2 - loading ** 2)
      const moved = variance / Math.sqrt(variance + (2 * 0.25) / 50)
      const u = 0.05 / moved
      expect(sharing(loading).expectedGainOf100).toBeCloseTo(moved * normalDensity(u) - 0.05 * normalCdf(-u), 2.9)
    }
  })

  it('is at most all there is: copies, and loadings larger than a deviation', () => {
    const copies = rankingStatistics(
      [0, 1, 2],
      {
        means: Float64Array.of(0.55, 0.5, 0.5),
        standardDeviations: Float64Array.of(0.1, 0.1, 0),
        shared: { rank: 1, values: Float64Array.of(0.3, 0.3, 0.3) },
      },
      createRandom(1),
      20_000,
    )
    // The second is always 0.05 behind; the third stands at 0.5, so the first wins while θ₁ > 0.5.
    expect(copies.probabilityBest).toBeCloseTo(normalCdf(0.5), 1.9)
  })
})

describe('differenceOf', () => {
  it('leaves out what both share', () => {
    const beliefs = { means: Float64Array.of(0.8, 0.6), standardDeviations: Float64Array.of(0.05, 0.05) }
    expect(differenceOf(beliefs, 0, 1).standardDeviation).toBeCloseTo(Math.hypot(0.05, 0.05), 12)
    const shared = { rank: 2, values: Float64Array.of(0.03, 0, 0.03, 0.01) }
    const { mean, standardDeviation } = differenceOf({ ...beliefs, shared }, 0, 1)
    expect(mean).toBeCloseTo(0.2, 12)
    expect(standardDeviation).toBeCloseTo(Math.sqrt(2 * 0.05 ** 2 - 2 * 0.03 ** 2), 12)
  })
})
