/**
 * Low-rank text covariances of a pool. Several policies, budgets or studies often share one pool, so the result is kept
 * as long as the pool's first entry lives.
 *
 * @module
 */
import { type ViewName, viewFactories } from '../../features/views.ts'
import type { PoolEntry } from '../../prompt/candidate.ts'
import { type LowRankFactor, lowRankFactor } from './low-rank-factor.ts'
import { mixCorrelations, viewCorrelation } from './text-covariance.ts'

export interface PoolFactors {
  /** `undefined` when none of the mix's views applies to the pool. */
  factor(mix: Readonly<Record<string, number>>, rank: number): LowRankFactor | undefined
}

interface Kept {
  readonly pool: readonly PoolEntry[]
  readonly factors: PoolFactors
}

const kept = new WeakMap<PoolEntry, Kept>()
const views = new Map(Object.entries(viewFactories).map(([name, create]) => [name, create()]))

/** Factors of exactly this pool: the same entries in the same order. */
export function poolFactors(pool: readonly PoolEntry[]): PoolFactors {
  const first = pool[0]
  const found = first && kept.get(first)
  if (found && found.pool.length === pool.length && found.pool.every((entry, i) => entry === pool[i])) {
    return found.factors
  }
  const entries = [...pool]
  const correlations = new Map<string, Float64Array | undefined>()
  const mixed = new Map<string, LowRankFactor | undefined>()
  const correlation = (view: string) => {
    if (!correlations.has(view)) {
      const distances = views.get(view as ViewName)?.squaredDistances(entries)
      correlations.set(view, distances && viewCorrelation(distances))
    }
    return correlations.get(view)
  }
  const factors: PoolFactors = {
    factor(mix, rank) {
      const key = JSON.stringify([mix, rank])
      if (!mixed.has(key)) {
        const usable = Object.entries(mix).flatMap(([view, weight]) => {
          const matrix = weight > 0 ? correlation(view) : undefined
          return matrix ? [{ matrix, weight }] : []
        })
        const matrices = usable.map((part) => part.matrix)
        const weights = usable.map((part) => part.weight)
        mixed.set(
          key,
          usable.length > 0 ? lowRankFactor(mixCorrelations(matrices, weights), entries.length, rank) : undefined,
        )
      }
      return mixed.get(key)
    },
  }
  if (first) kept.set(first, { pool: entries, factors })
  return factors
}
