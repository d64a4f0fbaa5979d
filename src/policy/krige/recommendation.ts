/**
 * What the model recommends, how sure it is, and what measuring on would gain.
 *
 * @module
 */
import { createRandom } from '../../numerics/random/random.ts'
import type { PromptBeliefs } from '../../surrogate/prompt/prompt-model.ts'
import { populationScores } from '../../surrogate/prompt/prompt-scores.ts'
import { type ScoreMoments, sharedDeviations } from '../../surrogate/prompt/score-moments.ts'
import { setScores } from '../../surrogate/prompt/set-scores.ts'
import { type Estimand, INTERVAL_LEVEL, INTERVAL_QUANTILE, type Recommendation } from '../policy.ts'
import { rankingStatistics } from '../recommendation/ranking-statistics.ts'

/** @param known Scores of the first prompts, by the same beliefs before the pool grew. */
export function scoresOf(
  beliefs: PromptBeliefs,
  estimand: Estimand,
  exampleCount: number,
  known?: ScoreMoments,
): ScoreMoments {
  return estimand === 'set' ? setScores(beliefs, exampleCount, known) : populationScores(beliefs, known)
}

/** Best expected score first; equals in a given order. */
export function rankPrompts(means: Float64Array, tieBreak: Int32Array): number[] {
  // Rounded, so that prompts which differ by rounding error alone are told apart by the tie-break on every machine.
  const keys = means.map((mean) => Math.round(mean * 1e9))
  return Array.from(keys, (_, i) => i).sort((a, b) => keys[b]! - keys[a]! || tieBreak[a]! - tieBreak[b]!)
}

/**
 * Only measured prompts can be recommended: a promise is not a result.
 */
export function recommend(
  beliefs: PromptBeliefs,
  estimand: Estimand,
  exampleCount: number,
  tieBreak: Int32Array,
  seed: number,
): Recommendation {
  const scores = scoresOf(beliefs, estimand, exampleCount)
  const { means, standardDeviations } = scores
  const ranked = rankPrompts(means, tieBreak)
  const measured = (i: number) => beliefs.outcomes.offsets[i + 1]! > beliefs.outcomes.offsets[i]!
  const candidate = ranked.find(measured) ?? ranked[0]!
  const others = ranked.filter((i) => i !== candidate)
  const met = others.filter(measured)
  // A prompt measured alone has beaten no other: the others then count with their posterior.
  const contenders = [candidate, ...(met.length > 0 ? met : others)]
  const { low, high } = beliefs.scale
  const shared = sharedDeviations(beliefs, scores)
  return {
    candidate,
    mean: means[candidate]!,
    interval: scores.interval(candidate, INTERVAL_QUANTILE),
    level: INTERVAL_LEVEL,
    ...rankingStatistics(contenders, { means, standardDeviations, shared, span: high - low }, createRandom(seed)),
    means,
    standardDeviations,
    shared,
  }
}
