import { InvalidArgumentError } from '../errors.ts'
import { logPhi } from '../numerics/special/index.ts'
import type { Surrogate } from '../surrogate/surrogate.ts'
import type { Acquisition } from './acquisition.ts'

/** A quantity that must not exceed a limit, with the surrogate that predicts it. */
export interface OutcomeConstraint {
  readonly surrogate: Surrogate
  /** Feasible where the quantity is at most this, in the surrogate's units. */
  readonly limit: number
}

/**
 * Log probability that independent constraints all hold, by point.
 * J. Gardner et al., "Bayesian optimization with inequality constraints" (2014).
 *
 * @example
 * logFeasibility([{ surrogate: latency, limit: 2 }], points([[0.5]])) // ≈ [−0.69]: log of a half
 */
export function logFeasibility(
  constraints: readonly OutcomeConstraint[],
  points: Parameters<Acquisition['values']>[0],
): Float64Array {
  const total = new Float64Array(points.count)
  for (const { surrogate, limit } of constraints) {
    if (Number.isNaN(limit)) throw new InvalidArgumentError('limit is NaN; expected a number')
    const { mean, variance } = surrogate.posterior(points)
    for (let i = 0; i < total.length; i++) {
      const gap = limit - mean[i]!
      const deviation = Math.sqrt(variance[i]!)
      total[i]! += deviation > 0 ? logPhi(gap / deviation) : gap >= 0 ? 0 : Number.NEGATIVE_INFINITY
    }
  }
  return total
}

/**
 * A logarithmic acquisition plus the log probability of being feasible: log of "expected improvement that counts only
 * if feasible".
 *
 * @example
 * const improvement = acquisitionOnPool(surrogate, logExpectedImprovement(0.7))
 * indexOfLargest(constrained(improvement, [{ surrogate: latency, limit: 1.8 }]).values(candidates)) // 3
 */
export function constrained(acquisition: Acquisition, constraints: readonly OutcomeConstraint[]): Acquisition {
  return {
    name: `constrained ${acquisition.name}`,
    values(points) {
      const feasibility = logFeasibility(constraints, points)
      return acquisition.values(points).map((value, i) => value + feasibility[i]!)
    },
  }
}
