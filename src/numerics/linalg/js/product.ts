/**
 * C ← αAB + βC, whole or lower triangle, packed and tiled after Goto & van de Geijn (2008), "Anatomy of
 * high-performance matrix multiplication".
 *
 *     MC×KC   block of A that stays in the second-level cache, packed in slivers of 4 rows
 *     KC×NC   block of B, packed in slivers of 4 columns
 *     4×4     tile of C kept in local variables by the innermost loop
 *
 * @module
 */
import type { Operand } from './operand.ts'

const MC = 64
const KC = 192
const NC = 512

export interface ProductOptions {
  readonly alpha: number
  readonly beta: number
  /** Write only i ≥ j. */
  readonly lower: boolean
}

/** C (m×n) ← α·A (m×k)·B (k×n) + β·C. */
export type Product = (
  m: number,
  n: number,
  k: number,
  a: Operand,
  b: Operand,
  c: Operand,
  options: ProductOptions,
) => void

/** A product with packing buffers of its own. */
export function createProduct(): Product {
  const packedA = new Float64Array(MC * KC)
  const packedB = new Float64Array(KC * NC)

  return (m, n, k, a, b, c, { alpha, beta, lower }) => {
    scale(m, n, c, beta, lower)
    if (alpha === 0) return
    for (let jc = 0; jc < n; jc += NC) {
      const nc = Math.min(NC, n - jc)
      for (let pc = 0; pc < k; pc += KC) {
        const kc = Math.min(KC, k - pc)
        pack(packedB, b.data, b.offset + pc * b.row + jc * b.column, b.column, b.row, nc, kc, 1)
        // Rows above the first column of this panel are above the diagonal.
        for (let ic = lower ? jc - (jc % 4) : 0; ic < m; ic += MC) {
          const mc = Math.min(MC, m - ic)
          pack(packedA, a.data, a.offset + ic * a.row + pc * a.column, a.row, a.column, mc, kc, alpha)
          for (let jr = 0; jr < nc; jr += 4) {
            for (let ir = 0; ir < mc; ir += 4) {
              const i = ic + ir
              const j = jc + jr
              if (lower && i + 3 < j) continue
              tile(kc, packedA, ir * kc, packedB, jr * kc, c, i, j, Math.min(4, mc - ir), Math.min(4, nc - jr), lower)
            }
          }
        }
      }
    }
  }
}

function scale(m: number, n: number, c: Operand, beta: number, lower: boolean): void {
  if (beta === 1) return
  for (let i = 0; i < m; i++) {
    const columns = lower ? Math.min(i + 1, n) : n
    let at = c.offset + i * c.row
    // β = 0 must not read C: it may hold NaN.
    for (let j = 0; j < columns; j++, at += c.column) c.data[at] = beta === 0 ? 0 : beta * c.data[at]!
  }
}

/** Slivers of 4 lines: element (line, p) of a sliver goes to p·4 + line; missing lines are 0. */
function pack(
  to: Float64Array,
  from: Float64Array,
  offset: number,
  lineStride: number,
  innerStride: number,
  lines: number,
  inner: number,
  factor: number,
): void {
  for (let line = 0; line < lines; line += 4) {
    const start = line * inner
    for (let r = 0; r < 4; r++) {
      let write = start + r
      if (line + r >= lines) {
        for (let p = 0; p < inner; p++, write += 4) to[write] = 0
      } else {
        let read = offset + (line + r) * lineStride
        for (let p = 0; p < inner; p++, write += 4, read += innerStride) to[write] = factor * from[read]!
      }
    }
  }
}

/** The 4×4 tile of C at (i, j) += sliver of A · sliver of B, of which `rows`×`columns` exist. */
function tile(
  k: number,
  a: Float64Array,
  ap: number,
  b: Float64Array,
  bp: number,
  c: Operand,
  i: number,
  j: number,
  rows: number,
  columns: number,
  lower: boolean,
): void {
  let c00 = 0
  let c01 = 0
  let c02 = 0
  let c03 = 0
  let c10 = 0
  let c11 = 0
  let c12 = 0
  let c13 = 0
  let c20 = 0
  let c21 = 0
  let c22 = 0
  let c23 = 0
  let c30 = 0
  let c31 = 0
  let c32 = 0
  let c33 = 0
  for (let p = 0, ai = ap, bi = bp; p < k; p++, ai += 4, bi += 4) {
    const b0 = b[bi]!
    const b1 = b[bi + 1]!
    const b2 = b[bi + 2]!
    const b3 = b[bi + 3]!
    let x = a[ai]!
    c00 += x * b0
    c01 += x * b1
    c02 += x * b2
    c03 += x * b3
    x = a[ai + 1]!
    c10 += x * b0
    c11 += x * b1
    c12 += x * b2
    c13 += x * b3
    x = a[ai + 2]!
    c20 += x * b0
    c21 += x * b1
    c22 += x * b2
    c23 += x * b3
    x = a[ai + 3]!
    c30 += x * b0
    c31 += x * b1
    c32 += x * b2
    c33 += x * b3
  }
  const { data, row, column } = c
  const at = c.offset + i * row + j * column
  addRow(data, at, column, c00, c01, c02, c03, lower ? Math.min(columns, i - j + 1) : columns)
  if (rows > 1) addRow(data, at + row, column, c10, c11, c12, c13, lower ? Math.min(columns, i - j + 2) : columns)
  if (rows > 2) addRow(data, at + 2 * row, column, c20, c21, c22, c23, lower ? Math.min(columns, i - j + 3) : columns)
  if (rows > 3) addRow(data, at + 3 * row, column, c30, c31, c32, c33, lower ? Math.min(columns, i - j + 4) : columns)
}

function addRow(
  data: Float64Array,
  at: number,
  step: number,
  v0: number,
  v1: number,
  v2: number,
  v3: number,
  columns: number,
): void {
  if (columns > 0) data[at] = data[at]! + v0
  if (columns > 1) data[at + step] = data[at + step]! + v1
  if (columns > 2) data[at + 2 * step] = data[at + 2 * step]! + v2
  if (columns > 3) data[at + 3 * step] = data[at + 3 * step]! + v3
}
