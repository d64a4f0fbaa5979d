/**
 * Random search: uniform points of a space, or full evaluations of prompts in random order.
 *
 * @module
 */
import { createRandom } from '../numerics/random/index.ts'
import { createCellScores } from './cell-scores.ts'
import { lookingAgain } from './looking-again.ts'
import type { PolicyFactory } from './policy.ts'
import { NO_OPTIONS, type PolicyEntry } from './policy-entry.ts'
import { createSamplerRecommendation } from './recommendation/sampler-recommendation.ts'
import { createDesigns } from './space-design/design.ts'
import { evaluateInOrder } from './space-design/pool-evaluation.ts'
import { createPointProposer } from './space-design/propose-point.ts'
import { stableShuffle } from './stable-shuffle.ts'

/**
 * Proposes each point of the space at most once. With an empty space, measures the prompts of the pool in random order,
 * each on all examples.
 *
 * @example
 * const study = createStudy({ space: { x: { float: [0, 1] } }, policy: createRandomPolicy, budget: { evaluations: 20 } })
 * study.ask() // { kind: 'evaluate', … }
 */
export const createRandomPolicy: PolicyFactory = (context) => {
  const { space, exampleCount, seed } = context
  const random = createRandom(seed).split('random')
  const designOf = createDesigns(space)
  const proposePoint = createPointProposer(context)
  const cells = createCellScores(exampleCount)
  const isPool = Object.keys(space).length === 0
  return {
    name: 'random',
    next(state) {
      if (!isPool) {
        const design = designOf(state.pool)
        return proposePoint(state, design, () => ({
          x: design.anyLeft(random.split(state.pool.length)),
          origin: 'random',
          summary: 'a random point',
        }))
      }
      cells.read(state.observations)
      const order = stableShuffle(state.pool.length, seed, 'random')
      return evaluateInOrder(state, cells, order, exampleCount, 'a random prompt')
    },
    recommend: createSamplerRecommendation(context),
  }
}

export const randomPolicy: PolicyEntry = {
  name: 'random',
  summary: 'Random points of a space, or random prompts evaluated in full',
  create: lookingAgain(createRandomPolicy),
  options: NO_OPTIONS,
}
