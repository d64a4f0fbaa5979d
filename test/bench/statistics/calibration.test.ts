import { describe, expect, it } from 'vitest'
import { calibrationOf } from '../../../src/bench/statistics/calibration.ts'
import type { BenchRun } from '../../../src/bench/tables/bench-results.ts'
import { createRandom } from '../../../src/numerics/random/index.ts'

type Details = NonNullable<BenchRun['details']>

function run(details: Partial<Details>, task = 't'): BenchRun {
  return {
    table: task,
    task,
    policy: 'p',
    repeat: 0,
    fraction: 1,
    budget: 10,
    spent: 10,
    chosen: 'a',
    error: 0,
    details: {
      seconds: 0,
      mean: 0.5,
      interval: [0.4, 0.6],
      level: 0.9,
      probabilityBest: 0.5,
      estimand: 'set',
      trueMean: 0.5,
      ...details,
    },
  }
}

describe('calibrationOf', () => {
  it('counts set intervals that cover the true mean, ends included', () => {
    const runs = [
      run({ trueMean: 0.6 }, 'one'),
      run({ trueMean: 0.61 }, 'one'),
      run({ trueMean: 0.45 }, 'two'),
      run({ interval: [null, null] }, 'two'),
    ]
    const [found] = calibrationOf(runs)
    expect(found).toMatchObject({ runs: 3, level: 0.9, estimand: 'set' })
    expect(found!.coverage).toBeCloseTo(2 / 3, 12)
    expect(found!.standardError).toBeCloseTo(0.25, 12)
    expect(found!.optimism).toBeCloseTo(0.5 - (0.6 + 0.61 + 0.45) / 3, 12)
    const { details: _, ...bare } = run({})
    expect(calibrationOf([bare])).toEqual([])
  })

  it('says 90% of a policy whose population intervals are right, whatever the holdout size', () => {
    const random = createRandom(12)
    for (const holdoutExamples of [60, 200]) {
      const runs = Array.from({ length: 4000 }, () => {
        // The truth is drawn around the claim with the spread that the interval claims.
        const truth = 0.5 + 0.05 * random.normal()
        let right = 0
        for (let example = 0; example < holdoutExamples; example++) if (random.uniform() < truth) right++
        const half = 1.6449 * 0.05
        return run({
          estimand: 'population',
          interval: [0.5 - half, 0.5 + half],
          holdoutMean: right / holdoutExamples,
          holdoutExamples,
        })
      })
      const [found] = calibrationOf(runs)
      expect(found!.coverage).toBeGreaterThan(0.87)
      expect(found!.coverage).toBeLessThan(0.94)
    }
  })

  it('catches a policy that believes its luckiest prompt', () => {
    const [found] = calibrationOf([
      run({ estimand: 'population', mean: 0.9, interval: [0.85, 0.95], holdoutMean: 0.5, holdoutExamples: 60 }),
    ])
    expect(found).toMatchObject({ coverage: 0 })
    expect(found!.optimism).toBeCloseTo(0.4, 12)
  })
})
