/**
 * Recommendations that keep constraints, whatever the policy: of the candidates it has measured, the best expected score
 * among those that probably keep them.
 *
 * @module
 */
import type { Recommendation } from '../policy/policy.ts'
import { type ConstraintBelief, createFeasibility, FEASIBLE, HOPELESS } from './feasibility.ts'
import { recommendInstead, scoredCounts } from './recommend-instead.ts'
import type { StudyState } from './state.ts'

/** Measurements of a candidate before it can be given up. */
const FEWEST_MEASUREMENTS = 2

/** Candidates that were measured and almost certainly break a constraint. */
export function hopelessCandidates(state: StudyState): ReadonlySet<number> {
  const { constraints = [] } = state.config
  const feasibility = createFeasibility(constraints, state.measurements)
  const hopeless = new Set<number>()
  for (let candidate = 0; candidate < state.candidates.length; candidate++) {
    const { probability, constraints: beliefs } = feasibility.of(candidate)
    if (probability < HOPELESS && beliefs.some(({ count }) => count >= FEWEST_MEASUREMENTS)) hopeless.add(candidate)
  }
  return hopeless
}

/**
 * The policy's recommendation when it keeps the constraints. Else the best candidate that does, with the policy's
 * posterior of its score. Where none does, the one likeliest to.
 */
export function recommendFeasible(state: StudyState, recommendation: Recommendation): Recommendation {
  const { constraints = [] } = state.config
  const { means } = recommendation
  const feasibility = createFeasibility(constraints, state.measurements)
  if (constraints.length === 0 || feasibility.unknown.length === constraints.length) return recommendation
  const contenders = [...scoredCounts(state).keys()]
    .filter((candidate) => Number.isFinite(means[candidate]))
    .map((candidate) => {
      const { probability, constraints: beliefs } = feasibility.of(candidate)
      return { candidate, probability, violation: violationOf(beliefs) }
    })
  const allowed = contenders.filter(({ probability }) => probability >= FEASIBLE)
  const own = feasibility.of(recommendation.candidate).probability
  if (own >= FEASIBLE && allowed.length === contenders.length) return recommendation
  const byScore = (a: { candidate: number }, b: { candidate: number }) => means[b.candidate]! - means[a.candidate]!
  const likeliest = (a: (typeof contenders)[number], b: (typeof contenders)[number]) =>
    b.probability - a.probability || a.violation - b.violation || byScore(a, b)
  // Where none keeps them it competes with all: it is not the best for being the likeliest.
  const order = (allowed.length > 0 ? allowed : contenders).toSorted(byScore).map(({ candidate }) => candidate)
  const first = allowed.length > 0 ? order[0] : contenders.toSorted(likeliest)[0]?.candidate
  const candidate = own >= FEASIBLE ? recommendation.candidate : (first ?? recommendation.candidate)
  const rest = order.filter((other) => other !== candidate)
  return recommendInstead(state, recommendation, candidate, rest)
}

/** By how much means break their limits, each in widths of its interval: tells apart what is equally impossible. */
function violationOf(beliefs: readonly ConstraintBelief[]): number {
  return beliefs.reduce(
    (total, { mean, interval, atMost = Number.POSITIVE_INFINITY, atLeast = Number.NEGATIVE_INFINITY }) => {
      const width = interval[1] - interval[0]
      return total + Math.max(0, mean - atMost, atLeast - mean) / (width > 0 ? width : 1)
    },
    0,
  )
}
