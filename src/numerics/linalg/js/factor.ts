/**
 * Cholesky factorization by recursion, and its rank-one changes.
 *
 * @module
 */
import { from, type Operand, transposed } from './operand.ts'
import type { Product } from './product.ts'
import { solveRight, split } from './triangular.ts'

const BASE = 24

const downdate = { alpha: -1, beta: 1, lower: true }

/**
 * A (n×n, lower triangle) ← L, in place.
 *
 * @returns -1, or the row whose pivot was not positive and finite; that pivot then stands on the diagonal
 */
export function factorLower(product: Product, n: number, a: Operand): number {
  if (n <= BASE) return factorSmall(n, a)
  const half = split(n)
  const failed = factorLower(product, half, a)
  if (failed >= 0) return failed
  const rest = n - half
  const a21 = from(a, half, 0)
  const a22 = from(a, half, half)
  solveRight(product, rest, half, a, a21)
  product(rest, rest, half, a21, transposed(a21), a22, downdate)
  const failedBelow = factorLower(product, rest, a22)
  return failedBelow < 0 ? -1 : half + failedBelow
}

function factorSmall(n: number, { data, offset, row, column }: Operand): number {
  for (let j = 0; j < n; j++) {
    const rowJ = offset + j * row
    let pivot = data[rowJ + j * column]!
    for (let k = 0; k < j; k++) pivot -= data[rowJ + k * column]! ** 2
    data[rowJ + j * column] = pivot
    if (!(pivot > 0 && pivot < Infinity)) return j
    const diagonal = Math.sqrt(pivot)
    data[rowJ + j * column] = diagonal
    for (let i = j + 1; i < n; i++) {
      const rowI = offset + i * row
      let sum = data[rowI + j * column]!
      for (let k = 0; k < j; k++) sum -= data[rowI + k * column]! * data[rowJ + k * column]!
      data[rowI + j * column] = sum / diagonal
    }
  }
  return -1
}

/**
 * Removes row and column `index` from the n×n factor. Rows below move up, and the trailing block takes the removed
 * column back, L₃₃L₃₃ᵀ + l₃₂l₃₂ᵀ, by one Givens rotation per column (Golub & Van Loan, Matrix Computations, §6.5.4).
 */
export function deleteRow(n: number, l: Operand, index: number): void {
  const { data, offset, row, column } = l
  const rest = n - index - 1
  const removed = new Float64Array(rest)
  for (let i = 0; i < rest; i++) {
    const to = offset + (index + i) * row
    const read = to + row
    removed[i] = data[read + index * column]!
    for (let j = 0; j < index; j++) data[to + j * column] = data[read + j * column]!
    for (let j = 0; j <= i; j++) data[to + (index + j) * column] = data[read + (index + 1 + j) * column]!
  }
  rankOneUpdate(rest, from(l, index, index), removed)
}

/** L ← chol(LLᵀ + vvᵀ); v is overwritten. */
export function rankOneUpdate(n: number, { data, offset, row, column }: Operand, v: Float64Array): void {
  for (let j = 0; j < n; j++) {
    const at = offset + j * row + j * column
    const diagonal = data[at]!
    const radius = Math.hypot(diagonal, v[j]!)
    const cosine = diagonal / radius
    const sine = v[j]! / radius
    data[at] = radius
    for (let i = j + 1, below = at + row; i < n; i++, below += row) {
      const x = data[below]!
      const y = v[i]!
      data[below] = cosine * x + sine * y
      v[i] = cosine * y - sine * x
    }
  }
}
