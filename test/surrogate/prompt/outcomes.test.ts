import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createObservationLog } from '../../../src/history/observation-log.ts'
import { createRandom } from '../../../src/numerics/random/index.ts'
import { gatherOutcomes } from '../../../src/surrogate/prompt/outcomes.ts'
import { createPromptModel } from '../../../src/surrogate/prompt/prompt-model.ts'
import { populationScores } from '../../../src/surrogate/prompt/prompt-scores.ts'

const SHARES = { low: 0, high: 1, binary: true }

/** Trials that a mean counts as. */
function trialsOf(score: number, count: number, standardError?: number, scale = SHARES): number {
  const summary = { candidate: 0, example: -1, repeat: 0, score, count }
  const log = createObservationLog([{ ...summary, ...(standardError === undefined ? {} : { standardError }) }])
  return gatherOutcomes(log, 1, 1, scale).trials[0]!
}

describe('a mean over examples', () => {
  it('counts as so many trials, without an error or with none', () => {
    expect(trialsOf(0.7, 20)).toBe(20)
    expect(trialsOf(1, 20, 0)).toBe(20)
  })

  it('counts as the trials whose share has that error', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 40 }), (successes, failures) => {
        const count = successes + failures
        const share = (successes + 1) / (count + 2)
        expect(trialsOf(successes / count, count, Math.sqrt((share * (1 - share)) / count))).toBeCloseTo(count, 6)
      }),
    )
  })

  it('counts for more where scores lie close together, up to a limit, and for less where they do not', () => {
    expect(trialsOf(0.7, 20, 0.01)).toBeCloseTo(1000, 6)
    expect(trialsOf(0.7, 20, 0.02)).toBeGreaterThan(400)
    expect(trialsOf(0.7, 20, 0.2)).toBeLessThan(6)
    expect(trialsOf(0.7, 20, 1e9)).toBeLessThan(0.01)
    // In units of the scores' range.
    expect(trialsOf(70, 20, 2, { ...SHARES, high: 100 })).toBeCloseTo(trialsOf(0.7, 20, 0.02), 6)
  })

  it('says what it says: the score of a prompt is neither drawn to the middle nor unsure for which examples it is over', () => {
    for (const [level, count, spread] of [
      [0.85, 400, 0.3],
      [0.6, 40, 0.1],
      [0.2, 100, 0.1],
    ] as const) {
      const random = createRandom(5)
      const truths = Array.from({ length: 20 }, () => level + 0.05 * random.normal())
      const error = spread / Math.sqrt(count)
      const told = truths.map((truth) => truth + error * random.normal())
      const log = createObservationLog(
        told.map((score, candidate) => ({ candidate, example: -1, repeat: 0, score, count, standardError: error })),
      )
      const pool = truths.map((_, i) => ({ candidate: { id: `${i}`, text: `Prompt ${i}` } }))
      const { means, standardDeviations } = populationScores(createPromptModel(pool).fit(log, log.length, 'likelihood'))
      const offBy = (scores: ArrayLike<number>) =>
        Math.sqrt(truths.reduce((sum, truth, i) => sum + (scores[i]! - truth) ** 2, 0) / truths.length)
      const drawn = truths.reduce((sum, _, i) => sum + means[i]! - told[i]!, 0) / truths.length
      expect(Math.abs(drawn)).toBeLessThan(0.4 * error)
      expect(offBy(means)).toBeLessThan(1.1 * offBy(told))
      for (const deviation of standardDeviations) expect(deviation).toBeLessThan(3 * error)
    }
  })
})
