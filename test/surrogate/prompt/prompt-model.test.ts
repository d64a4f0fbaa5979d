import { describe, expect, it } from 'vitest'
import { createObservationLog } from '../../../src/history/observation-log.ts'
import { createRandom } from '../../../src/numerics/random/random.ts'
import { logistic } from '../../../src/numerics/special/logistic.ts'
import type { PoolEntry } from '../../../src/prompt/candidate.ts'
import { fitAbilities } from '../../../src/surrogate/prompt/ability-fit.ts'
import { gatherOutcomes } from '../../../src/surrogate/prompt/outcomes.ts'
import { createPromptModel, type PromptModel } from '../../../src/surrogate/prompt/prompt-model.ts'
import { populationScores } from '../../../src/surrogate/prompt/prompt-scores.ts'
import { scoreScale } from '../../../src/surrogate/prompt/score-scale.ts'
import { setScores } from '../../../src/surrogate/prompt/set-scores.ts'

const EXAMPLES = 40
const UNIT = { low: 0, high: 1, binary: true }

const total = (row: readonly number[]) => row.reduce((sum, score) => sum + score, 0)

/** Prompts of four styles whose ability follows the style, or does not. */
function simulate(seed: number, size: number, textual: boolean) {
  const random = createRandom(seed)
  const styles = [
    'Answer briefly: {input}',
    'Think it over step by step, then answer.\n\n{input}\nAnswer:',
    'Q: {input}\nA:',
    '{input}',
  ]
  const pool: PoolEntry[] = Array.from({ length: size }, (_, i) => ({
    candidate: { id: String(i), text: `${styles[i % 4]} ${'!'.repeat(i % 3)}${String.fromCharCode(97 + (i % 26))}` },
  }))
  const easiness = Array.from({ length: EXAMPLES }, () => random.normal())
  const ability = pool.map((_, i) => (textual ? [1.5, 0.5, -0.5, -1.5][i % 4]! : 1.2 * random.normal()))
  const outcome = (i: number, e: number): number => (random.uniform() < logistic(ability[i]! + easiness[e]!) ? 1 : 0)
  const table = pool.map((_, i) => Array.from({ length: EXAMPLES }, (_, e) => outcome(i, e)))
  return { pool, ability, table }
}

function observe(table: readonly (readonly number[])[], each: (i: number) => number) {
  const log = createObservationLog()
  table.forEach((row, i) => {
    for (let e = 0; e < each(i); e++) log.append({ candidate: i, example: e, repeat: 0, score: row[e]! })
  })
  return log
}

describe('fitAbilities', () => {
  const { pool, table } = simulate(1, 12, true)
  const log = observe(table, (i) => 2 + (i % 5))
  const outcomes = gatherOutcomes(log, log.length, pool.length, UNIT)
  const random = createRandom(9)
  const prior = {
    factor: Float64Array.from({ length: 24 }, () => random.normal()),
    rank: 2,
    independent: new Float64Array(12).fill(0.7),
    easinessVariance: 1.3,
  }

  it('reaches the same mode from anywhere', () => {
    const cold = fitAbilities(outcomes, prior)
    const start = { ability: cold.ability.map((x) => 2 - x), easiness: cold.easiness.map((x) => x - 1.5) }
    const warm = fitAbilities(outcomes, prior, start)
    cold.ability.forEach((value, i) => {
      expect(warm.ability[i]).toBeCloseTo(value, 4)
    })
    expect(warm.logEvidence).toBeCloseTo(cold.logEvidence, 2)
  })

  it('stands at a stationary point: a difficult example is the one most prompts fail', () => {
    const { ability, easiness } = fitAbilities(outcomes, prior)
    // Gradient of the easiness of every example: observed − expected successes − b/v.
    const gradient = easiness.map((b) => -b / 1.3)
    for (let i = 0; i < 12; i++) {
      for (let cell = outcomes.offsets[i]!; cell < outcomes.offsets[i + 1]!; cell++) {
        const c = outcomes.column[cell]!
        gradient[c]! += outcomes.successes[cell]! - logistic(ability[i]! + easiness[c]!)
      }
    }
    for (const value of gradient) expect(Math.abs(value)).toBeLessThan(1e-4)
  })
})

describe('prompt model', () => {
  it('gives text weight where text predicts, and takes it where it does not', () => {
    const weight = (textual: boolean, seed: number) => {
      const { pool, table } = simulate(seed, 60, textual)
      const log = observe(table, () => 6)
      return createPromptModel(pool).fit(log, log.length).textWeight
    }
    const mean = (textual: boolean) => [11, 12, 13, 14].reduce((sum, seed) => sum + weight(textual, seed) / 4, 0)
    expect(mean(true)).toBeGreaterThan(0.95)
    expect(mean(false)).toBeLessThan(0.5)
  })

  it('predicts prompts it never saw from their text', () => {
    const { pool, ability, table } = simulate(2, 60, true)
    const log = observe(table, (i) => (i < 40 ? 5 : 0))
    const beliefs = createPromptModel(pool).fit(log, log.length)
    const best = [...Array(20).keys()].map((k) => k + 40).sort((a, b) => beliefs.ability[b]! - beliefs.ability[a]!)[0]!
    expect(ability[best]).toBe(1.5)
    expect(beliefs.abilityVariance[50]!).toBeGreaterThan(beliefs.abilityVariance[10]!)
  })

  it('is a function of the observations as a set', () => {
    const { pool, table } = simulate(3, 20, true)
    const log = observe(table, () => 4)
    const backwards = createObservationLog(
      Array.from({ length: log.length }, (_, k) => log.length - 1 - k).map((k) => ({
        candidate: log.candidate(k),
        example: log.example(k),
        repeat: 0,
        score: log.score(k),
      })),
    )
    const a = createPromptModel(pool).fit(log, log.length)
    const b = createPromptModel(pool).fit(backwards, log.length)
    a.ability.forEach((value, i) => {
      expect(b.ability[i]).toBeCloseTo(value, 4)
    })
  })

  it('ignores failed cells and takes summaries over several examples', () => {
    const { pool, table } = simulate(4, 10, false)
    const log = observe(table, () => 3)
    const failed = createObservationLog()
    const summary = createObservationLog()
    for (let k = 0; k < log.length; k++) {
      failed.append({ candidate: log.candidate(k), example: log.example(k), repeat: 0, score: log.score(k) })
      failed.append({ candidate: log.candidate(k), example: 20 + log.example(k), repeat: 0, score: null })
    }
    summary.append({ candidate: 0, example: -1, repeat: 0, score: 0.9, count: 50 })
    summary.append({ candidate: 1, example: -1, repeat: 0, score: 0.2, count: 50 })
    const model = createPromptModel(pool)
    expect(model.fit(failed, failed.length).ability).toEqual(model.fit(log, log.length).ability)
    const { ability } = model.fit(summary, 2)
    expect(ability[0]!).toBeGreaterThan(ability[2]!)
    expect(ability[2]!).toBeGreaterThan(ability[1]!)
  })

  it('counts a fractional score as more than one coin toss', () => {
    const { pool } = simulate(5, 10, false)
    const fractional = createObservationLog()
    for (let i = 0; i < 10; i++) {
      for (let e = 0; e < 4; e++) fractional.append({ candidate: i, example: e, repeat: 0, score: 0.3 + 0.04 * i })
    }
    const { outcomes, ability } = createPromptModel(pool).fit(fractional, fractional.length)
    expect(outcomes.trials[0]!).toBeGreaterThan(5)
    for (let i = 1; i < 10; i++) expect(ability[i]!).toBeGreaterThan(ability[i - 1]!)
  })
})

describe('easiness of examples', () => {
  it('is fitted: large where examples split prompts, small where they do not', () => {
    const spread = (deviation: number) => {
      const random = createRandom(21)
      const easiness = Array.from({ length: EXAMPLES }, () => deviation * random.normal())
      const table = Array.from({ length: 30 }, () =>
        easiness.map((b): number => (random.uniform() < logistic(0.3 * random.normal() + b) ? 1 : 0)),
      )
      const log = observe(table, () => EXAMPLES)
      return createPromptModel(simulate(1, 30, false).pool).fit(log, log.length).easinessDistribution.variance
    }
    expect(spread(0)).toBeLessThan(0.4)
    expect(spread(3)).toBeGreaterThan(5)
    expect(spread(3)).toBeLessThan(16)
  })
})

describe('earlier beliefs', () => {
  const { pool, ability, table } = simulate(8, 40, false)
  const log = observe(table, () => 3)
  const mean = ability.reduce((sum, f) => sum + f, 0) / 40
  const truth = Float64Array.from(ability, (f) => f - mean)
  const believing = (earlier: Float64Array) =>
    createPromptModel(pool, { earlier: [{ ability: earlier, variance: new Float64Array(40).fill(0.1) }] })
  const errorOf = (model: PromptModel) => {
    const fitted = model.fit(log, log.length).ability
    const level = fitted.reduce((sum, f) => sum + f, 0) / 40
    return fitted.reduce((sum, f, i) => sum + (f - level - truth[i]!) ** 2, 0) / 40
  }

  it('pay when they hold, and cost little when they do not', () => {
    const random = createRandom(4)
    const without = errorOf(createPromptModel(pool))
    expect(errorOf(believing(truth))).toBeLessThan(0.5 * without)
    expect(errorOf(believing(truth.map((f) => -f)))).toBeLessThan(1.05 * without)
    expect(errorOf(believing(truth.map(() => random.normal())))).toBeLessThan(1.2 * without)
  })

  it('leave half of the prior weight to starting afresh', () => {
    const weightOf = (settings: PromptModel['settings']) =>
      settings.reduce((sum, { logPrior }) => sum + Math.exp(logPrior), 0)
    const { settings } = believing(truth)
    const afresh = settings.filter(({ belief }) => !belief)
    expect(weightOf(afresh)).toBeCloseTo(weightOf(createPromptModel(pool).settings) / 2, 12)
    const carried = new Set(settings.flatMap(({ belief }) => (belief ? [belief.ability[0]! / truth[0]!] : [])))
    expect([...carried]).toEqual([1, 0.5])
  })
})

describe('scores', () => {
  it('equal the plain mean once a prompt is measured on the whole set', () => {
    const { pool, table } = simulate(6, 8, true)
    const log = observe(table, () => EXAMPLES)
    const beliefs = createPromptModel(pool).fit(log, log.length)
    const { means, standardDeviations } = setScores(beliefs, EXAMPLES)
    table.forEach((row, i) => {
      expect(means[i]).toBeCloseTo(total(row) / EXAMPLES, 12)
      expect(standardDeviations[i]).toBeCloseTo(0, 12)
    })
    expect(populationScores(beliefs).standardDeviations[0]!).toBeGreaterThan(0.02)
  })

  it('come back in the units of the observations', () => {
    const { pool, table } = simulate(7, 8, true)
    const log = createObservationLog()
    table.forEach((row, i) => {
      for (let e = 0; e < EXAMPLES; e++) log.append({ candidate: i, example: e, repeat: 0, score: 300 * row[e]! - 100 })
    })
    expect(scoreScale(log, log.length)).toEqual({ low: -100, high: 200, binary: true })
    const { means } = setScores(createPromptModel(pool).fit(log, log.length), EXAMPLES)
    expect(means[0]).toBeCloseTo((300 * total(table[0]!)) / EXAMPLES - 100, 9)
  })

  it('have intervals that hold the mean and stay within what is possible, however wide', () => {
    const { pool, table } = simulate(8, 12, true)
    const log = observe(table, (i) => (i === 0 ? EXAMPLES : i))
    const beliefs = createPromptModel(pool).fit(log, log.length)
    const set = setScores(beliefs, EXAMPLES)
    const population = populationScores(beliefs)
    for (let i = 0; i < pool.length; i++) {
      const count = i === 0 ? EXAMPLES : i
      const seen = total(table[i]!.slice(0, count)) / EXAMPLES
      for (const deviations of [1, 1.645, 8]) {
        const [low, high] = set.interval(i, deviations)
        expect(low).toBeGreaterThanOrEqual(seen - 1e-9)
        expect(high).toBeLessThanOrEqual(seen + (EXAMPLES - count) / EXAMPLES + 1e-9)
        expect(low).toBeLessThanOrEqual(set.means[i]! + 1e-9)
        expect(high).toBeGreaterThanOrEqual(set.means[i]! - 1e-9)
        const [from, to] = population.interval(i, deviations)
        expect(from).toBeGreaterThanOrEqual(0)
        expect(to).toBeLessThanOrEqual(1)
        expect(from).toBeLessThan(population.means[i]!)
        expect(to).toBeGreaterThan(population.means[i]!)
      }
    }
    // Near the middle of the scale the logit is straight: one deviation is one deviation.
    const middle = pool.findIndex((_, i) => i > 3 && Math.abs(population.means[i]! - 0.5) < 0.1)
    const [low, high] = population.interval(middle, 1)
    expect((high - low) / 2 / population.standardDeviations[middle]!).toBeCloseTo(1, 0)
  })
})
