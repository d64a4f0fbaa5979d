import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createJsBackend } from '../../src/numerics/linalg/index.ts'
import { createRandom } from '../../src/numerics/random/random.ts'
import { logistic } from '../../src/numerics/special/logistic.ts'
import { createHyperbandPolicy } from '../../src/policy/hyperband.ts'
import { createKrigePolicy } from '../../src/policy/krige.ts'
import type { PolicyContext } from '../../src/policy/policy.ts'
import { createSuccessiveHalvingPolicy } from '../../src/policy/successive-halving.ts'
import { play, promptPool } from './play.ts'

const policies = {
  krige: createKrigePolicy,
  'successive-halving': createSuccessiveHalvingPolicy,
  hyperband: createHyperbandPolicy,
}
const backend = createJsBackend()

const contextOf = (over: Partial<PolicyContext> = {}): PolicyContext => ({
  seed: 1,
  space: {},
  exampleCount: 12,
  evaluationBudget: 100,
  estimand: 'set',
  backend,
  ...over,
})

/** Outcomes of prompts whose ability grows with their index. */
function outcomes(seed: number, size: number) {
  const random = createRandom(seed)
  const table = Array.from({ length: 200 }, (_, i) =>
    Array.from({ length: 64 }, () => (random.uniform() < logistic((6 * i) / size - 3) ? 1 : 0)),
  )
  return (candidate: number, example: number) => table[candidate]![example]!
}

describe.each(Object.entries(policies))('policy %s', (name, create) => {
  it('keeps the contract for any pool, budget, number of workers and share of failures', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.integer({ min: 0, max: 1e6 }),
          size: fc.integer({ min: 1, max: 14 }),
          examples: fc.integer({ min: 1, max: 12 }),
          budget: fc.integer({ min: 1, max: 160 }),
          workers: fc.integer({ min: 1, max: 5 }),
          failing: fc.constantFrom(0, 0.3, 1),
          estimand: fc.constantFrom('set' as const, 'population' as const),
        }),
        ({ seed, size, examples, budget, workers, failing, estimand }) => {
          const context = contextOf({ seed, exampleCount: examples, evaluationBudget: budget, estimand })
          const random = createRandom(seed).split('failures')
          const truth = outcomes(seed, size)
          const policy = create(context)
          expect(policy.name).toBe(name)
          const { state, spent } = play(policy, {
            context,
            pool: promptPool(size),
            budget,
            workers,
            score: (i, e) => (random.uniform() < failing ? null : truth(i, e)),
          })
          expect(spent).toBeLessThanOrEqual(Math.min(budget, size * examples))
          const chosen = policy.recommend(state)
          if (failing < 1 && name === 'krige') expect(chosen).toBeDefined()
          if (!chosen) return
          expect(chosen.means).toHaveLength(size)
          expect([...chosen.means, ...chosen.standardDeviations].every(Number.isFinite)).toBe(true)
          expect(chosen.interval[0]).toBeLessThanOrEqual(chosen.mean)
          expect(chosen.interval[1]).toBeGreaterThanOrEqual(chosen.mean)
          expect(chosen.probabilityBest).toBeGreaterThanOrEqual(0)
          expect(chosen.probabilityBest).toBeLessThanOrEqual(1)
          expect(chosen.expectedGainOf100).toBeGreaterThanOrEqual(0)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('decides the same as a fresh instance shown the same state, with failures and a growing pool', () => {
    const context = contextOf({ evaluationBudget: 90 })
    const truth = outcomes(3, 10)
    const pool = promptPool(8)
    let asked = 0
    play(create(context), {
      context,
      pool,
      budget: 90,
      workers: 3,
      score: (i, e) => ((i + e) % 7 === 0 ? null : truth(i, e)),
      before: (state) => {
        if (name === 'krige' && state.observations.length === 40 && pool.length === 8)
          pool.push(...promptPool(10).slice(8))
      },
      onDecision: (decision, state) => {
        if (asked++ % 9 === 0) expect(create(context).next(state)).toEqual(decision)
      },
    })
    expect(asked).toBeGreaterThan(60)
  })

  it('finds a good prompt with a budget far below the whole table', () => {
    const context = contextOf({ exampleCount: 40, evaluationBudget: 300 })
    const { state } = play(create(context), {
      context,
      pool: promptPool(30),
      budget: 300,
      score: outcomes(5, 30),
    })
    const policy = create(context)
    expect(policy.recommend(state)!.candidate).toBeGreaterThan(name === 'hyperband' ? 18 : 24)
  })

  it('spends nothing without candidates and recommends nothing without outcomes', () => {
    const policy = create(contextOf())
    const state = {
      ...play(policy, { context: contextOf(), pool: [], budget: 5, score: () => 0 }).state,
      pool: promptPool(3),
    }
    expect(policy.recommend(state)).toBeUndefined()
    expect(policy.next({ ...state, evaluationsLeft: 0 }).kind).toBe('done')
  })

  it('refuses unknown settings', () => {
    expect(() => create(contextOf({ options: { nonsense: 1 } }))).toThrow()
  })
})
