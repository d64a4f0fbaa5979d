/**
 * Squared distances by differences: no cancellation, and exactly 0 for equal rows.
 *
 * @module
 */
import type { Matrix } from '../matrix.ts'

/** D_ij = ‖x_i − x_j‖² for j ≤ i, mirrored when `full`. */
export function fillSquaredDistances(x: Matrix, out: Matrix, full: boolean): void {
  const { data, stride } = out
  for (let i = 0; i < x.rows; i++) {
    for (let j = 0; j < i; j++) {
      const distance = squaredDistance(x.data, i * x.stride, x.data, j * x.stride, x.columns)
      data[i * stride + j] = distance
      if (full) data[j * stride + i] = distance
    }
    data[i * stride + i] = 0
  }
}

/** D_ij = ‖x_i − y_j‖². */
export function fillCrossSquaredDistances(x: Matrix, y: Matrix, out: Matrix): void {
  const { data, stride } = out
  for (let i = 0; i < x.rows; i++) {
    for (let j = 0; j < y.rows; j++) {
      data[i * stride + j] = squaredDistance(x.data, i * x.stride, y.data, j * y.stride, x.columns)
    }
  }
}

function squaredDistance(x: Float64Array, xAt: number, y: Float64Array, yAt: number, d: number): number {
  // Two sums: the additions of one would wait for each other.
  let even = 0
  let odd = 0
  let k = 0
  for (; k + 1 < d; k += 2) {
    const first = x[xAt + k]! - y[yAt + k]!
    const second = x[xAt + k + 1]! - y[yAt + k + 1]!
    even += first * first
    odd += second * second
  }
  if (k < d) even += (x[xAt + k]! - y[yAt + k]!) ** 2
  return even + odd
}
