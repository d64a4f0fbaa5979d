// (LLᵀ)⁻¹ = XᵀX with X = L⁻¹, both in slivers of 4 columns of X. X is lower triangular: column sliver c begins at row c,
// and so do the sums over it. Two thirds of the work of a product are never done.

import { packSliver } from './pack'
import { ADD, finishPart, SET, STEP, SUBTRACT, tile } from './tile'
import { solveTile } from './triangle-tile'
import { completeDiagonal } from './triangular-solve'

const KC = 256

/** Bytes of scratch that `inverse` needs. */
export function inverseScratch(n: i32): usize {
  const padded = <usize>((n + 3) & ~3)
  return 256 + padded * STEP + padded * padded * 8
}

/** Lower triangle of C (n×n) ← (LLᵀ)⁻¹. */
export function inverse(n: i32, l: usize, lRow: i32, c: usize, cRow: i32, scratch: usize): void {
  const padded = (n + 3) & ~3
  const left = scratch + 256
  const packed = left + <usize>padded * STEP
  invertInto(n, l, lRow, left, packed, scratch + 128)
  multiplyTransposed(n, c, cRow, packed, scratch)
}

/** Slivers of X = L⁻¹: column by column sliver a solve with a slice of the identity, rows above it skipped. */
function invertInto(n: i32, l: usize, lRow: i32, left: usize, packed: usize, reciprocals: usize): void {
  const padded = (n + 3) & ~3
  const sliverBytes = <usize>padded * STEP
  for (let i = 0; i < n; i += 4) {
    const rows = min(4, n - i)
    packSliver(left, l + (<usize>(i * lRow) << 3), lRow, 1, rows, i + rows, 1)
    const offset = <usize>i << 5
    const diagonal = left + offset
    completeDiagonal(diagonal, reciprocals, rows)
    for (let j = 0; j <= i; j += 4) memory.fill(packed + <usize>(j >> 2) * sliverBytes + offset, 0, 4 * STEP)
    const own = packed + <usize>(i >> 2) * sliverBytes + offset
    for (let r = 0; r < rows; r++) store<f64>(own + <usize>(r * 40), 1)
    let pc = 0
    for (; pc + KC < i; pc += KC) {
      const end = pc + KC
      for (let j = 0; j < end; j += 4) {
        const start = max(pc, j)
        const skip = <usize>start << 5
        const sliver = packed + <usize>(j >> 2) * sliverBytes
        tile(end - start, left + skip, sliver + skip, sliver + offset, STEP, SUBTRACT)
      }
    }
    for (let j = 0; j <= i; j += 4) {
      const start = max(pc, j)
      const skip = <usize>start << 5
      const sliver = packed + <usize>(j >> 2) * sliverBytes
      solveTile(i - start, left + skip, sliver + skip, sliver + offset, diagonal, reciprocals)
    }
  }
}

/** C_ij ← Σ_{p ≥ i} X_pi X_pj for j ≤ i, KC rows of X at a time. */
function multiplyTransposed(n: i32, c: usize, cRow: i32, packed: usize, part: usize): void {
  const padded = (n + 3) & ~3
  const sliverBytes = <usize>padded * STEP
  const stride = <usize>cRow << 3
  for (let pc = 0; pc < n; pc += KC) {
    const end = min(padded, pc + KC)
    for (let i = 0; i < min(n, end); i += 4) {
      const rows = min(4, n - i)
      const start = max(pc, i)
      const skip = <usize>start << 5
      const left = packed + <usize>(i >> 2) * sliverBytes + skip
      // The first pass that reaches row sliver i sets C, the later ones add.
      const mode = start == i ? SET : ADD
      let to = c + (<usize>(i * cRow) << 3)
      for (let j = 0; j <= i; j += 4, to += STEP) {
        const right = packed + <usize>(j >> 2) * sliverBytes + skip
        if (rows == 4 && j < i) tile(end - start, left, right, to, stride, mode)
        else {
          tile(end - start, left, right, part, STEP, SET)
          finishPart(part, to, stride, to, stride, rows, 4, j == i ? 1 : 4, mode)
        }
      }
    }
  }
}
