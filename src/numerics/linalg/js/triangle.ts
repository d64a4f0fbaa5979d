/**
 * Small helpers on the lower triangle of a square matrix.
 *
 * @module
 */
import { checkSquare } from '../check.ts'
import type { Matrix } from '../matrix.ts'
import { arrayMatrix } from './array-matrix.ts'

/** A new matrix with the lower triangle of `a`, zeros above. */
export function copyLower(a: Matrix): Matrix {
  const copy = arrayMatrix(new Float64Array(a.rows * a.rows), a.rows, a.rows)
  copyLowerTo(a, copy, 0)
  return copy
}

/** Copies the lower triangle and adds `jitter` to the diagonal. */
export function copyLowerTo(a: Matrix, out: Matrix, jitter: number): void {
  const { data, stride } = a
  for (let i = 0; i < a.rows; i++) {
    out.data.set(data.subarray(i * stride, i * stride + i + 1), i * out.stride)
    if (jitter !== 0) out.data[i * out.stride + i] = out.data[i * out.stride + i]! + jitter
  }
}

/** Copies the strict lower triangle to the upper one. */
export function mirror({ rows, stride, data }: Matrix): void {
  for (let i = 1; i < rows; i++) {
    for (let j = 0; j < i; j++) data[j * stride + i] = data[i * stride + j]!
  }
}

/** 2 Σ log L_ii. */
export function sumLogDiagonal(factor: Matrix): number {
  checkSquare('factor', factor)
  let sum = 0
  for (let i = 0; i < factor.rows; i++) sum += Math.log(factor.data[i * factor.stride + i]!)
  return 2 * sum
}
