/**
 * Triangular solves and inverses by recursion: halve L, solve, subtract a product, solve. Nearly all work is products.
 *
 * @module
 */
import { from, type Operand, transposed } from './operand.ts'
import type { Product } from './product.ts'

/** Below this size the plain loops are faster than packing. */
const BASE = 32

const subtract = { alpha: -1, beta: 1, lower: false }

/** B (n×m) ← L⁻¹B. */
export function solveLower(product: Product, n: number, m: number, l: Operand, b: Operand): void {
  if (n <= BASE) {
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < i; k++) addMultiple(m, -l.data[l.offset + i * l.row + k * l.column]!, b, k, i)
      scaleRow(m, 1 / l.data[l.offset + i * l.row + i * l.column]!, b, i)
    }
    return
  }
  const half = split(n)
  solveLower(product, half, m, l, b)
  product(n - half, m, half, from(l, half, 0), b, from(b, half, 0), subtract)
  solveLower(product, n - half, m, from(l, half, half), from(b, half, 0))
}

/** B (n×m) ← L⁻ᵀB. */
export function solveLowerTransposed(product: Product, n: number, m: number, l: Operand, b: Operand): void {
  if (n <= BASE) {
    for (let i = n - 1; i >= 0; i--) {
      for (let k = i + 1; k < n; k++) addMultiple(m, -l.data[l.offset + k * l.row + i * l.column]!, b, k, i)
      scaleRow(m, 1 / l.data[l.offset + i * l.row + i * l.column]!, b, i)
    }
    return
  }
  const half = split(n)
  solveLowerTransposed(product, n - half, m, from(l, half, half), from(b, half, 0))
  product(half, m, n - half, transposed(from(l, half, 0)), from(b, half, 0), b, subtract)
  solveLowerTransposed(product, half, m, l, b)
}

/** B (m×n) ← BL⁻ᵀ: every row is a forward substitution. */
export function solveRight(product: Product, m: number, n: number, l: Operand, b: Operand): void {
  solveLower(product, n, m, l, transposed(b))
}

/** L (n×n) ← L⁻¹, in place. */
export function invertLower(product: Product, n: number, l: Operand): void {
  const { data, offset, row, column } = l
  if (n <= BASE) {
    for (let j = 0; j < n; j++) {
      data[offset + j * row + j * column] = 1 / data[offset + j * row + j * column]!
      for (let i = j + 1; i < n; i++) {
        let sum = 0
        for (let k = j; k < i; k++) sum += data[offset + i * row + k * column]! * data[offset + k * row + j * column]!
        data[offset + i * row + j * column] = -sum / data[offset + i * row + i * column]!
      }
    }
    return
  }
  const half = split(n)
  const l21 = from(l, half, 0)
  const l22 = from(l, half, half)
  // L21 ← −L22⁻¹ L21 L11⁻¹, the right factor first while L11 is still itself.
  solveLower(product, n - half, half, l22, l21)
  solveLowerTransposed(product, half, n - half, l, transposed(l21))
  for (let i = 0; i < n - half; i++) scaleRow(half, -1, l21, i)
  invertLower(product, half, l)
  invertLower(product, n - half, l22)
}

/** About half, on a multiple of the tile. */
export function split(n: number): number {
  return Math.ceil(n / 8) * 4
}

/** Row i of B += factor · row k. */
function addMultiple(m: number, factor: number, { data, offset, row, column }: Operand, k: number, i: number): void {
  let to = offset + i * row
  let read = offset + k * row
  for (let j = 0; j < m; j++, to += column, read += column) data[to] = data[to]! + factor * data[read]!
}

function scaleRow(m: number, factor: number, { data, offset, row, column }: Operand, i: number): void {
  let at = offset + i * row
  for (let j = 0; j < m; j++, at += column) data[at] = data[at]! * factor
}
