import { describe, expect, it } from 'vitest'
import { createObservationLog } from '../../../src/history/observation-log.ts'
import { createBackend } from '../../../src/numerics/linalg/index.ts'
import { createRandom } from '../../../src/numerics/random/index.ts'
import { SCREENED_ABOVE } from '../../../src/policy/gp/large-pool.ts'
import { createGpPolicy } from '../../../src/policy/gp.ts'
import type { PolicyState } from '../../../src/policy/policy.ts'

const COUNT = SCREENED_ABOVE + 50
const random = createRandom(6)
const pool = Array.from({ length: COUNT }, (_, i) => ({
  candidate: { id: `${i}`, text: `Prompt ${i}.` },
  embedding: Float64Array.from({ length: 4 }, () => random.normal()),
}))
const score = (i: number) => -((pool[i]!.embedding[0]! - 1) ** 2) - pool[i]!.embedding[1]! ** 2
const context = {
  seed: 4,
  space: {},
  exampleCount: 1,
  evaluationBudget: 100,
  estimand: 'population' as const,
  backend: createBackend(),
}

function play(count: number): { asked: number[]; state: PolicyState; fits: PolicyState['fits'] } {
  const policy = createGpPolicy(context)
  const observations = createObservationLog()
  const fits: PolicyState['fits'][number][] = []
  const state = { pool, observations, pending: [], evaluationsLeft: 100, fits }
  const asked = Array.from({ length: count }, () => {
    const decision = policy.next(state)
    if (decision.kind !== 'act' || decision.action.kind !== 'evaluate') throw new Error('expected an evaluation')
    if (decision.fit) fits.push(decision.fit)
    const candidate = decision.action.candidate as number
    observations.append({ candidate, example: 0, repeat: 0, score: score(candidate) })
    return candidate
  })
  return { asked, state, fits }
}

describe('gp over a large pool', () => {
  it('finds one of the best, asks for none twice, and decides as a fresh instance does', { timeout: 240_000 }, () => {
    const { asked, state, fits } = play(18)
    expect(new Set(asked).size).toBe(18)
    const best = Math.max(...asked.map(score))
    expect(pool.filter((_, i) => score(i) > best).length).toBeLessThan(COUNT / 400)
    expect(fits.length).toBeGreaterThan(2)
    expect(fits.length).toBeLessThan(10)
    const decision = createGpPolicy(context).next(state)
    expect(decision).toEqual(createGpPolicy(context).next(state))
    const pending = [
      { candidate: (decision as { action: { candidate: number } }).action.candidate, example: 0, repeat: 0 },
    ]
    const other = createGpPolicy(context).next({ ...state, pending })
    expect((other as { action: { candidate: number } }).action.candidate).not.toBe(pending[0]!.candidate)
  })

  it('looks at every candidate where one has no embedding', () => {
    const { candidate } = pool[5]!
    const state = { ...play(0).state, pool: pool.with(5, { candidate } as never) }
    expect(createGpPolicy(context).next(state).kind).toBe('act')
  })
})
