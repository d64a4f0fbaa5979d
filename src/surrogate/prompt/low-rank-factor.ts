/**
 * Pivoted incomplete Cholesky decomposition (Harbrecht, Peters & Schneider 2012).
 *
 * Notation: K n×n covariance, row-major; F n×r with K ≈ F Fᵀ; residual = diag(K − F Fᵀ) ≥ 0. Keeping the residual as
 * independent variance makes every prompt's own variance exact (the FITC correction), so a small rank loses shared
 * detail, never variance.
 *
 * @module
 */
export interface LowRankFactor {
  readonly size: number
  readonly rank: number
  /** size × rank, row-major. */
  readonly factor: Float64Array
  readonly residual: Float64Array
  /** Row that each column began with, in order. */
  readonly pivots: readonly number[]
}

/** Stops at `rank` columns or when the residual trace is below `tolerance` of the whole. */
export function lowRankFactor(covariance: Float64Array, size: number, rank: number, tolerance = 1e-3): LowRankFactor {
  const diagonal = Float64Array.from({ length: size }, (_, i) => covariance[i * size + i]!)
  return lowRankFactorByRows(diagonal, (i) => covariance.subarray(i * size, (i + 1) * size), rank, tolerance)
}

/** The same where the covariance is not at hand: only the rows of pivots are asked for. */
export function lowRankFactorByRows(
  diagonal: Float64Array,
  rowOf: (pivot: number) => Float64Array,
  rank: number,
  tolerance = 1e-3,
): LowRankFactor {
  const size = diagonal.length
  const limit = Math.min(rank, size)
  const columns: Float64Array[] = []
  const pivots: number[] = []
  const residual = diagonal.slice()
  let whole = 0
  for (let i = 0; i < size; i++) whole += residual[i]!
  let rest = whole
  while (columns.length < limit && rest > tolerance * whole) {
    let pivot = 0
    for (let i = 1; i < size; i++) if (residual[i]! > residual[pivot]! + 1e-12) pivot = i
    const root = Math.sqrt(residual[pivot]!)
    if (!(root > 1e-7)) break
    const column = rowOf(pivot).slice()
    for (const earlier of columns) {
      const scale = earlier[pivot]!
      for (let i = 0; i < size; i++) column[i]! -= scale * earlier[i]!
    }
    rest = 0
    for (let i = 0; i < size; i++) {
      const value = column[i]! / root
      column[i] = value
      residual[i] = Math.max(0, residual[i]! - value * value)
      rest += residual[i]!
    }
    columns.push(column)
    pivots.push(pivot)
  }
  const factor = new Float64Array(size * columns.length)
  columns.forEach((column, c) => {
    for (let i = 0; i < size; i++) factor[i * columns.length + c] = column[i]!
  })
  return { size, rank: columns.length, factor, residual, pivots }
}

/**
 * The row of one more variable of variance 1, given its covariances with the pivots: what it has beyond them stays
 * independent.
 *
 * @param covariances One per pivot, in order.
 */
export function lowRankRow(
  { rank, factor, pivots }: LowRankFactor,
  covariances: Float64Array,
): { readonly values: Float64Array; readonly residual: number } {
  const values = new Float64Array(rank)
  let rest = 1
  for (let k = 0; k < rank; k++) {
    const row = pivots[k]! * rank
    let value = covariances[k]!
    for (let l = 0; l < k; l++) value -= values[l]! * factor[row + l]!
    value /= factor[row + k]!
    // Rounding must not explain more than there is.
    const most = Math.sqrt(Math.max(0, rest))
    values[k] = Math.max(-most, Math.min(most, value))
    rest -= values[k]! ** 2
  }
  return { values, residual: Math.max(0, rest) }
}
