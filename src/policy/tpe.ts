/**
 * Tree-structured Parzen estimator search: tries what the good observations make likely and the others do not.
 *
 * Source: J. Bergstra, R. Bardenet, Y. Bengio and B. Kégl, "Algorithms for hyper-parameter optimization", NIPS 2011. The
 * densities and their defaults are those of Optuna 5.0 (multivariate, constant liar). Unlike there, the first points are
 * fewer and a scrambled Sobol' sequence, and more draws compete; `{ startup: 10, candidates: 24 }` takes that back.
 *
 * @module
 */
import { createRandom } from '../numerics/random/index.ts'
import { createCellScores } from './cell-scores.ts'
import { lookingAgain } from './looking-again.ts'
import type { PolicyFactory } from './policy.ts'
import type { PolicyEntry } from './policy-entry.ts'
import { createSamplerRecommendation } from './recommendation/sampler-recommendation.ts'
import { createDesigns } from './space-design/design.ts'
import { evaluateInOrder } from './space-design/pool-evaluation.ts'
import { createPointProposer } from './space-design/propose-point.ts'
import { createSobolPoints } from './space-design/sobol-points.ts'
import { createTallies } from './space-design/tallies.ts'
import { stableShuffle } from './stable-shuffle.ts'
import { startupCount, tpeOptionsSchema } from './tpe/options.ts'
import { rankPool } from './tpe/pool-tpe.ts'
import { createSpaceTpe } from './tpe/space-tpe.ts'

/**
 * Works over spaces of any size with conditions, logarithms and steps, and without a limit on observations. A candidate
 * measured on part of the examples weighs less. With an empty space it ranks the prompts of the pool by their slots.
 *
 * @example
 * const study = createStudy({ space: { x: { float: [0, 1] } }, policy: createTpePolicy, budget: { evaluations: 100 } })
 * study.ask() // { kind: 'evaluate', … }
 */
export const createTpePolicy: PolicyFactory = (context) => {
  const { space, exampleCount, seed } = context
  const options = tpeOptionsSchema.parse(context.options ?? {})
  const random = createRandom(seed).split('tpe')
  const designOf = createDesigns(space)
  const proposePoint = createPointProposer(context)
  const startPoint = createSobolPoints(seed)
  const model = createSpaceTpe(options, exampleCount)
  const cells = createCellScores(exampleCount)
  const tallies = createTallies()
  const isPool = Object.keys(space).length === 0
  return {
    name: 'tpe',
    next(state) {
      if (!isPool) {
        const design = designOf(state.pool)
        return proposePoint(state, design, () => {
          const draws = random.split(state.pool.length)
          const isStart = model.read(state, design) < startupCount(options, design.encoding.dimension)
          const x = isStart ? startPoint(design, state.pool) : model.propose(design, draws)
          return {
            x: x ?? design.anyLeft(draws),
            origin: 'tpe',
            summary: isStart ? 'spreading the first points' : 'likely among the good, unlikely among the rest',
          }
        })
      }
      cells.read(state.observations)
      tallies.read(state.observations)
      const shuffled = stableShuffle(state.pool.length, seed, 'tpe')
      const order = rankPool(state, tallies, cells, shuffled, options, exampleCount)
      return evaluateInOrder(state, cells, order, exampleCount, 'slots likely among the good, unlikely among the rest')
    },
    recommend: createSamplerRecommendation(context),
  }
}

export const tpePolicy: PolicyEntry = {
  name: 'tpe',
  summary: 'Tree-structured Parzen estimator over parameters with conditions, or over the slots of prompts',
  create: lookingAgain(createTpePolicy),
  options: tpeOptionsSchema,
}
