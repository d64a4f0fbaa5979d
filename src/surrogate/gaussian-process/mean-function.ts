import { dot } from '../../numerics/vector.ts'
import type { Points } from '../points.ts'
import { factorSmall, solveLower, solveLowerTransposed } from './triangular.ts'

/** What the function falls back to far from data. `linear` adds a slope per coordinate. */
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

/**
 * β and what follows from it: r = L⁻¹(y − Hβ) and −½βᵀβ.
 *
 * @param factor L; undefined when `targets` and `basis` are L⁻¹y and L⁻¹H already
 */
export function solveMean(
  factor: Float64Array | undefined,
  n: number,
  targets: Float64Array,
  basis: Float64Array,
  width: number,
): { coefficients: Float64Array; whitened: Float64Array; logPrior: number } {
  const whitened = targets.slice()
  if (factor) solveLower(factor, n, whitened)
  const coefficients = new Float64Array(width)
  if (width === 0) return { coefficients, whitened, logPrior: 0 }
  const columns = Array.from({ length: width }, (_, p) => {
    const column = Float64Array.from({ length: n }, (_, i) => basis[i * width + p]!)
    if (factor) solveLower(factor, n, column)
    return column
  })
  // (Hᵀ K⁻¹ H + I) β = Hᵀ K⁻¹ y by a small Cholesky.
  const normal = new Float64Array(width * width)
  for (let p = 0; p < width; p++) {
    for (let q = 0; q <= p; q++) normal[p * width + q] = dot(columns[p]!, columns[q]!) + (p === q ? 1 : 0)
    coefficients[p] = dot(columns[p]!, whitened)
  }
  factorSmall(normal, width)
  solveLower(normal, width, coefficients)
  solveLowerTransposed(normal, width, coefficients)
  for (let p = 0; p < width; p++) {
    const column = columns[p]!
    for (let i = 0; i < n; i++) whitened[i]! -= coefficients[p]! * column[i]!
  }
  return { coefficients, whitened, logPrior: -0.5 * dot(coefficients, coefficients) }
}
