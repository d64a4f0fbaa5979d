import { describe, expect, it } from 'vitest'
import { createObservationLog } from '../../../src/history/observation-log.ts'
import { createRandom, type Random } from '../../../src/numerics/random/random.ts'
import { logistic } from '../../../src/numerics/special/logistic.ts'
import type { PoolEntry } from '../../../src/prompt/candidate.ts'
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
  return { beliefs: createPromptModel(pool).fit(log, log.length, 'likelihood'), seen: mean(levels) }
}

const meanOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length

describe('the distribution of easiness', () => {
  it('is a distribution, which rests on as many examples as were measured well', () => {
    const { values, probabilities, examples } = believe(1, normal).beliefs.easinessDistribution
    expect(meanOf(probabilities) * probabilities.length).toBeCloseTo(1, 12)
    expect(values.every((value, k) => k === 0 || value > values[k - 1]!)).toBe(true)
    expect(examples).toBeGreaterThan(EXAMPLES / 2)
    expect(examples).toBeLessThan(EXAMPLES + 1)
  })

  it('finds two kinds of examples where there are two', () => {
    const { beliefs } = believe(2, twoKinds)
    const { values, probabilities } = beliefs.easinessDistribution
    // What a prompt of mean ability has even chances on is rare, though a normal distribution has its bulk near there.
    const between = probabilities.filter((_, k) => Math.abs(values[k]! + meanOf(beliefs.ability)) < 1)
    expect(between.reduce((sum, p) => sum + p, 0)).toBeLessThan(0.06)
  })

  it('places the score of a pool on new examples, where a normal distribution misplaces it', () => {
    for (const seed of [3, 4, 5]) {
      const { beliefs, seen } = believe(seed, twoKinds)
      const { ability, easinessDistribution } = beliefs
      const asNormal = ability.map((f) =>
        expectedLogistic(f + easinessDistribution.mean, easinessDistribution.variance),
      )
      expect(Math.abs(meanOf(populationScores(beliefs).means) - seen)).toBeLessThan(0.01)
      expect(meanOf(asNormal) - seen).toBeGreaterThan(0.005)
    }
  })

  it('agrees with the normal distribution where that is true', () => {
    for (const seed of [3, 4, 5]) {
      const { beliefs } = believe(seed, normal)
      const { mean, variance } = beliefs.easinessDistribution
      const expected = meanOf(beliefs.ability.map((f) => expectedLogistic(f + mean, variance)))
      expect(Math.abs(meanOf(populationScores(beliefs).means) - expected)).toBeLessThan(0.015)
    }
  })

  it('is the prior where nothing was measured example by example', () => {
    const log = createObservationLog()
    log.append({ candidate: 0, example: -1, repeat: 0, score: 0.7, count: 10 })
    const beliefs = createPromptModel([{ candidate: { id: 'a', text: 'A' } }]).fit(log, 1)
    const { mean, variance, examples } = beliefs.easinessDistribution
    // The prior's, and those of the summary.
    expect(examples).toBe(11)
    expect(mean).toBeCloseTo(0, 12)
    expect(variance).toBeCloseTo(1.3, 1)
  })

  it('knows after three looks what nearly all prompts pass, where most examples are of that kind', () => {
    const random = createRandom(6)
    const pool = Array.from({ length: 40 }, (_, i) => ({ candidate: { id: `${i}`, text: `Prompt ${i}` } }))
    const log = createObservationLog()
    // Nine examples in ten are passed by 98% of prompts, the rest by 4%; each is measured with three prompts.
    for (let example = 0; example < 100; example++) {
      for (let look = 0; look < 3; look++) {
        const score = random.uniform() < (example % 10 === 0 ? 0.04 : 0.98) ? 1 : 0
        log.append({ candidate: (3 * example + look) % 40, example, repeat: 0, score })
      }
    }
    const beliefs = createPromptModel(pool).fit(log, log.length, 'likelihood')
    const level = meanOf(beliefs.ability)
    const passed = beliefs.outcomes.examples.flatMap((example, c) =>
      example % 10 === 0 ? [] : [expectedLogistic(level + beliefs.easiness[c]!, beliefs.easinessVariance[c]!)],
    )
    expect(meanOf(Float64Array.from(passed))).toBeGreaterThan(0.92)
  })

  it('places an example that many outcomes tell of more finely than its grid', () => {
    const log = createObservationLog()
    const pool = Array.from({ length: 60 }, (_, i) => ({ candidate: { id: `${i}`, text: `Prompt ${i}` } }))
    // Scores of every prompt on two examples: 0.42 and 0.48 on average, with little noise.
    for (let candidate = 0; candidate < 60; candidate++) {
      const noise = 0.02 * Math.sin(candidate)
      for (const [example, level] of [0.42, 0.48, 0.1, 0.9].entries()) {
        log.append({ candidate, example, repeat: 0, score: level + noise })
      }
    }
    const { easiness, outcomes } = createPromptModel(pool).fit(log, log.length, 'likelihood')
    const at = (example: number) => easiness[outcomes.examples.indexOf(example)]!
    const difference = Math.log(0.48 / 0.52) - Math.log(0.42 / 0.58)
    expect(at(1) - at(0)).toBeGreaterThan(0.8 * difference)
    expect(at(1) - at(0)).toBeLessThan(1.2 * difference)
  })
})
