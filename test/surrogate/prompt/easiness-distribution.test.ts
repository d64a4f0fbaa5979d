import { describe, expect, it } from 'vitest'
import { createObservationLog } from '../../../src/history/observation-log.ts'
import { createRandom, type Random } from '../../../src/numerics/random/random.ts'
import { logistic } from '../../../src/numerics/special/logistic.ts'
import type { PoolEntry } from '../../../src/prompt/candidate.ts'
import { easinessDistribution } from '../../../src/surrogate/prompt/easiness-distribution.ts'
import { createPromptModel } from '../../../src/surrogate/prompt/prompt-model.ts'
import { expectedLogistic, populationScores } from '../../../src/surrogate/prompt/prompt-scores.ts'

const EXAMPLES = 60
const PROMPTS = 30

type Easiness = (random: Random) => number
const normal: Easiness = (random) => 1.2 * random.normal()
/** One example in five is passed by nearly everybody, the others by nearly nobody. */
const twoKinds: Easiness = (random) => (random.uniform() < 0.2 ? 4 : -4)

/** Beliefs about equal prompts, and their score on new examples. */
function believe(seed: number, easiness: Easiness) {
  const random = createRandom(seed)
  const pool: PoolEntry[] = Array.from({ length: PROMPTS }, (_, i) => ({
    candidate: { id: `${i}`, text: `Prompt ${i}` },
  }))
  const log = createObservationLog()
  const levels = Array.from({ length: EXAMPLES }, () => easiness(random))
  for (let candidate = 0; candidate < PROMPTS; candidate++) {
    for (const [example, b] of levels.entries()) {
      if (random.uniform() > 0.5) continue
      log.append({ candidate, example, repeat: 0, score: random.uniform() < logistic(b) ? 1 : 0 })
    }
  }
  const mean = (values: readonly number[]) => values.reduce((sum, b) => sum + logistic(b), 0) / values.length
  return { beliefs: createPromptModel(pool).fit(log, log.length), seen: mean(levels) }
}

const meanOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length

describe('easinessDistribution', () => {
  it('is a distribution, which rests on as many examples as were measured well', () => {
    const { values, probabilities, examples } = easinessDistribution(believe(1, normal).beliefs)
    expect(meanOf(probabilities) * probabilities.length).toBeCloseTo(1, 12)
    expect(values.every((value, k) => k === 0 || value > values[k - 1]!)).toBe(true)
    expect(examples).toBeGreaterThan(EXAMPLES / 2)
    expect(examples).toBeLessThan(EXAMPLES + 1)
  })

  it('finds two kinds of examples where there are two', () => {
    const { beliefs } = believe(2, twoKinds)
    const { values, probabilities } = easinessDistribution(beliefs)
    // What a prompt of mean ability has even chances on is rare, though a normal distribution has its bulk near there.
    const between = probabilities.filter((_, k) => Math.abs(values[k]! + meanOf(beliefs.ability)) < 1)
    expect(between.reduce((sum, p) => sum + p, 0)).toBeLessThan(0.06)
  })

  it('places the score of a pool on new examples, where a normal distribution misplaces it', () => {
    for (const seed of [3, 4, 5]) {
      const { beliefs, seen } = believe(seed, twoKinds)
      const { ability, unseenVariance } = beliefs
      expect(Math.abs(meanOf(populationScores(beliefs).means) - seen)).toBeLessThan(0.01)
      expect(meanOf(ability.map((f) => expectedLogistic(f, unseenVariance))) - seen).toBeGreaterThan(0.03)
    }
  })

  it('agrees with the normal distribution where that is true', () => {
    for (const seed of [3, 4, 5]) {
      const { beliefs } = believe(seed, normal)
      const expected = meanOf(beliefs.ability.map((f) => expectedLogistic(f, beliefs.unseenVariance)))
      expect(Math.abs(meanOf(populationScores(beliefs).means) - expected)).toBeLessThan(0.01)
    }
  })

  it('is the prior where nothing was measured example by example', () => {
    const log = createObservationLog()
    log.append({ candidate: 0, example: -1, repeat: 0, score: 0.7, count: 10 })
    const beliefs = createPromptModel([{ candidate: { id: 'a', text: 'A' } }]).fit(log, 1)
    const { values, probabilities, examples } = easinessDistribution(beliefs)
    const variance = probabilities.reduce((sum, p, k) => sum + p * values[k]! ** 2, 0)
    expect(examples).toBe(1)
    expect(variance).toBeCloseTo(beliefs.unseenVariance, 1)
  })
})
