import type { Points } from '../points.ts'

/** What the function falls back to far from data. `linear` adds a slope a coordinate. */
export type MeanFunction = 'zero' | 'constant' | 'linear'

/**
 * The basis H of the mean, n×p row-major: nothing, [1], or [1, x]. Its coefficients have independent N(0, 1) priors,
 * which suits standardized targets and coordinates in the unit cube.
 */
export function meanBasis(mean: MeanFunction, points: Points): Float64Array {
  const { count, dimension, data } = points
  const width = meanWidth(mean, dimension)
  const basis = new Float64Array(count * width)
  for (let i = 0; i < count; i++) {
    if (width > 0) basis[i * width] = 1
    for (let d = 1; d < width; d++) basis[i * width + d] = data[i * dimension + d - 1]!
  }
  return basis
}

/** p, the number of coefficients. */
export function meanWidth(mean: MeanFunction, dimension: number): number {
  return mean === 'zero' ? 0 : mean === 'constant' ? 1 : dimension + 1
}

/** out_i += (Hβ)_i, in place. */
export function addMean(
  mean: MeanFunction,
  coefficients: Float64Array,
  points: Points,
  out: Float64Array<ArrayBuffer>,
): Float64Array<ArrayBuffer> {
  const width = meanWidth(mean, points.dimension)
  if (width === 0) return out
  const basis = meanBasis(mean, points)
  for (let i = 0; i < points.count; i++) {
    for (let p = 0; p < width; p++) out[i]! += basis[i * width + p]! * coefficients[p]!
  }
  return out
}
