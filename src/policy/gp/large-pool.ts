import type { Backend } from '../../numerics/linalg/backend.ts'
import type { PolicyState } from '../policy.ts'
import { createScreenedProposals, type ScreenedProposals } from '../vector-search/screened-proposals.ts'

/** Pools of more candidates are screened. */
export const SCREENED_ABOVE = 20_000

/**
 * Proposals for pools that are too large to look at every candidate at each ask. It is undefined for smaller pools, and
 * where a candidate has no embedding. What a pool's features are is remembered until the pool grows.
 *
 * @example
 * createLargePool(backend)(state) // undefined: the pool is small
 */
export function createLargePool(backend: Backend): (state: PolicyState) => ScreenedProposals | undefined {
  let known: { count: number; proposals: ScreenedProposals | undefined } | undefined
  return ({ pool }) => {
    if (pool.length <= SCREENED_ABOVE) return undefined
    if (known?.count !== pool.length) {
      const vectors = pool.map(({ embedding }) => embedding)
      const dimension = vectors[0]?.length ?? 0
      const isWhole = vectors.every((vector) => vector !== undefined && vector.length === dimension)
      const read = (index: number, out: Float64Array, at: number) => out.set(vectors[index]!, at)
      const proposals = isWhole
        ? createScreenedProposals({ count: pool.length, dimension, read }, { backend })
        : undefined
      known = { count: pool.length, proposals }
    }
    return known.proposals
  }
}
