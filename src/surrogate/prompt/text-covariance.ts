/**
 * The sum of kernels, one per view: K = Σ_v weight_v · M(d²_v / s_v), M Matérn-5/2 of length scale 1 and s_v the median
 * squared distance between different prompts. Scaling by the median keeps a kernel from being flat or diagonal,
 * whatever the view's units are. Unit-norm embeddings, say, lie within a few tenths of each other.
 *
 * @module
 */
import type { ViewDistances } from '../../features/view.ts'

/** s_v of a view. */
export function viewScale({ size, squared }: ViewDistances): number {
  return medianOffDiagonal(squared, size)
}

/** Correlation of one view, size × size and row-major: unit variance, and none between prompts whose distance is unknown. */
export function viewCorrelation({ squared }: ViewDistances, scale: number): Float64Array {
  const matrix = new Float64Array(squared.length)
  for (let i = 0; i < squared.length; i++) matrix[i] = correlationAt(squared[i]!, scale)
  return matrix
}

/** M(d²/s); 0 where d is unknown. */
export function correlationAt(squared: number, scale: number): number {
  if (Number.isNaN(squared)) return 0
  const r = Math.sqrt((5 * squared) / scale)
  return (1 + r + (r * r) / 3) * Math.exp(-r)
}

/** Weighted sum of correlations; weights are normalized to 1, so the diagonal stays 1. */
export function mixCorrelations(correlations: readonly Float64Array[], weights: readonly number[]): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const mixed = new Float64Array(correlations[0]!.length)
  correlations.forEach((correlation, v) => {
    const weight = weights[v]! / total
    if (weight > 0) for (let i = 0; i < mixed.length; i++) mixed[i]! += weight * correlation[i]!
  })
  return mixed
}

/** Median over pairs of different prompts at a known distance; the mean of the positive ones where more than half coincide. */
function medianOffDiagonal(squared: Float64Array, size: number): number {
  const all = new Float64Array((size * (size - 1)) / 2)
  let count = 0
  for (let i = 1; i < size; i++) {
    for (let j = 0; j < i; j++) if (!Number.isNaN(squared[i * size + j]!)) all[count++] = squared[i * size + j]!
  }
  const values = all.subarray(0, count).sort()
  const median = values[values.length >> 1] ?? 1
  if (median > 1e-9) return median
  const positive = values.filter((value) => value > 1e-9)
  return positive.length > 0 ? positive.reduce((sum, value) => sum + value, 0) / positive.length : 1
}
