import { createRandom } from '../numerics/random/random.ts'
import type { Recommendation } from '../policy/policy.ts'
import { rankingStatistics } from '../policy/recommendation/ranking-statistics.ts'
import type { StudyState } from './state.ts'
import { rangeOfScores } from './verdict.ts'

/**
 * A recommendation of another candidate, with the policy's beliefs about its score.
 *
 * @param rest The other contenders, best first.
 */
export function recommendInstead(
  state: StudyState,
  recommendation: Recommendation,
  candidate: number,
  rest: readonly number[],
): Recommendation {
  const { means, standardDeviations } = recommendation
  const statistics = rankingStatistics(
    [candidate, ...rest],
    { means, standardDeviations },
    createRandom(state.config.seed).split('feasible'),
  )
  if (candidate === recommendation.candidate) return { ...recommendation, ...statistics }
  const mean = means[candidate]!
  // The policy's own interval says how far its beliefs reach at its level.
  const [low, high] = recommendation.interval
  const scale = (high / 2 - low / 2) / Math.max(standardDeviations[recommendation.candidate]!, 1e-12)
  const margin = Math.min(scale, 3) * standardDeviations[candidate]!
  const [lowest, highest] = rangeOfScores(means)
  return {
    ...recommendation,
    candidate,
    mean,
    interval: [Math.max(lowest, mean - margin), Math.min(highest, mean + margin)],
    ...statistics,
  }
}

/** Scored cells by candidate; those without one are left out. */
export function scoredCounts({ observations }: StudyState): ReadonlyMap<number, number> {
  const counts = new Map<number, number>()
  for (let at = 0; at < observations.length; at++) {
    if (Number.isNaN(observations.score(at))) continue
    const candidate = observations.candidate(at)
    counts.set(candidate, (counts.get(candidate) ?? 0) + observations.count(at))
  }
  return counts
}
