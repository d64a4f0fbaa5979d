// (LLᵀ)⁻¹ = XᵀX with X = L⁻¹, both in slivers of 4 columns of X. X is lower triangular: column sliver c begins at row c,
// and so do the sums over it. Two thirds of the work of a product are never done.

import { packSliver } from './pack'
import { ADD, finishPart, groupOf, SET, STEP, SUBTRACT, tile, tileTwelve } from './tile'
import { solveTile } from './triangle-tile'
import { completeDiagonal } from './triangular-solve'

const KC = 256

/** Bytes of scratch that `inverse` needs. */
export function inverseScratch(n: i32): usize {
  const padded = <usize>((n + 3) & ~3)
  return 256 + 3 * padded * STEP + padded * padded * 8
}

/** Lower triangle of C (n×n) ← (LLᵀ)⁻¹. */
export function inverse(n: i32, l: usize, lRow: i32, c: usize, cRow: i32, scratch: usize): void {
  const padded = (n + 3) & ~3
  const left = scratch + 256
  const packed = left + 3 * <usize>padded * STEP
  invertInto(n, l, lRow, left, packed, scratch + 128)
  multiplyTransposed(n, c, cRow, packed, scratch)
}

/** Slivers of X = L⁻¹: column by column sliver a solve with a slice of the identity, rows above it skipped. */
function invertInto(n: i32, l: usize, lRow: i32, left: usize, packed: usize, reciprocals: usize): void {
  const padded = (n + 3) & ~3
  const sliverBytes = <usize>padded * STEP
  for (let i = 0; i < n; ) {
    const group = groupOf(n - i)
    const end = i + group
    const offset = <usize>i << 5
    // Zeros first, also in the columns of this group above their diagonal: the product below reads them.
    for (let j = 0; j < end; j += 4) {
      memory.fill(packed + <usize>(j >> 2) * sliverBytes + offset, 0, <usize>group * STEP)
    }
    for (let s = 0; s < group; s += 4) {
      const row = i + s
      const rows = min(4, n - row)
      const sliver = left + <usize>(s >> 2) * sliverBytes
      packSliver(sliver, l + (<usize>(row * lRow) << 3), lRow, 1, rows, row + rows, 1)
      completeDiagonal(sliver + (<usize>row << 5), reciprocals + (<usize>s << 3), rows)
      const own = packed + <usize>(row >> 2) * sliverBytes + (<usize>row << 5)
      for (let r = 0; r < rows; r++) store<f64>(own + <usize>(r * 40), 1)
    }
    let pc = 0
    for (; pc + KC < i; pc += KC) {
      for (let j = 0; j < pc + KC; j += 4) {
        subtractProduct(group, max(pc, j), pc + KC, left, sliverBytes, packed + <usize>(j >> 2) * sliverBytes, offset)
      }
    }
    for (let j = 0; j < end; j += 4) {
      const sliver = packed + <usize>(j >> 2) * sliverBytes
      const start = max(pc, j)
      if (group == 12 && start < i) subtractProduct(12, start, i, left, sliverBytes, sliver, offset)
      // With four rows the last of the product and the solve are one loop.
      const solved = group == 12 ? max(i, j) : start
      const skip = <usize>solved << 5
      for (let row = max(i, j); row < end; row += 4) {
        const s = row - i
        const line = left + <usize>(s >> 2) * sliverBytes
        const own = <usize>row << 5
        solveTile(row - solved, line + skip, sliver + skip, sliver + own, line + own, reciprocals + (<usize>s << 3))
      }
    }
    i = end
  }
}

/** Takes rows `start` … `end` − 1 of X, times L, out of the `group` rows at `offset`. */
// @ts-ignore: decorator
@inline
function subtractProduct(
  group: i32,
  start: i32,
  end: i32,
  left: usize,
  sliverBytes: usize,
  sliver: usize,
  offset: usize,
): void {
  const skip = <usize>start << 5
  const own = sliver + offset
  if (group == 12) tileTwelve(end - start, left + skip, sliverBytes, sliver + skip, own, STEP, own, STEP, SUBTRACT)
  else tile(end - start, left + skip, sliver + skip, own, STEP, SUBTRACT)
}

/** C_ij ← Σ_{p ≥ i} X_pi X_pj for j ≤ i, KC rows of X at a time. */
function multiplyTransposed(n: i32, c: usize, cRow: i32, packed: usize, part: usize): void {
  const padded = (n + 3) & ~3
  const sliverBytes = <usize>padded * STEP
  const stride = <usize>cRow << 3
  for (let pc = 0; pc < n; pc += KC) {
    const end = min(padded, pc + KC)
    for (let i = 0; i < min(n, end); ) {
      const group = groupOf(n - i)
      let done = 0
      if (group == 12) {
        const start = max(pc, i)
        const skip = <usize>start << 5
        const left = packed + <usize>(i >> 2) * sliverBytes + skip
        const mode = start == i ? SET : ADD
        done = i
        let to = c + (<usize>(i * cRow) << 3)
        let right = packed + skip
        for (let j = 0; j < i; j += 4, to += STEP, right += sliverBytes) {
          tileTwelve(end - start, left, sliverBytes, right, to, stride, to, stride, mode)
        }
      }
      const last = i + group
      for (; i < last && i < min(n, end); i += 4) multiplyRows(n, i, done, max(pc, i), end, c, cRow, packed, part)
      i = last
    }
  }
}

/** Rows i … i + 3 of it, from column `first`, a multiple of 4, to the diagonal; the sum over rows start … end − 1 of X. */
function multiplyRows(
  n: i32,
  i: i32,
  first: i32,
  start: i32,
  end: i32,
  c: usize,
  cRow: i32,
  packed: usize,
  part: usize,
): void {
  const sliverBytes = <usize>((n + 3) & ~3) * STEP
  const stride = <usize>cRow << 3
  const rows = min(4, n - i)
  const skip = <usize>start << 5
  const left = packed + <usize>(i >> 2) * sliverBytes + skip
  // The first pass that reaches row sliver i sets C, the later ones add.
  const mode = start == i ? SET : ADD
  let to = c + (<usize>(i * cRow + first) << 3)
  for (let j = first; j <= i; j += 4, to += STEP) {
    const right = packed + <usize>(j >> 2) * sliverBytes + skip
    if (rows == 4 && j < i) tile(end - start, left, right, to, stride, mode)
    else {
      tile(end - start, left, right, part, STEP, SET)
      finishPart(part, to, stride, to, stride, rows, 4, j == i ? 1 : 4, mode)
    }
  }
}
