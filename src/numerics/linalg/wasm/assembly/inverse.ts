// (LLᵀ)⁻¹ = XᵀX with X = L⁻¹, both in slivers of 4 columns of X. X is lower triangular: column sliver c begins at row c,
// and so do the sums over it. Two thirds of the work of a product are never done.

import { packSliver } from './pack'
import { ADD, finishPart, groupOf, SET, STEP, SUBTRACT, tile, tileTwelve } from './tile'
import { solveTile } from './triangle-tile'
import { completeDiagonal } from './triangular-solve'

const KC = 256

/** Rows of L that are packed together where that is done ahead. */
const GROUP = 12
/** Bytes of scratch that `inverseProduct` needs. */
const TILE = 128

/** Bytes of X in slivers. */
export function inverseColumnsBytes(n: i32): usize {
  const padded = <usize>((n + 3) & ~3)
  return padded * padded * 8
}

/** Bytes of scratch that `inverse` needs. */
export function inverseScratch(n: i32): usize {
  return 256 + 3 * <usize>((n + 3) & ~3) * STEP + inverseColumnsBytes(n)
}

/** Lower triangle of C (n×n) ← (LLᵀ)⁻¹. */
export function inverse(n: i32, l: usize, lRow: i32, c: usize, cRow: i32, scratch: usize): void {
  const padded = (n + 3) & ~3
  const reciprocals = scratch + TILE
  const left = scratch + 256
  const packed = left + 3 * <usize>padded * STEP
  for (let i = 0; i < n; ) {
    const group = groupOf(n - i)
    packRows(i, group, n, l, lRow, left, <usize>padded * STEP, reciprocals)
    solveRows(i, group, 0, i + group, n, left, <usize>padded * STEP, reciprocals, packed)
    i += group
  }
  inverseProduct(0, n, scratch, n, c, cRow, packed)
}

/** Bytes of a whole L as `inverseRows` packs it, with the reciprocals of its diagonal before it. */
export function inverseRowsBytes(n: i32): usize {
  const groups = <usize>((n + GROUP - 1) / GROUP)
  return reciprocalsBytes(n) + <usize>((GROUP * GROUP) << 2) * groups * (groups + 1)
}

// @ts-ignore: decorator
@inline
function reciprocalsBytes(n: i32): usize {
  return (<usize>(n + GROUP) * 8 + 63) & ~63
}

/** Slivers of the rows of L in groups of 12, one group after the other, each as long as its last row. */
// @ts-ignore: decorator
@inline
function groupOfRows(i: i32, n: i32, rows: usize): usize {
  const group = <usize>(i / GROUP)
  return rows + reciprocalsBytes(n) + <usize>((GROUP * GROUP) << 2) * group * (group + 1)
}

/** Step: rows `begin` … `end` − 1 of L, packed; `begin` is a multiple of 12. */
export function inverseRows(begin: i32, end: i32, _scratch: usize, n: i32, l: usize, lRow: i32, rows: usize): void {
  for (let i = begin; i < end; i += GROUP) {
    packRows(i, GROUP, n, l, lRow, groupOfRows(i, n, rows), <usize>(i + GROUP) * STEP, rows + (<usize>i << 3))
  }
}

/** Step: columns `begin` … `end` − 1 of X = L⁻¹ from rows that are packed; `begin` is a multiple of 12. */
export function inverseColumns(begin: i32, end: i32, _scratch: usize, n: i32, rows: usize, packed: usize): void {
  for (let i = begin; i < n; ) {
    const group = groupOf(n - i)
    const top = (i / GROUP) * GROUP
    const sliverBytes = <usize>(top + GROUP) * STEP
    const left = groupOfRows(i, n, rows) + <usize>((i - top) >> 2) * sliverBytes
    solveRows(i, group, begin, min(end, i + group), n, left, sliverBytes, rows + (<usize>i << 3), packed)
    i += group
  }
}

/** `count` rows of L from row i on in slivers, completed to triangles by an identity. */
function packRows(
  i: i32,
  count: i32,
  n: i32,
  l: usize,
  lRow: i32,
  left: usize,
  sliverBytes: usize,
  reciprocals: usize,
): void {
  for (let s = 0; s < count && i + s < n; s += 4) {
    const row = i + s
    const rows = min(4, n - row)
    const sliver = left + <usize>(s >> 2) * sliverBytes
    packSliver(sliver, l + (<usize>(row * lRow) << 3), lRow, 1, rows, row + rows, 1)
    completeDiagonal(sliver + (<usize>row << 5), reciprocals + (<usize>s << 3), rows)
  }
}

/** Rows i … i + group − 1 of the columns `begin` … `end` − 1 of X, end ≤ i + group: a solve with a slice of the identity. */
function solveRows(
  i: i32,
  group: i32,
  begin: i32,
  end: i32,
  n: i32,
  left: usize,
  leftBytes: usize,
  reciprocals: usize,
  packed: usize,
): void {
  const sliverBytes = <usize>((n + 3) & ~3) * STEP
  const offset = <usize>i << 5
  for (let j = begin; j < end; j += 4) {
    const sliver = packed + <usize>(j >> 2) * sliverBytes
    // Zeros first, also above the diagonal: the product of X with itself reads them.
    memory.fill(sliver + offset, 0, <usize>group * STEP)
    if (j < i) continue
    const own = sliver + (<usize>j << 5)
    for (let r = 0; r < min(4, n - j); r++) store<f64>(own + <usize>(r * 40), 1)
  }
  let pc = 0
  for (; pc + KC < i; pc += KC) {
    for (let j = begin; j < min(end, pc + KC); j += 4) {
      subtractProduct(group, max(pc, j), pc + KC, left, leftBytes, packed + <usize>(j >> 2) * sliverBytes, offset)
    }
  }
  for (let j = begin; j < end; j += 4) {
    const sliver = packed + <usize>(j >> 2) * sliverBytes
    const start = max(pc, j)
    if (group == 12 && start < i) subtractProduct(12, start, i, left, leftBytes, sliver, offset)
    // With four rows the last of the product and the solve are one loop.
    const solved = group == 12 ? max(i, j) : start
    const skip = <usize>solved << 5
    for (let row = max(i, j); row < i + group; row += 4) {
      const s = row - i
      const line = left + <usize>(s >> 2) * leftBytes
      const own = <usize>row << 5
      solveTile(row - solved, line + skip, sliver + skip, sliver + own, line + own, reciprocals + (<usize>s << 3))
    }
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

/**
 * Step: rows `begin` … `rowsEnd` − 1 of C_ij ← Σ_{p ≥ i} X_pi X_pj for j ≤ i, KC rows of X at a time. Here `begin` is a
 * multiple of 12.
 */
export function inverseProduct(
  begin: i32,
  rowsEnd: i32,
  scratch: usize,
  n: i32,
  c: usize,
  cRow: i32,
  packed: usize,
): void {
  const padded = (n + 3) & ~3
  const sliverBytes = <usize>padded * STEP
  const stride = <usize>cRow << 3
  for (let pc = 0; pc < n; pc += KC) {
    const end = min(padded, pc + KC)
    const rows = min(rowsEnd, end)
    for (let i = begin; i < rows; ) {
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
      for (; i < last && i < rows; i += 4) multiplyRows(n, i, done, max(pc, i), end, c, cRow, packed, scratch)
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
