import type { Recommendation } from '../policy/policy.ts'
import { differenceOf } from '../policy/recommendation/ranking-statistics.ts'
import { createFeasibility, FEASIBLE } from './feasibility.ts'
import { pricesFor } from './prices.ts'
import { recommendInstead, scoredCounts } from './recommend-instead.ts'
import type { StudyState } from './state.ts'

/** Of the winner's examples, so many a prompt must have been measured on to take its place. */
const MEASURED_SHARE = 0.5

/**
 * Of the prompts that cannot be told apart from the winner, the one that takes least. Not told apart: expected within
 * one standard error of the difference, and measured on at least half as many examples. The first is the rule that
 * prunes trees (Breiman et al. 1984, §3.4.3). What is preferred has to keep the constraints as well.
 */
export function recommendPreferred(state: StudyState, recommendation: Recommendation): Recommendation {
  const { prefer = 'score', constraints = [] } = state.config
  const prices = pricesFor(state, prefer)
  const { candidate: winner } = recommendation
  const own = prices?.of.get(winner)
  if (!prices || !own) return recommendation
  const counts = scoredCounts(state)
  const enough = MEASURED_SHARE * (counts.get(winner) ?? 0)
  const feasibility = createFeasibility(constraints, state.measurements)
  const alike = [...prices.of].filter(([candidate, { mean }]) => {
    if (candidate === winner || mean >= own.mean || (counts.get(candidate) ?? 0) < Math.max(1, enough)) return false
    if (constraints.length > 0 && feasibility.of(candidate).probability < FEASIBLE) return false
    const lead = differenceOf(recommendation, winner, candidate)
    return lead.mean <= lead.standardDeviation
  })
  if (alike.length === 0) return recommendation
  const [preferred] = alike.sort(
    ([a, { mean: x }], [b, { mean: y }]) => x - y || recommendation.means[b]! - recommendation.means[a]! || a - b,
  )
  const rest = [...counts.keys()]
    .filter((candidate) => candidate !== preferred![0])
    .sort((a, b) => recommendation.means[b]! - recommendation.means[a]!)
  return recommendInstead(state, recommendation, preferred![0], rest)
}
