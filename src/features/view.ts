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
  /** `size × size`, row-major, symmetric, zero on the diagonal; NaN where the view does not apply to one of the two. */
  readonly squared: Float64Array
}

/** Squared distances of one prompt to others, in their order; NaN where the view does not apply to one of the two. */
export type DistancesFrom = (from: PoolEntry, to: readonly PoolEntry[]) => Float64Array

export interface View {
  readonly name: string
  /**
   * `undefined` when the view tells no two prompts of the pool apart, or does not apply to it (no embeddings, no slots).
   * A pure function of the pool; what it computes once for a candidate it keeps.
   */
  squaredDistances(pool: readonly PoolEntry[]): ViewDistances | undefined
  /**
   * Distances by the statistics of a basis, to prompts of it from prompts that came later: nothing of the basis changes
   * when a pool grows.
   */
  distancesFrom(basis: readonly PoolEntry[]): DistancesFrom
}

/** Wraps a filled matrix, or says that it is useless: every distance between two prompts zero or unknown. */
export function viewDistances(view: string, size: number, squared: Float64Array): ViewDistances | undefined {
  let informative = false
  for (const value of squared) {
    if (value === Number.POSITIVE_INFINITY) return undefined
    if (value > 1e-12) informative = true
  }
  return informative ? { view, size, squared } : undefined
}
