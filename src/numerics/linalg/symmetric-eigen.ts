/**
 * Eigenvalues and eigenvectors of a symmetric matrix, by `ml-matrix` for every backend: it is needed rarely, and never
 * where milliseconds count.
 *
 * @module
 */
import { EigenvalueDecomposition, Matrix as MlMatrix } from 'ml-matrix'
import { checkShape, checkSquare } from './check.ts'
import { checkFinite } from './jitter.ts'
import type { Matrix } from './matrix.ts'

/**
 * Eigenvalues in ascending order; eigenvectors, in the same order, go to the columns of `vectors`.
 *
 * @param a symmetric; the lower triangle is read
 * @throws NonFiniteError when `a` holds NaN or an infinity
 */
export function symmetricEigen(a: Matrix, vectors?: Matrix): Float64Array {
  checkSquare('a', a)
  const n = a.rows
  if (vectors) checkShape('vectors', vectors, n, n)
  if (n === 0) return new Float64Array(0)
  checkFinite(a)
  const { data, stride } = a
  const input = MlMatrix.zeros(n, n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      input.set(i, j, data[i * stride + j]!)
      input.set(j, i, data[i * stride + j]!)
    }
  }
  const decomposition = new EigenvalueDecomposition(input, { assumeSymmetric: true })
  const values = decomposition.realEigenvalues
  const order = values.map((_, i) => i).sort((i, j) => values[i]! - values[j]!)
  if (vectors) {
    const eigenvectors = decomposition.eigenvectorMatrix
    const to = vectors.data
    for (const [column, source] of order.entries()) {
      for (let i = 0; i < n; i++) to[i * vectors.stride + column] = eigenvectors.get(i, source)
    }
  }
  return Float64Array.from(order, (i) => values[i]!)
}
