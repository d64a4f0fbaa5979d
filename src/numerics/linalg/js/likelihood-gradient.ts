/**
 * The traces of the log marginal likelihood's gradient, from lower triangles only.
 *
 *     V_ij = (w_i w_j − K⁻¹_ij) G_ij
 *
 * @module
 */
import type { TraceGradient } from '../backend.ts'
import type { Matrix } from '../matrix.ts'

/** ½ Σ_ij V_ij, or ½ Σ_ij V_ij D_ij. */
export function sumTraceGradient(terms: TraceGradient & { readonly squaredDistances?: Matrix }): number {
  const { inverse, weights, derivative, squaredDistances } = terms
  let total = 0
  for (let i = 0; i < inverse.rows; i++) {
    const weight = weights.data[i * weights.stride]!
    let row = 0
    for (let j = 0; j <= i; j++) {
      let term = weight * weights.data[j * weights.stride]! - inverse.data[i * inverse.stride + j]!
      term *= derivative.data[i * derivative.stride + j]!
      if (squaredDistances) term *= squaredDistances.data[i * squaredDistances.stride + j]!
      row += j === i ? 0.5 * term : term
    }
    total += row
  }
  return total
}

/**
 * out_k = ½ Σ_ij V_ij (x_ik − x_jk)² = Σ_i s_i x_ik² − 2 Σ_i x_ik (V̂X)_ik, with V̂ the strict lower triangle of V and
 * s_i the row sums of V without its diagonal. X is centered first: the two sums cancel otherwise.
 */
export function fillArdGradient(terms: TraceGradient & { readonly x: Matrix; readonly out: Matrix }): void {
  const { inverse, weights, derivative, x, out } = terms
  const n = x.rows
  const d = x.columns
  const centered = center(x)
  const sums = new Float64Array(n)
  const gradient = new Float64Array(d)
  const product = new Float64Array(d)
  for (let i = 0; i < n; i++) {
    const weight = weights.data[i * weights.stride]!
    product.fill(0)
    for (let j = 0; j < i; j++) {
      const v =
        (weight * weights.data[j * weights.stride]! - inverse.data[i * inverse.stride + j]!) *
        derivative.data[i * derivative.stride + j]!
      sums[i] = sums[i]! + v
      sums[j] = sums[j]! + v
      for (let k = 0; k < d; k++) product[k] = product[k]! + v * centered[j * d + k]!
    }
    for (let k = 0; k < d; k++) gradient[k] = gradient[k]! - 2 * centered[i * d + k]! * product[k]!
  }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < d; k++) gradient[k] = gradient[k]! + sums[i]! * centered[i * d + k]! ** 2
  }
  for (let k = 0; k < d; k++) out.data[k * out.stride] = gradient[k]!
}

function center(x: Matrix): Float64Array {
  const centered = new Float64Array(x.rows * x.columns)
  for (let k = 0; k < x.columns; k++) {
    let mean = 0
    for (let i = 0; i < x.rows; i++) mean += x.data[i * x.stride + k]!
    mean /= x.rows
    for (let i = 0; i < x.rows; i++) centered[i * x.columns + k] = x.data[i * x.stride + k]! - mean
  }
  return centered
}
