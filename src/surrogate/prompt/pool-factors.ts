/**
 * Low-rank text covariances of a pool. Several policies, budgets or studies often share one pool, so the result is kept
 * as long as the pool's first entry lives.
 *
 * A pool that is added to has a basis: what it began with. Of a small beginning it is so many of the first prompts
 * as make a geometric sequence of sizes. Statistics of texts (idf, medians, standard deviations) and pivots are those
 * of the basis. A prompt outside it gets a row by its correlations with the pivots (Nyström), and nothing else changes.
 * The basis is a function of the pool, so a study that is opened again computes the same.
 *
 * Up to {@link PAIRWISE} prompts every pair is compared. Of more only the rows of the pivots are computed, and the
 * medians are those of {@link SAMPLE} prompts spread over the pool. Time and memory then grow with its size, not with
 * the square of it.
 *
 * @module
 */
import { type DistancesFrom, viewDistances } from '../../features/view.ts'
import { type ViewName, viewFactories } from '../../features/views.ts'
import type { PoolEntry } from '../../prompt/candidate.ts'
import { type LowRankFactor, lowRankFactor, lowRankFactorByRows, lowRankRow } from './low-rank-factor.ts'
import { correlationAt, mixCorrelations, viewCorrelation, viewScale } from './text-covariance.ts'

type ViewMix = Readonly<Record<string, number>>

export interface PoolFactors {
  /** How many of the first prompts the statistics are from. */
  readonly basis: number
  /** `undefined` when none of the mix's views applies to the basis. */
  factor(mix: ViewMix, rank: number): LowRankFactor | undefined
}

/** Most prompts of which every pair is compared. */
const PAIRWISE = 1000
/** Prompts of a larger pool that the median distances are taken from. */
const SAMPLE = 500
/** A basis stops growing at this size. */
const LARGEST_BASIS = 64
const GROWTH = 1.3

interface Row {
  readonly entry: PoolEntry
  readonly values: Float64Array
  readonly residual: number
}

/** What a view says of a basis: the scale of its distances, and of a small one all correlations. */
interface DescribedView {
  readonly scale: number
  readonly matrix?: Float64Array
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
 * How many of a pool's first prompts its statistics are from: all, unless some joined later.
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

/** How many of a pool's first prompts it began with: neither made by a proposer nor added later. */
export function originalSize(pool: readonly PoolEntry[]): number {
  const began = pool.findIndex(({ candidate: { origin } }) => origin?.by === 'proposer' || origin?.by === 'hand')
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
  const described = new Map<string, DescribedView | undefined>()
  const mixed = new Map<string, LowRankFactor | undefined>()
  const distances = new Map<string, DistancesFrom>()
  const distancesFrom = (view: string) => {
    const found = distances.get(view) ?? views.get(view as ViewName)!.distancesFrom(entries)
    distances.set(view, found)
    return found
  }
  const describe = (view: string): DescribedView | undefined => {
    if (!described.has(view)) {
      const pairwise = entries.length <= PAIRWISE
      const squared = pairwise
        ? views.get(view as ViewName)?.squaredDistances(entries)
        : sampledDistances(view, entries, distancesFrom(view))
      const scale = squared && viewScale(squared)
      described.set(
        view,
        squared && scale !== undefined
          ? { scale, ...(pairwise ? { matrix: viewCorrelation(squared, scale) } : {}) }
          : undefined,
      )
    }
    return described.get(view)
  }
  const usable = (mix: ViewMix) => {
    const parts = Object.entries(mix).flatMap(([view, weight]) => {
      const found = weight > 0 ? describe(view) : undefined
      return found ? [{ view, weight, ...found }] : []
    })
    const total = parts.reduce((sum, { weight }) => sum + weight, 0)
    return { parts, total }
  }
  const correlationsWith = (
    { parts, total }: ReturnType<typeof usable>,
    entry: PoolEntry,
    to: readonly PoolEntry[],
  ) => {
    const correlations = new Float64Array(to.length)
    for (const { view, weight, scale } of parts) {
      distancesFrom(view)(entry, to).forEach((squared, k) => {
        correlations[k]! += (weight / total) * correlationAt(squared, scale)
      })
    }
    return correlations
  }
  const factorOf = (mix: ViewMix, rank: number) => {
    const by = usable(mix)
    if (by.parts.length === 0) return undefined
    const matrices = by.parts.flatMap(({ matrix }) => matrix ?? [])
    if (matrices.length === by.parts.length) {
      const weights = by.parts.map(({ weight }) => weight)
      return lowRankFactor(mixCorrelations(matrices, weights), entries.length, rank)
    }
    // A prompt is like itself also where a view knows nothing of it.
    const rowOf = (pivot: number) => correlationsWith(by, entries[pivot]!, entries).fill(1, pivot, pivot + 1)
    return lowRankFactorByRows(new Float64Array(entries.length).fill(1), rowOf, rank)
  }
  return {
    entries,
    rows: new Map(),
    factor(mix, rank) {
      const key = JSON.stringify([mix, rank])
      if (!mixed.has(key)) mixed.set(key, factorOf(mix, rank))
      return mixed.get(key)
    },
    row(mix, factor, entry) {
      const pivots = factor.pivots.map((pivot) => entries[pivot]!)
      return lowRankRow(factor, correlationsWith(usable(mix), entry, pivots))
    },
  }
}

/** Distances between prompts spread over a pool, by the statistics of all of it. */
function sampledDistances(view: string, entries: readonly PoolEntry[], distancesFrom: DistancesFrom) {
  const sample = Array.from({ length: SAMPLE }, (_, k) => entries[Math.floor((k * entries.length) / SAMPLE)]!)
  const squared = new Float64Array(SAMPLE * SAMPLE)
  for (const [k, entry] of sample.entries()) squared.set(distancesFrom(entry, sample), k * SAMPLE)
  return viewDistances(view, SAMPLE, squared)
}
