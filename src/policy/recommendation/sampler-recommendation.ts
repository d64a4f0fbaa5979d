/**
 * What a sampler recommends that has no model of its own.
 *
 * With several examples, or prompts alone, candidates are estimated independently of each other. With a plain objective
 * function over a space scores may be noisy, and the best of many noisy scores is the luckiest. A Gaussian process
 * smooths them, and the measured point of its highest mean is recommended. Past {@link SMOOTHED} candidates it sees the
 * better half and a spread of the rest.
 *
 * @module
 */
import { createRandom } from '../../numerics/random/index.ts'
import { encodeSpace } from '../../space/encoding.ts'
import { takePoints } from '../../surrogate/points.ts'
import { createCellScores } from '../cell-scores.ts'
import type { PolicyContext, PolicyState, Recommendation } from '../policy.ts'
import { createDesigns } from '../space-design/design.ts'
import { createTallies } from '../space-design/tallies.ts'
import { candidateFeatures } from './candidate-features.ts'
import { candidateScores } from './candidate-scores.ts'
import { fitObjective, subsetOfData } from './objective-model.ts'
import { recommendByMean } from './objective-recommendation.ts'
import { recommendIndependently } from './pool-recommendation.ts'

/** Candidates a process is fitted to: some tens of milliseconds. */
const SMOOTHED = 200

/**
 * @returns a function from a study to what it recommends; `undefined` while nothing has a score.
 * @example
 * createSamplerRecommendation(context)(state)?.candidate // 3
 */
export function createSamplerRecommendation(
  context: PolicyContext,
): (state: PolicyState) => Recommendation | undefined {
  const { space, exampleCount, estimand, seed, backend } = context
  const tallies = createTallies()
  const cells = createCellScores(exampleCount)
  const encoding = encodeSpace(space)
  const designOf = createDesigns(space)

  const smooth = (state: PolicyState): Recommendation | undefined => {
    const { valuesOf } = designOf(state.pool)
    const { candidates, means, noiseVariances } = candidateScores(state.observations)
    // What lies outside the space says nothing about it, but keeps its place in the pool.
    const entries = state.pool.map((entry, i) =>
      valuesOf(i) ? entry : { ...entry, candidate: { ...entry.candidate, parameters: {} } },
    )
    const inside = Array.from(candidates.keys()).filter((k) => valuesOf(candidates[k]!))
    if (inside.length === 0) return undefined
    const features = candidateFeatures(entries, encoding)
    const kept = subsetOfData(
      Float64Array.from(inside, (k) => means[k]!),
      SMOOTHED,
    ).map((i) => inside[i]!)
    const measured = kept.map((k) => candidates[k]!)
    const model = fitObjective(
      {
        points: takePoints(features.pool, measured),
        scores: Float64Array.from(kept, (k) => means[k]!),
        noiseVariances: Float64Array.from(kept, (k) => noiseVariances[k]!),
        observations: state.observations.length,
      },
      features,
      undefined,
      backend,
    )
    return recommendByMean(model, features.pool, measured, createRandom(seed).split('recommend'))
  }

  return (state) => {
    if (exampleCount === 1 && encoding.dimension > 0) return smooth(state)
    const { pool, observations } = state
    tallies.read(observations)
    cells.read(observations)
    const ranking = tallies.ranking()
    return ranking.length > 0
      ? recommendIndependently(pool.length, cells, ranking, { exampleCount, estimand, seed })
      : undefined
  }
}
