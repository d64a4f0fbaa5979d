/**
 * What a sampler without a model of the noise recommends.
 *
 * With several examples, candidates are believed in independently of each other. With a plain objective function a score
 * is taken at its word: the candidate of the best mean, no interval around it. Where measurements are noisy, `gp` is the
 * policy that knows.
 *
 * @module
 */
import { createCellScores } from '../cell-scores.ts'
import { recommendIndependently } from '../halving/recommendation.ts'
import type { PolicyContext, PolicyState, Recommendation } from '../policy.ts'
import { createTallies } from './tallies.ts'

const LEVEL = 0.9

export function createSamplerRecommendation(
  context: PolicyContext,
): (state: PolicyState) => Recommendation | undefined {
  const { exampleCount, estimand, seed } = context
  const tallies = createTallies()
  const cells = createCellScores(exampleCount)
  return ({ pool, observations }) => {
    tallies.read(observations)
    const ranking = tallies.ranking()
    const [best] = ranking
    if (best === undefined) return undefined
    if (exampleCount > 1) {
      cells.read(observations)
      return recommendIndependently(pool.length, cells, ranking, { exampleCount, estimand, seed })
    }
    const { mean } = tallies.of(best)!
    return {
      candidate: best,
      mean,
      interval: [mean, mean],
      level: LEVEL,
      probabilityBest: 1,
      expectedGain: 0,
      // What was not measured is believed to be no better than what was.
      means: Float64Array.from(pool, (_, i) => tallies.of(i)?.mean ?? mean),
      standardDeviations: new Float64Array(pool.length),
    }
  }
}
