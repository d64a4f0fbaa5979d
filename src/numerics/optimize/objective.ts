/**
 * What every optimizer here takes and returns.
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'

/** A function to minimize, without derivatives. */
export type Objective = (x: Float64Array) => number

/** A function to minimize that writes its gradient at x into `gradient` and returns its value. */
export type DifferentiableObjective = (x: Float64Array, gradient: Float64Array) => number

/** Why an optimizer stopped. */
export type StopReason =
  /** The largest component of the projected gradient is within tolerance. */
  | 'gradient-tolerance'
  /** The value, or the simplex, hardly changes any more. */
  | 'value-tolerance'
  | 'iteration-limit'
  | 'evaluation-limit'
  /** No better point along the search direction, even steepest descent: usually the precision of the objective. */
  | 'line-search-failed'
  /** The objective is not finite at the start. */
  | 'non-finite-start'

export interface OptimizeResult {
  /** The best point found; inside the bounds. */
  readonly x: Float64Array<ArrayBuffer>
  readonly value: number
  readonly status: 'converged' | 'stopped' | 'failed'
  readonly reason: StopReason
  readonly iterations: number
  readonly evaluations: number
}

/** Bounds by coordinate; absent means unbounded. Infinite bounds are allowed. */
export interface Bounds {
  readonly lower?: ArrayLike<number>
  readonly upper?: ArrayLike<number>
}

const STATUS: Readonly<Record<StopReason, OptimizeResult['status']>> = {
  'gradient-tolerance': 'converged',
  'value-tolerance': 'converged',
  'iteration-limit': 'stopped',
  'evaluation-limit': 'stopped',
  'line-search-failed': 'stopped',
  'non-finite-start': 'failed',
}

export function statusOf(reason: StopReason): OptimizeResult['status'] {
  return STATUS[reason]
}

/** Bounds as arrays of n numbers. @throws InvalidArgumentError on a wrong length or an empty interval. */
export function resolveBounds(bounds: Bounds, n: number): { lower: Float64Array; upper: Float64Array } {
  const lower = bounds.lower ? Float64Array.from(bounds.lower) : new Float64Array(n).fill(Number.NEGATIVE_INFINITY)
  const upper = bounds.upper ? Float64Array.from(bounds.upper) : new Float64Array(n).fill(Number.POSITIVE_INFINITY)
  if (lower.length !== n || upper.length !== n) {
    throw new InvalidArgumentError(`bounds have lengths ${lower.length} and ${upper.length}; expected ${n}`)
  }
  for (let i = 0; i < n; i++) {
    if (!(lower[i]! <= upper[i]!)) {
      throw new InvalidArgumentError(`bounds[${i}] is [${lower[i]}, ${upper[i]}]; expected lower <= upper`)
    }
  }
  return { lower, upper }
}

export function clampInto(x: Float64Array, lower: Float64Array, upper: Float64Array): void {
  for (let i = 0; i < x.length; i++) x[i] = Math.min(Math.max(x[i]!, lower[i]!), upper[i]!)
}
