import { describe, expect, it } from 'vitest'
import { createObservationLog } from '../../../src/history/observation-log.ts'
import { createRandom } from '../../../src/numerics/random/random.ts'
import { logistic } from '../../../src/numerics/special/logistic.ts'
import { createRedundancy } from '../../../src/policy/krige/redundancy.ts'
import { lowRankFactor } from '../../../src/surrogate/prompt/low-rank-factor.ts'
import { gatherOutcomes } from '../../../src/surrogate/prompt/outcomes.ts'
import {
  abilityFeature,
  centerFeatures,
  estimateSharedFailures,
  NO_SHARED_FAILURES,
  similarity,
} from '../../../src/surrogate/prompt/shared-failures.ts'

const PROMPTS = 60
const EXAMPLES = 40
const UNIT = { low: 0, high: 1, binary: true }

/** Prompts on a line, alike when they are near. */
const correlation = Float64Array.from({ length: PROMPTS * PROMPTS }, (_, k) => {
  const distance = (Math.floor(k / PROMPTS) - (k % PROMPTS)) / 8
  return Math.exp(-0.5 * distance * distance)
})
const factor = lowRankFactor(correlation, PROMPTS, 24)
const features = centerFeatures(factor)

/** Outcomes with v_f of text in abilities and v_g of it in every example. */
function outcomesOf(seed: number, abilityVariance: number, interactionVariance: number, examples = EXAMPLES) {
  const random = createRandom(seed)
  const draw = (variance: number) => {
    const weights = Array.from({ length: features.rank }, () => Math.sqrt(variance) * random.normal())
    return (i: number) => weights.reduce((sum, w, k) => sum + w * features.values[i * features.rank + k]!, 0)
  }
  const ability = draw(abilityVariance)
  const log = createObservationLog()
  for (let example = 0; example < examples; example++) {
    const interaction = draw(interactionVariance)
    for (let i = 0; i < PROMPTS; i++) {
      const score = random.uniform() < logistic(ability(i) + interaction(i)) ? 1 : 0
      log.append({ candidate: i, example, repeat: 0, score })
    }
  }
  return gatherOutcomes(log, log.length, PROMPTS, UNIT)
}

const estimate = (outcomes: ReturnType<typeof outcomesOf>) =>
  estimateSharedFailures(outcomes, features, 0, new Float64Array(outcomes.examples.length))

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const seeds = [1, 2, 3, 4, 5, 6, 7, 8]

describe('shared failures', () => {
  it('finds none where texts predict ability alone', () => {
    const found = seeds.map((seed) => estimate(outcomesOf(seed, 1, 0)))
    expect(mean(found.map((one) => one.variance))).toBeLessThan(0.1)
    expect(mean(found.map((one) => one.designEffect))).toBeLessThan(1.3)
  })

  it('finds them, a little small for the logistic, whatever texts say about ability', () => {
    for (const abilityVariance of [0, 1]) {
      const variance = mean(seeds.map((seed) => estimate(outcomesOf(seed, abilityVariance, 1)).variance))
      expect(variance).toBeGreaterThan(0.5)
      expect(variance).toBeLessThan(1.2)
    }
  })

  it('discounts evidence more, the more similar prompts met on an example', () => {
    expect(mean(seeds.map((seed) => estimate(outcomesOf(seed, 0, 1)).designEffect))).toBeGreaterThan(2)
  })

  it('falls back on its prior while one example is all there is, and says nothing before two prompts met', () => {
    const one = estimate(outcomesOf(1, 0, 1, 1))
    expect(one.variance).toBe(0.3)
    const log = createObservationLog()
    log.append({ candidate: 3, example: 0, repeat: 0, score: 1 })
    expect(estimate(gatherOutcomes(log, 1, PROMPTS, UNIT))).toEqual(NO_SHARED_FAILURES)
  })

  it('agrees with the sums over all pairs of cells', () => {
    const outcomes = outcomesOf(5, 0.5, 0.5, 7)
    const easiness = new Float64Array(7).map((_, c) => 0.1 * c)
    const cells: { i: number; c: number; r: number; s: number }[] = []
    for (let i = 0; i < PROMPTS; i++) {
      for (let cell = outcomes.offsets[i]!; cell < outcomes.offsets[i + 1]!; cell++) {
        const c = outcomes.column[cell]!
        const p = logistic(0.2 + easiness[c]!)
        cells.push({ i, c, r: outcomes.successes[cell]! - p, s: p * (1 - p) })
      }
    }
    const sums = { same: [0, 0], other: [0, 0] }
    cells.forEach((a, n) => {
      for (const b of cells.slice(0, n)) {
        if (a.i === b.i) continue
        const r = similarity(features, a.i, b.i)
        const sum = a.c === b.c ? sums.same : sums.other
        sum[0]! += r * a.r * b.r
        sum[1]! += r * r * a.s * b.s
      }
    })
    const difference = sums.same[0]! / sums.same[1]! - sums.other[0]! / sums.other[1]!
    const precision = 1 / (1 / sums.same[1]! + 1 / sums.other[1]!)
    const expected = Math.max(0, (precision * difference + 0.15) / (precision + 0.5))
    expect(estimateSharedFailures(outcomes, features, 0.2, easiness).variance).toBeCloseTo(expected, 9)
  })
})

describe('centerFeatures', () => {
  it('has mean 0 and, with what the factor leaves out, variance 1', () => {
    let variance = 0
    for (let k = 0; k < features.rank; k++) {
      let sum = 0
      for (let i = 0; i < PROMPTS; i++) {
        sum += features.values[i * features.rank + k]!
        variance += features.values[i * features.rank + k]! ** 2 / PROMPTS
      }
      expect(sum).toBeCloseTo(0, 10)
    }
    expect(variance).toBeLessThanOrEqual(1)
    expect(variance).toBeGreaterThan(0.9)
  })
})

describe('texts that are all the same', () => {
  it('share nothing that could be told', () => {
    const same = centerFeatures(lowRankFactor(new Float64Array(PROMPTS * PROMPTS).fill(1), PROMPTS, 24))
    expect([...same.values].every((value) => Math.abs(value) === 0)).toBe(true)
    const outcomes = outcomesOf(1, 0, 1)
    expect(estimateSharedFailures(outcomes, same, 0, new Float64Array(EXAMPLES))).toEqual(NO_SHARED_FAILURES)
  })
})

describe('abilities of an earlier study', () => {
  const earlier = Float64Array.from({ length: PROMPTS }, (_, i) => 3 + ((i * 7) % PROMPTS) / 10)
  const feature = abilityFeature(earlier)

  it('are one feature of mean 0 and variance 1; none where all are equal', () => {
    expect(mean([...feature.values])).toBeCloseTo(0, 12)
    expect(mean([...feature.values].map((value) => value * value))).toBeCloseTo(1, 12)
    expect(abilityFeature(new Float64Array(PROMPTS).fill(2)).values.every((value) => value === 0)).toBe(true)
  })

  it('count for less where they say on which examples prompts fail, and for what they are where they say how often', () => {
    const found = (interaction: number) =>
      mean(
        seeds.map((seed) => {
          const random = createRandom(seed)
          const log = createObservationLog()
          for (let example = 0; example < EXAMPLES; example++) {
            const slope = interaction * random.normal()
            for (let i = 0; i < PROMPTS; i++) {
              const score = random.uniform() < logistic((0.7 + slope) * feature.values[i]!) ? 1 : 0
              log.append({ candidate: i, example, repeat: 0, score })
            }
          }
          const outcomes = gatherOutcomes(log, log.length, PROMPTS, UNIT)
          return estimateSharedFailures(outcomes, feature, 0, new Float64Array(EXAMPLES)).designEffect
        }),
      )
    expect(found(0)).toBeLessThan(1.3)
    expect(found(1)).toBeGreaterThan(3)
  })
})

describe('redundancy', () => {
  it('counts prompts by how alike they are, and any two for a tenth; failures left out, pending ones included', () => {
    const redundancy = createRedundancy(features, 3)
    const log = createObservationLog()
    log.append({ candidate: 10, example: 0, repeat: 0, score: 1 })
    log.append({ candidate: 50, example: 1, repeat: 0, score: 1 })
    log.append({ candidate: 12, example: 2, repeat: 0, score: Number.NaN })
    redundancy.read(log)
    const near = redundancy.of(11, new Map())
    expect(near.get(0)).toBeCloseTo(similarity(features, 11, 10) + 0.1, 12)
    expect(near.get(1)).toBeCloseTo(0.1, 12)
    expect(near.has(2)).toBe(false)
    log.append({ candidate: 9, example: 0, repeat: 0, score: 0 })
    redundancy.read(log)
    const more = redundancy.of(11, new Map([[12, new Set([0])]]))
    const expected = [10, 9, 12].reduce((sum, other) => sum + similarity(features, 11, other), 0)
    expect(more.get(0)).toBeCloseTo(expected + 0.3, 12)
  })

  it('starts again with another history', () => {
    const redundancy = createRedundancy(features, 2)
    const first = createObservationLog()
    first.append({ candidate: 10, example: 0, repeat: 0, score: 1 })
    redundancy.read(first)
    redundancy.read(createObservationLog())
    expect(redundancy.of(11, new Map()).size).toBe(0)
  })
})
