/**
 * One more row of a Cholesky factor: l = L⁻¹a, λ = √(a_nn − l·l).
 *
 * @module
 */
import { NonFiniteError, NotPositiveDefiniteError } from '../../errors.ts'
import type { CholeskyReport } from './backend.ts'
import { checkSquare } from './check.ts'
import { DEFAULT_INITIAL_JITTER, DEFAULT_MAXIMUM_JITTER } from './jitter.ts'
import type { Matrix } from './matrix.ts'

/**
 * Finishes the last row of `factor`, whose leading block is a factor already. Jitter goes to the new pivot alone.
 *
 * @param solveRow replaces the row a, 1×n, by (L⁻¹aᵀ)ᵀ in place and returns l·l
 */
export function appendWith(factor: Matrix, solveRow: (leading: Matrix, row: Matrix) => number): CholeskyReport {
  checkSquare('factor', factor)
  const n = factor.rows - 1
  const last = n * factor.stride
  const diagonal = factor.data[last + n]!
  for (let j = 0; j <= n; j++) {
    const value = factor.data[last + j]!
    if (!Number.isFinite(value)) throw new NonFiniteError(`a[${n}][${j}] is ${value}; expected a finite number`)
  }
  const explained = solveRow(factor.view(0, 0, n, n), factor.view(n, 0, 1, n))
  const { data } = factor
  const pivot = diagonal - explained
  if (pivot > 0) {
    data[last + n] = Math.sqrt(pivot)
    return { jitter: 0 }
  }
  let jitter = 0
  for (let relative = DEFAULT_INITIAL_JITTER; relative <= DEFAULT_MAXIMUM_JITTER * 1.5; relative *= 10) {
    jitter = relative * diagonal
    if (pivot + jitter > 0) {
      data[last + n] = Math.sqrt(pivot + jitter)
      return { jitter }
    }
  }
  throw new NotPositiveDefiniteError(pivot, n, jitter)
}
