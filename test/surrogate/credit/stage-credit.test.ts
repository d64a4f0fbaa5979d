import { describe, expect, it } from 'vitest'
import { createObservationLog } from '../../../src/history/observation-log.ts'
import { createRandom } from '../../../src/numerics/random/random.ts'
import { pairedScores } from '../../../src/surrogate/credit/paired-scores.ts'
import { fitStageCredit } from '../../../src/surrogate/credit/stage-credit.ts'

const STAGES = ['plan', 'search', 'read', 'write', 'check']

/** Configurations of five stages, four texts each, whose scores depend on some of them. */
function simulate(worth: (texts: readonly number[]) => number, seed: number, count = 40, looks = 12) {
  const random = createRandom(seed)
  const levels = Array.from({ length: count }, () => STAGES.map(() => random.integer(4)))
  const words = ['red apples', 'old clocks', 'tall ships', 'warm bread']
  const pool = levels.map((texts, index) => ({
    candidate: {
      id: String(index),
      slots: Object.fromEntries(STAGES.map((stage, s) => [stage, `${stage} ${words[texts[s]!]}`])),
    },
  }))
  const observations = createObservationLog()
  const easiness = Array.from({ length: 30 }, () => random.normal())
  levels.forEach((texts, candidate) => {
    for (const example of Array.from(random.permutation(30)).slice(0, looks)) {
      const p = 1 / (1 + Math.exp(-worth(texts) - easiness[example]!))
      observations.append({ candidate, example, repeat: 0, score: random.uniform() < p ? 1 : 0 })
    }
  })
  return { pool, observations, levels }
}

describe('credit of stages', () => {
  it.each([1, 2, 3])('finds the two stages of five that scores depend on (seed %i)', (seed) => {
    const { pool, observations, levels } = simulate(
      (texts) => 1.5 * (texts[1]! - 1.5) + 1.2 * (texts[3]! % 2 ? 1 : -1),
      seed,
    )
    const credit = fitStageCredit(pool, observations, STAGES)!
    const share = (name: string) => credit.parts.find(({ part }) => part === name)!.share
    expect(share('search') + share('write')).toBeGreaterThan(0.65)
    expect(share('search')).toBeGreaterThan(share('plan'))
    expect(credit.parts.reduce((sum, part) => sum + part.share, 0)).toBeCloseTo(1, 10)
    for (const { interval, share } of credit.parts) {
      expect(interval[0]).toBeLessThanOrEqual(share)
      expect(interval[1]).toBeGreaterThanOrEqual(share)
    }
    // What is bad at both is to be mended there, what is best at one only at the other.
    const worst = levels.findIndex((texts) => texts[1] === 0 && texts[3]! % 2 === 0)
    const blame = credit.blame(worst)
    expect(blame.get('search')! + blame.get('write')!).toBeGreaterThan(0.8)
    const oneSided = levels.findIndex((texts) => texts[1] === 3 && texts[3]! % 2 === 0)
    if (oneSided >= 0)
      expect(credit.blame(oneSided).get('write')).toBeGreaterThan(credit.blame(oneSided).get('search')!)
  })

  it('does not blame the stage that is rewritten most for noise', () => {
    // A hundred texts of one stage, two looks each: what they differ by is luck and the examples they met.
    const deviations = Array.from({ length: 6 }, (_, seed) => {
      const random = createRandom(seed + 1)
      const observations = createObservationLog()
      const easiness = Array.from({ length: 60 }, () => 2 * random.normal())
      const pool = Array.from({ length: 112 }, (_, candidate) => {
        const stage = candidate < 100 ? 'search' : STAGES[candidate % STAGES.length]
        const slots = STAGES.map((name) => [name, name === stage ? `${name} variant ${candidate}` : `${name} as it is`])
        for (const example of Array.from(random.permutation(60)).slice(0, candidate < 100 ? 2 : 6)) {
          const mark = 1 / (1 + Math.exp(-easiness[example]!)) + 0.15 * random.normal()
          observations.append({ candidate, example, repeat: 0, score: Math.min(1, Math.max(0, mark)) })
        }
        return { candidate: { id: String(candidate), slots: Object.fromEntries(slots) } }
      })
      const { parts } = fitStageCredit(pool, observations, STAGES)!
      return parts.find(({ part }) => part === 'search')!.deviation
    })
    expect(deviations.reduce((sum, deviation) => sum + deviation, 0) / deviations.length).toBeLessThan(0.05)
  })

  it('tells an interaction from either stage alone', () => {
    const { pool, observations } = simulate((texts) => (texts[0]! % 2 === texts[4]! % 2 ? 2 : -2), 5, 60, 20)
    const { parts } = fitStageCredit(pool, observations, STAGES)!
    const share = Object.fromEntries(parts.map(({ part, share }) => [part, share]))
    expect(share['interaction']).toBeGreaterThan(share['plan']!)
    expect(share['interaction']).toBeGreaterThan(0.3)
  })

  it('counts parameters as parts, those called after a stage with it', () => {
    const { pool, observations } = simulate(() => 0, 3)
    const varied = pool.map(({ candidate }, index) => ({
      candidate: { ...candidate, parameters: { rounds: index % 3, 'plan.temperature': index % 2 } },
    }))
    const { parts } = fitStageCredit(varied, observations, STAGES)!
    expect(parts.map(({ part, kind }) => `${kind} ${part}`)).toEqual([
      ...STAGES.map((stage) => `stage ${stage}`),
      'parameter rounds',
      'interaction interaction',
    ])
  })

  it('knows nothing before two candidates were measured, and decides alike for one history', () => {
    const { pool, observations } = simulate((texts) => texts[0]!, 4)
    expect(fitStageCredit(pool, observations, STAGES, 12)).toBeUndefined()
    const draw = () => fitStageCredit(pool, observations, STAGES)!.draw(0, createRandom(9))
    expect(draw()).toBe(draw())
    const probabilities = fitStageCredit(pool, observations, STAGES)!.blame(0)
    expect([...probabilities.values()].reduce((a, b) => a + b)).toBeCloseTo(1, 10)
  })

  it('contrasts candidates on the same examples', () => {
    const observations = createObservationLog()
    // The second is better on both examples that both saw; the first also saw two easy ones.
    for (const [candidate, example, score] of [
      [0, 0, 0.2],
      [0, 1, 0.3],
      [0, 2, 1],
      [0, 3, 1],
      [1, 0, 0.4],
      [1, 1, 0.5],
    ] as const)
      observations.append({ candidate, example, repeat: 0, score })
    const { values, prompts } = pairedScores(observations, observations.length)
    expect(prompts).toEqual([0, 1])
    expect(values[1]! - values[0]!).toBeGreaterThan(0)
  })
})
