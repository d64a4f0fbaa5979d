// B ← L⁻¹B with many right-hand sides, B packed into slivers of 4 columns. The transposed solve is the same with both
// matrices read backwards: reversing the order of the rows turns Lᵀ into a lower triangle.

import { packSliver, unpackSliver } from './pack'
import { groupOf, STEP, SUBTRACT, tile, tileTwelve } from './tile'
import { solveColumns, solveTile } from './triangle-tile'

/** Inner length of one pass: 4 × KC of L stay in the first-level cache. */
const KC = 256
/** Elements of B packed at a time: they stay in the second-level cache. */
const PACKED = 51200

/** Columns of B that are packed at a time. */
export function columnsAtOnce(n: i32, m: i32): i32 {
  return min((m + 3) & ~3, max(16, (PACKED / max(n, 1)) & ~3))
}

/** Bytes of scratch that `triangularSolve` needs. */
export function triangularSolveScratch(n: i32, m: i32): usize {
  const padded = <usize>((n + 3) & ~3)
  return 256 + 3 * padded * STEP + padded * <usize>(columnsAtOnce(n, m) << 3)
}

/**
 * B (n×m) ← L⁻¹B. Element (i, k) of L stands at l + i·lRow + k·lColumn, row i of B at b + i·bRow; the columns of B are
 * contiguous. Negative strides read backwards.
 */
export function triangularSolve(n: i32, m: i32, l: usize, lRow: i32, lColumn: i32, b: usize, bRow: i32, scratch: usize): void {
  const padded = (n + 3) & ~3
  const reciprocals = scratch + 128
  const left = scratch + 256
  const sliverBytes = <usize>padded * STEP
  const packed = left + 3 * sliverBytes
  const batch = columnsAtOnce(n, m)
  for (let jc = 0; jc < m; jc += batch) {
    const columns = min(batch, m - jc)
    for (let j = 0; j < columns; j += 4) {
      const sliver = packed + <usize>(j >> 2) * sliverBytes
      packSliver(sliver, b + (<usize>(jc + j) << 3), 1, bRow, min(4, columns - j), n, 1)
      memory.fill(sliver + (<usize>n << 5), 0, <usize>(padded - n) << 5)
    }
    for (let i = 0; i < n; ) {
      const group = groupOf(n - i)
      for (let s = 0; s < group; s += 4) {
        const rows = min(4, n - i - s)
        const sliver = left + <usize>(s >> 2) * sliverBytes
        packSliver(sliver, l + (<isize>((i + s) * lRow) << 3), lRow, lColumn, rows, i + s + rows, 1)
        completeDiagonal(sliver + (<usize>(i + s) << 5), reciprocals + (<usize>s << 3), rows)
      }
      const offset = <usize>i << 5
      // All but the last KC of the inner length, then the rest together with the solve.
      let pc = 0
      for (; pc + KC < i; pc += KC) {
        const skip = <usize>pc << 5
        for (let j = 0; j < columns; j += 4) {
          const sliver = packed + <usize>(j >> 2) * sliverBytes
          const own = sliver + offset
          if (group == 12) tileTwelve(KC, left + skip, sliverBytes, sliver + skip, own, STEP, own, STEP, SUBTRACT)
          else tile(KC, left + skip, sliver + skip, own, STEP, SUBTRACT)
        }
      }
      const skip = <usize>pc << 5
      for (let j = 0; j < columns; j += 4) {
        const sliver = packed + <usize>(j >> 2) * sliverBytes
        const own = sliver + offset
        if (group == 12) {
          tileTwelve(i - pc, left + skip, sliverBytes, sliver + skip, own, STEP, own, STEP, SUBTRACT)
          solveColumns(12, left + offset, sliverBytes, own, reciprocals)
        } else solveTile(i - pc, left + skip, sliver + skip, own, left + offset, reciprocals)
      }
      i += group
    }
    for (let j = 0; j < columns; j += 4) {
      const sliver = packed + <usize>(j >> 2) * sliverBytes
      unpackSliver(sliver, b + (<usize>(jc + j) << 3), 1, bRow, min(4, columns - j), n)
    }
  }
}

/** Step: the same for columns `begin` … `end` − 1 of B; scratch for so many. */
export function solveRightSides(
  begin: i32,
  end: i32,
  scratch: usize,
  n: i32,
  l: usize,
  lRow: i32,
  lColumn: i32,
  b: usize,
  bRow: i32,
): void {
  triangularSolve(n, end - begin, l, lRow, lColumn, b + (<usize>begin << 3), bRow, scratch)
}

/** Reciprocals of the diagonal of a 4×4 tile whose missing rows and columns become those of an identity. */
export function completeDiagonal(diagonal: usize, reciprocals: usize, rows: i32): void {
  for (let p = rows; p < 4; p++) {
    memory.fill(diagonal + (<usize>p << 5), 0, STEP)
    store<f64>(diagonal + <usize>(p * 40), 1)
  }
  for (let p = 0; p < 4; p++) {
    store<f64>(reciprocals + (<usize>p << 3), 1 / load<f64>(diagonal + <usize>(p * 40)))
  }
}
