/**
 * A view is one way of looking at prompts. It gives every pair of a pool a squared distance; a surrogate turns each view
 * into one kernel and sums them.
 *
 * @module
 */
import type { PoolEntry } from '../prompt/candidate.ts'

/** Distances of one view over one pool, aligned with the pool's indices. */
export interface ViewDistances {
  readonly view: string
  /** Number of prompts. */
  readonly size: number
  /** `size × size`, row-major, symmetric, zero on the diagonal. */
  readonly squared: Float64Array
}

export interface View {
  readonly name: string
  /**
   * `undefined` when the view tells no two prompts of the pool apart, or does not apply to it (no embeddings, no slots).
   * A pure function of the pool; what it computes once for a candidate it keeps, so that a grown pool costs little.
   */
  squaredDistances(pool: readonly PoolEntry[]): ViewDistances | undefined
}

/** Wraps a filled matrix, or says that it is useless: every off-diagonal distance zero or not finite. */
export function viewDistances(view: string, size: number, squared: Float64Array): ViewDistances | undefined {
  let informative = false
  for (const value of squared) {
    if (!Number.isFinite(value)) return undefined
    if (value > 1e-12) informative = true
  }
  return informative ? { view, size, squared } : undefined
}
