/**
 * Low-rank text covariances of a pool. Several policies, budgets or studies often share one pool, so the result is kept
 * as long as the pool's first entry lives.
 *
 * A pool that proposers add to has a basis: what it began with, or of a small beginning so many of the first prompts as
 * make a geometric sequence of sizes. Statistics of texts (idf, medians, standard deviations) and pivots are those of the
 * basis; a prompt outside it gets a row by its correlations with the pivots (Nyström), and nothing else changes. The basis
 * is a function of the pool, so a study that is opened again computes the same.
 *
 * @module
 */
import type { DistancesFrom } from '../../features/view.ts'
import { type ViewName, viewFactories } from '../../features/views.ts'
import type { PoolEntry } from '../../prompt/candidate.ts'
import { type LowRankFactor, lowRankFactor, lowRankRow } from './low-rank-factor.ts'
import { correlationAt, mixCorrelations, type ViewCorrelation, viewCorrelation } from './text-covariance.ts'

type ViewMix = Readonly<Record<string, number>>

export interface PoolFactors {
  /** How many of the first prompts the statistics are from. */
  readonly basis: number
  /** `undefined` when none of the mix's views applies to the basis. */
  factor(mix: ViewMix, rank: number): LowRankFactor | undefined
}

/** A basis stops growing at this size. */
const LARGEST_BASIS = 64
const GROWTH = 1.3

interface Row {
  readonly entry: PoolEntry
  readonly values: Float64Array
  readonly residual: number
}

interface Basis {
  readonly entries: readonly PoolEntry[]
  factor(mix: ViewMix, rank: number): LowRankFactor | undefined
  row(mix: ViewMix, factor: LowRankFactor, entry: PoolEntry): { values: Float64Array; residual: number }
  /** Rows of prompts outside the basis, in order, by mix and rank. */
  readonly rows: Map<string, Row[]>
}

const kept = new WeakMap<PoolEntry, Basis>()
const views = new Map(Object.entries(viewFactories).map(([name, create]) => [name, create()]))

/**
 * How many of a pool's first prompts its statistics are from: all, unless proposers added some.
 *
 * @example
 * basisOf(pool) === pool.length // true
 */
export function basisOf(pool: readonly PoolEntry[]): number {
  const original = originalSize(pool)
  if (original === pool.length) return original
  let size = Math.max(1, original)
  while (size < LARGEST_BASIS && Math.ceil(size * GROWTH) <= pool.length) size = Math.ceil(size * GROWTH)
  return size
}

/** How many of a pool's first prompts no proposer made. */
export function originalSize(pool: readonly PoolEntry[]): number {
  const began = pool.findIndex(({ candidate }) => candidate.origin?.by === 'proposer')
  return began < 0 ? pool.length : began
}

/** Factors of exactly this pool: the same entries in the same order. */
export function poolFactors(pool: readonly PoolEntry[]): PoolFactors {
  const size = basisOf(pool)
  const basis = basisFor(pool, size)
  return {
    basis: size,
    factor(mix, rank) {
      const inner = basis.factor(mix, rank)
      if (!inner || size === pool.length) return inner
      const key = JSON.stringify([mix, rank])
      const rows = basis.rows.get(key) ?? []
      basis.rows.set(key, rows)
      const factor = new Float64Array(pool.length * inner.rank)
      const residual = new Float64Array(pool.length)
      factor.set(inner.factor)
      residual.set(inner.residual)
      for (let i = size; i < pool.length; i++) {
        const entry = pool[i]!
        const known = rows[i - size]
        const row = known?.entry === entry ? known : { entry, ...basis.row(mix, inner, entry) }
        if (row !== known) {
          rows.length = i - size
          rows.push(row)
        }
        factor.set(row.values, i * inner.rank)
        residual[i] = row.residual
      }
      return { ...inner, size: pool.length, factor, residual }
    },
  }
}

function basisFor(pool: readonly PoolEntry[], size: number): Basis {
  const first = pool[0]
  const found = first && kept.get(first)
  if (found && found.entries.length === size && found.entries.every((entry, i) => entry === pool[i])) return found
  const basis = createBasis(pool.slice(0, size))
  if (first) kept.set(first, basis)
  return basis
}

function createBasis(entries: readonly PoolEntry[]): Basis {
  const correlations = new Map<string, ViewCorrelation | undefined>()
  const mixed = new Map<string, LowRankFactor | undefined>()
  const distances = new Map<string, DistancesFrom>()
  const correlation = (view: string) => {
    if (!correlations.has(view)) {
      const squared = views.get(view as ViewName)?.squaredDistances(entries)
      correlations.set(view, squared && viewCorrelation(squared))
    }
    return correlations.get(view)
  }
  const distancesFrom = (view: string) => {
    const found = distances.get(view) ?? views.get(view as ViewName)!.distancesFrom(entries)
    distances.set(view, found)
    return found
  }
  const usable = (mix: ViewMix) =>
    Object.entries(mix).flatMap(([view, weight]) => {
      const found = weight > 0 ? correlation(view) : undefined
      return found ? [{ view, weight, ...found }] : []
    })
  return {
    entries,
    rows: new Map(),
    factor(mix, rank) {
      const key = JSON.stringify([mix, rank])
      if (!mixed.has(key)) {
        const parts = usable(mix)
        const matrices = parts.map((part) => part.matrix)
        const weights = parts.map((part) => part.weight)
        mixed.set(
          key,
          parts.length > 0 ? lowRankFactor(mixCorrelations(matrices, weights), entries.length, rank) : undefined,
        )
      }
      return mixed.get(key)
    },
    row(mix, factor, entry) {
      const parts = usable(mix)
      const total = parts.reduce((sum, { weight }) => sum + weight, 0)
      const pivots = factor.pivots.map((pivot) => entries[pivot]!)
      const covariances = new Float64Array(pivots.length)
      for (const { view, weight, scale } of parts) {
        distancesFrom(view)(entry, pivots).forEach((squared, k) => {
          covariances[k]! += (weight / total) * correlationAt(squared, scale)
        })
      }
      return lowRankRow(factor, covariances)
    },
  }
}
