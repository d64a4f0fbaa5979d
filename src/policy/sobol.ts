/**
 * Quasi-random search: a scrambled Sobol' sequence over a space, or over the slots of the prompts of a pool.
 *
 * @module
 */
import { createRandom, createSobol, SOBOL_MAX_DIMENSIONS } from '../numerics/random/index.ts'
import type { PoolEntry } from '../prompt/candidate.ts'
import { createCellScores } from './cell-scores.ts'
import { lookingAgain } from './looking-again.ts'
import type { PolicyFactory } from './policy.ts'
import { NO_OPTIONS, type PolicyEntry } from './policy-entry.ts'
import { createSamplerRecommendation } from './recommendation/sampler-recommendation.ts'
import { createDesigns } from './space-design/design.ts'
import { evaluateInOrder } from './space-design/pool-evaluation.ts'
import { createPointProposer } from './space-design/propose-point.ts'
import { slotLevels } from './space-design/slot-levels.ts'
import { createSobolPoints } from './space-design/sobol-points.ts'

const ORIGIN = 'sobol'

/**
 * Proposes the points of a scrambled sequence, each point of the space at most once. With an empty space, spreads full
 * evaluations evenly over the values of the prompts' slots; prompts without slots are taken in random order.
 *
 * @example
 * const study = createStudy({ space: { x: { float: [0, 1] } }, policy: createSobolPolicy, budget: { evaluations: 32 } })
 * study.ask() // { kind: 'evaluate', … }
 */
export const createSobolPolicy: PolicyFactory = (context) => {
  const { space, exampleCount, seed } = context
  const random = createRandom(seed).split(ORIGIN)
  const designOf = createDesigns(space)
  const proposePoint = createPointProposer(context)
  const cells = createCellScores(exampleCount)
  const nextPoint = createSobolPoints(seed)
  return {
    name: ORIGIN,
    next(state) {
      if (Object.keys(space).length > 0) {
        const design = designOf(state.pool)
        return proposePoint(state, design, () => ({
          x: nextPoint(design, state.pool) ?? design.anyLeft(random.split(state.pool.length)),
          origin: ORIGIN,
          summary: "the next Sobol' point",
        }))
      }
      cells.read(state.observations)
      return evaluateInOrder(state, cells, spreadOverSlots(state.pool, seed), exampleCount, "the next Sobol' prompt")
    },
    recommend: createSamplerRecommendation(context),
  }
}

/** Prompts in the order in which a Sobol' sequence over their slots' values visits them. */
function* spreadOverSlots(pool: readonly PoolEntry[], seed: number): Generator<number> {
  const { names, sizes, levelsOf } = slotLevels(pool)
  const dimensions = Math.min(Math.max(names.length, 1), SOBOL_MAX_DIMENSIONS)
  const sequence = createSobol({ dimensions, seed })
  const left = new Set(pool.keys())
  while (left.size > 0) {
    const u = sequence.next()
    let best = -1
    let mostEqual = -1
    for (const index of left) {
      const levels = levelsOf(index)
      let equal = 0
      for (let d = 0; d < dimensions; d++) if (Math.floor(u[d]! * sizes[d]!) === levels[d]) equal++
      if (equal > mostEqual) {
        mostEqual = equal
        best = index
      }
    }
    left.delete(best)
    yield best
  }
}

export const sobolPolicy: PolicyEntry = {
  name: 'sobol',
  summary: "A scrambled Sobol' sequence over a space, or over the slots of prompts evaluated in full",
  create: lookingAgain(createSobolPolicy),
  options: NO_OPTIONS,
}
