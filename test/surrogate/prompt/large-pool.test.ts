import { describe, expect, it } from 'vitest'
import { createObservationLog } from '../../../src/history/observation-log.ts'
import { createRandom } from '../../../src/numerics/random/index.ts'
import type { PoolEntry } from '../../../src/prompt/candidate.ts'
import { DEFAULT_GRID } from '../../../src/surrogate/prompt/hyperparameters.ts'
import { gatherOutcomes } from '../../../src/surrogate/prompt/outcomes.ts'
import { poolFactors } from '../../../src/surrogate/prompt/pool-factors.ts'
import { estimateSharedFailures, similarity } from '../../../src/surrogate/prompt/shared-failures.ts'

const WORDS = 'classify the ticket with care answer briefly think first name one folder never guess'.split(' ')

function entries(count: number): PoolEntry[] {
  const random = createRandom(4)
  return Array.from({ length: count }, (_, i) => ({
    candidate: {
      id: `${i}`,
      text: Array.from({ length: 4 + random.integer(8) }, () => WORDS[random.integer(WORDS.length)]).join(' '),
    },
    // One in ten has none.
    ...(i % 10 === 0 ? {} : { embedding: Float64Array.from({ length: 6 }, () => random.normal()) }),
  }))
}

const [mix] = DEFAULT_GRID.viewMixes

describe('a pool of more prompts than can be compared pair by pair', () => {
  const pool = entries(1001)
  const large = poolFactors(pool).factor(mix!, 24)!
  const small = poolFactors(pool.slice(0, 1000)).factor(mix!, 24)!

  it('is seen nearly as one that is a prompt smaller', () => {
    expect(large).toMatchObject({ size: 1001, rank: 24 })
    const covariance = ({ factor, rank }: typeof large, i: number, j: number) =>
      Array.from({ length: rank }, (_, k) => factor[i * rank + k]! * factor[j * rank + k]!).reduce((a, b) => a + b)
    const random = createRandom(1)
    const pairs = Array.from({ length: 500 }, () => [random.integer(1000), random.integer(1000)] as const)
    const error = pairs.reduce((sum, [i, j]) => sum + Math.abs(covariance(large, i, j) - covariance(small, i, j)), 0)
    expect(error / pairs.length).toBeLessThan(0.05)
    for (let i = 0; i < 1000; i++) expect(covariance(large, i, i) + large.residual[i]!).toBeCloseTo(1, 9)
  })

  it('counts a prompt as like itself also where a view knows nothing of it', () => {
    const bare = poolFactors(pool.map(({ candidate }) => ({ candidate }))).factor(mix!, 24)!
    for (const { residual, pivots, rank } of [large, bare]) {
      expect(rank).toBe(24)
      for (const pivot of pivots) expect(residual[pivot]).toBeLessThan(1e-9)
    }
  })

  it('has no factor where no view tells its prompts apart', () => {
    const same = Array.from({ length: 1200 }, (_, i) => ({ candidate: { id: `${i}`, text: 'The same.' } }))
    expect(poolFactors(same).factor(mix!, 24)).toBeUndefined()
  })
})

describe('shared failures of very many prompts on one example', () => {
  it('are those of all pairs, up to what a sample of them says of redundancy', () => {
    const prompts = 700
    const random = createRandom(2)
    const features = { rank: 4, values: Float64Array.from({ length: 4 * prompts }, () => random.normal() / 2) }
    const log = createObservationLog()
    for (let i = 0; i < prompts; i++) {
      for (const example of [0, 1]) {
        log.append({ candidate: i, example, repeat: 0, score: random.uniform() < 0.5 ? 1 : 0 })
      }
    }
    const outcomes = gatherOutcomes(log, log.length, prompts, { low: 0, high: 1, binary: true })
    const found = estimateSharedFailures(outcomes, features, 0, new Float64Array(2))
    // By definition, pair by pair.
    const residual = (i: number, e: number) => log.score(2 * i + e) - 0.5
    let [same, samePrecision, other, otherPrecision, redundancy] = [0, 0, 0, 0, 0]
    for (let i = 0; i < prompts; i++) {
      for (let j = 0; j < i; j++) {
        const r = similarity(features, i, j)
        for (const [e, f] of [
          [0, 0],
          [1, 1],
          [0, 1],
          [1, 0],
        ] as const) {
          const product = r * residual(i, e) * residual(j, f)
          const precision = (r * r) / 16
          if (e === f) {
            same += product
            samePrecision += precision
            redundancy += Math.max(0, r) * 0.5
          } else {
            other += product
            otherPrecision += precision
          }
        }
      }
    }
    const precision = 1 / (1 / samePrecision + 1 / otherPrecision)
    const variance = (precision * (same / samePrecision - other / otherPrecision) + 0.5 * 0.3) / (precision + 0.5)
    expect(found.variance).toBeCloseTo(Math.max(0, variance), 9)
    expect(found.designEffect - 1).toBeCloseTo((Math.max(0, variance) * redundancy) / (2 * prompts), 1)
  })
})
