/**
 * How likely a candidate keeps its constraints.
 *
 * Notation: y_ij measurement of candidate i on example j, n_i how many there are; y_ij ~ N(m_i, σ²), m_i ~ N(μ, τ²). σ²
 * (within candidates) and τ² (between them) are estimated by moments, as in a one-way analysis of variance; then m_i |
 * y ~ N(w ȳ_i + (1 − w) μ, (1 − w) τ² + …) with w = τ² / (τ² + σ²/n_i). A candidate that was hardly measured is assumed
 * to be like the others. A. Gelman et al., "Bayesian Data Analysis" (2013), section 5.4.
 *
 * That never says of a count, such as steps or calls, that it meets its limit exactly: the others draw its estimate across.
 * Where all n ≥ 2 values are the same and within the limits, what keeps them is at least n/(n + 2): the chance that a value
 * is like the n before it, by a beta posterior with the prior Beta(0, 2).
 *
 * @module
 */

import type { Constraint } from '../history/constraint.ts'
import { normalCdf } from '../numerics/special/normal.ts'
import { INTERVAL_QUANTILE as Z } from '../policy/policy.ts'
import type { MeasurementTallies, Tally } from './measurements.ts'

/** A candidate at least this likely to keep all constraints may be recommended. */
export const FEASIBLE = 0.5
/** A candidate less likely than this is not measured any more. */
export const HOPELESS = 0.02

/** Sums of squares are not exact in binary. */
const ROUNDING = 1e-12

/** Estimate of one constraint of one candidate. */
export interface ConstraintBelief extends Constraint {
  /** Posterior mean of the measurement. */
  readonly mean: number
  /** 95%. */
  readonly interval: readonly [number, number]
  /** Of keeping the constraint. */
  readonly probability: number
  /** How often it was measured for this candidate. */
  readonly count: number
}

export interface Feasibility {
  /** Of keeping all constraints, taken as independent. Constraints that were not measured are left out. */
  readonly probability: number
  readonly constraints: readonly ConstraintBelief[]
}

interface Moments {
  readonly mean: number
  readonly within: number
  readonly between: number
}

/**
 * @example
 * const log = createMeasurementLog()
 * for (const outputTokens of [150, 160, 170]) log.add(3, { outputTokens })
 * createFeasibility([{ metric: 'outputTokens', atMost: 200 }], log).of(3).probability // ≈ 1.000
 */
export function createFeasibility(constraints: readonly Constraint[], tallies: MeasurementTallies) {
  const measured = constraints.flatMap((constraint) => {
    const byCandidate = tallies.of(constraint.metric)
    return byCandidate ? [{ constraint, byCandidate, moments: momentsOf([...byCandidate.values()]) }] : []
  })
  return {
    /** Metrics that are constrained and were never measured. */
    unknown: constraints.filter(({ metric }) => !tallies.of(metric)).map(({ metric }) => metric),
    of(candidate: number): Feasibility {
      const beliefs = measured.map(({ constraint, byCandidate, moments }) =>
        beliefOf(constraint, byCandidate.get(candidate), moments),
      )
      return {
        probability: beliefs.reduce((product, { probability }) => product * probability, 1),
        constraints: beliefs,
      }
    },
  }
}

function beliefOf(
  constraint: Constraint,
  tally: Tally | undefined,
  { mean, within, between }: Moments,
): ConstraintBelief {
  const count = tally?.count ?? 0
  const own = tally ? tally.sum / tally.count : mean
  const noise = count > 0 ? within / count : Number.POSITIVE_INFINITY
  // Both variances vanish where everything measured is equal: then what was measured is what it is.
  const weight = count === 0 ? 0 : between + noise === 0 ? 1 : between / (between + noise)
  const center = weight * own + (1 - weight) * mean
  const deviation = Math.sqrt(count === 0 ? between : weight * noise)
  const { atMost = Number.POSITIVE_INFINITY, atLeast = Number.NEGATIVE_INFINITY } = constraint
  const probability = below(atMost, center, deviation) - below(atLeast, center, deviation, true)
  const isKept = tally !== undefined && isConstant(tally) && atLeast <= own && own <= atMost
  return {
    ...constraint,
    mean: center,
    interval: [center - Z * deviation, center + Z * deviation],
    probability: isKept ? Math.max(probability, count / (count + 2)) : probability,
    count,
  }
}

function isConstant({ sum, squares, count }: Tally): boolean {
  return count > 1 && squares - (sum * sum) / count <= ROUNDING * squares
}

/** P(m ≤ limit), or P(m < limit). */
function below(limit: number, center: number, deviation: number, strict = false): number {
  if (limit === Number.POSITIVE_INFINITY) return 1
  if (limit === Number.NEGATIVE_INFINITY) return 0
  if (deviation > 0) return normalCdf((limit - center) / deviation)
  return (strict ? center < limit : center <= limit) ? 1 : 0
}

function momentsOf(tallies: readonly Tally[]): Moments {
  const groups = tallies.length
  const total = tallies.reduce((sum, { count }) => sum + count, 0)
  const sum = tallies.reduce((all, tally) => all + tally.sum, 0)
  const overall = sum / total
  const residual = tallies.reduce(
    (all, { squares, sum: own, count }) => all + Math.max(0, squares - (own * own) / count),
    0,
  )
  const spread = tallies.reduce((all, { sum: own, count }) => all + count * (own / count - overall) ** 2, 0)
  // With one measurement each, nothing tells noise from difference: half of the spread is taken for either.
  if (total <= groups) {
    const half = groups > 1 ? spread / (groups - 1) / 2 : 0
    return { mean: overall, within: half, between: half }
  }
  const within = residual / (total - groups)
  const effective =
    (total - tallies.reduce((all, { count }) => all + count * count, 0) / total) / Math.max(1, groups - 1)
  const between = groups > 1 && effective > 0 ? Math.max(0, (spread / (groups - 1) - within) / effective) : within
  // A between-variance of 0 would make all candidates one; a tenth of the noise keeps a candidate its own.
  return { mean: overall, within, between: Math.max(between, 0.1 * within) }
}
