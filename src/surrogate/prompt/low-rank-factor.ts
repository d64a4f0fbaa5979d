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
}

/** Stops at `rank` columns or when the residual trace is below `tolerance` of the whole. */
export function lowRankFactor(covariance: Float64Array, size: number, rank: number, tolerance = 1e-3): LowRankFactor {
  const limit = Math.min(rank, size)
  const columns: Float64Array[] = []
  const residual = new Float64Array(size)
  let whole = 0
  for (let i = 0; i < size; i++) {
    residual[i] = covariance[i * size + i]!
    whole += residual[i]!
  }
  let rest = whole
  while (columns.length < limit && rest > tolerance * whole) {
    let pivot = 0
    for (let i = 1; i < size; i++) if (residual[i]! > residual[pivot]! + 1e-12) pivot = i
    const root = Math.sqrt(residual[pivot]!)
    if (!(root > 1e-7)) break
    const column = new Float64Array(size)
    const row = pivot * size
    for (let i = 0; i < size; i++) column[i] = covariance[row + i]!
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
  }
  const factor = new Float64Array(size * columns.length)
  columns.forEach((column, c) => {
    for (let i = 0; i < size; i++) factor[i * columns.length + c] = column[i]!
  })
  return { size, rank: columns.length, factor, residual }
}
