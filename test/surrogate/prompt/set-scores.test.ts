import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/numerics/random/random.ts'
import { logistic } from '../../../src/numerics/special/logistic.ts'
import type { PromptBeliefs } from '../../../src/surrogate/prompt/prompt-model.ts'
import { setScores } from '../../../src/surrogate/prompt/set-scores.ts'
import { NO_SHARED_FAILURES } from '../../../src/surrogate/prompt/shared-failures.ts'

/** Two of these examples were seen by the first prompt: one success, one failure. */
const EASINESS = [0.3, -0.8, 1.1, 0.2, -1.5, 2, 0.6]
const SEEN = [1, 0]

function beliefsOf(ability: number, variance: number, dispersion = 1, easinessVariance = 0): PromptBeliefs {
  return {
    scale: { low: 0, high: 1, binary: dispersion === 1 },
    outcomes: {
      prompts: 1,
      offsets: Int32Array.of(0, SEEN.length),
      column: Int32Array.from(SEEN, (_, c) => c),
      trials: Float64Array.from(SEEN, () => 1 / dispersion),
      successes: Float64Array.from(SEEN, (score) => score / dispersion),
      examples: EASINESS.map((_, example) => example),
      order: [0],
      dispersion,
    },
    ability: Float64Array.of(ability),
    abilityVariance: Float64Array.of(variance),
    easiness: Float64Array.from(EASINESS),
    easinessVariance: new Float64Array(EASINESS.length).fill(easinessVariance),
    easinessDistribution: {
      values: Float64Array.of(-1, 1),
      probabilities: Float64Array.of(0.5, 0.5),
      mean: 0,
      variance: 1,
      examples: 1,
    },
    components: [],
    textWeight: 0,
    sharedFailures: NO_SHARED_FAILURES,
    sites: { precision: Float64Array.of(1), shift: Float64Array.of(ability) },
  }
}

/** Probability of every number of successes on the unseen examples: all outcomes enumerated, f by a fine trapezoid rule. */
function enumerated(ability: number, variance: number): number[] {
  const unseen = EASINESS.slice(SEEN.length)
  const probabilities = new Array<number>(unseen.length + 1).fill(0)
  const deviation = Math.sqrt(variance)
  const step = 0.005
  for (let z = -8; z <= 8; z += step) {
    const density = (step * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI)
    for (let outcome = 0; outcome < 2 ** unseen.length; outcome++) {
      let probability = density
      let successes = 0
      unseen.forEach((b, e) => {
        const p = logistic(ability + deviation * z + b)
        const passed = (outcome >> e) & 1
        successes += passed
        probability *= passed ? p : 1 - p
      })
      probabilities[successes]! += probability
    }
  }
  return probabilities
}

const moments = (probabilities: readonly number[]) => {
  const mean = probabilities.reduce((sum, p, n) => sum + p * n, 0)
  return { mean, deviation: Math.sqrt(probabilities.reduce((sum, p, n) => sum + p * (n - mean) ** 2, 0)) }
}

const E = EASINESS.length
const BELIEFS = [
  [0, 0.01],
  [0.5, 1],
  [1.7, 0.4],
  [-2, 3.5],
] as const

describe('setScores', () => {
  it.each(BELIEFS)('has the mean and deviation of all outcomes enumerated, ability %d ± √%d', (ability, variance) => {
    const exact = moments(enumerated(ability, variance))
    const { means, standardDeviations } = setScores(beliefsOf(ability, variance), E)
    expect(means[0]).toBeCloseTo((1 + exact.mean) / E, 3)
    // Counting the variance of ability in the noise as well, or leaving out the attenuation, is 8 to 29% off.
    expect((standardDeviations[0]! * E) / exact.deviation).toBeCloseTo(1, 2)
  })

  it.each(BELIEFS)('has intervals of whole examples that hold what they say, ability %d ± √%d', (ability, variance) => {
    const probabilities = enumerated(ability, variance)
    const { interval, means } = setScores(beliefsOf(ability, variance), E)
    for (const deviations of [0.5, 1, 1.645, 2.5]) {
      const [low, high] = interval(0, deviations).map((end) => end * E - 1) as [number, number]
      expect(low).toBeCloseTo(Math.round(low), 9)
      expect(high).toBeCloseTo(Math.round(high), 9)
      const held = probabilities.slice(Math.round(low), Math.round(high) + 1).reduce((sum, p) => sum + p, 0)
      const tail = 1 - { 0.5: 0.6915, 1: 0.8413, 1.645: 0.95, 2.5: 0.9938 }[deviations]!
      expect(held).toBeGreaterThanOrEqual(1 - 2 * tail - 1e-3)
      // Not one example wider than needed, but to hold the mean.
      const mean = means[0]! * E - 1
      const below = probabilities.slice(0, Math.round(low) + 1).reduce((sum, p) => sum + p, 0)
      if (Math.round(low) + 1 <= mean) expect(below).toBeGreaterThan(tail - 1e-3)
    }
  })

  it('covers what happens next as often as it says, where an example or two are left', () => {
    const random = createRandom(5)
    let covered = 0
    const runs = 4000
    for (let run = 0; run < runs; run++) {
      const ability = 1 + random.normal()
      const rest = EASINESS.slice(SEEN.length).reduce(
        (sum, b) => sum + (random.uniform() < logistic(ability + b) ? 1 : 0),
        0,
      )
      const [low, high] = setScores(beliefsOf(1, 1), E).interval(0, 1.645)
      if (low * E - 1 - 1e-9 <= rest && rest <= high * E - 1 + 1e-9) covered++
    }
    expect(covered / runs).toBeGreaterThan(0.9)
  })

  it('takes fractional scores for less noisy than coins', () => {
    const coins = setScores(beliefsOf(0.5, 0.01), E).standardDeviations[0]!
    const fractions = setScores(beliefsOf(0.5, 0.01, 0.1), E).standardDeviations[0]!
    expect(fractions / coins).toBeLessThan(0.4)
  })

  it('attenuates by what is not known of the examples', () => {
    const known = setScores(beliefsOf(2, 0.1), E).means[0]!
    expect(setScores(beliefsOf(2, 0.1, 1, 4), E).means[0]!).toBeLessThan(known)
  })
})
