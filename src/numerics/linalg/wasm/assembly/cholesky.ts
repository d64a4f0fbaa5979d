// A = LLᵀ, right-looking by panels of NB columns.
//
// A panel is packed into slivers of 4 rows, factored there from left to right 4 columns at a time, and written back. The
// slivers that it leaves are both operands of the update of everything to its right: nothing is packed twice.

import { packSliver, unpackSliver } from './pack'
import { finishPart, SET, STEP, SUBTRACT, tile } from './tile'
import { factorTile, solveTile } from './triangle-tile'

const NB = 128

/** Bytes of scratch that `cholesky` needs. */
export function choleskyScratch(n: i32): usize {
  return 256 + (<usize>(n + 3) >> 2) * min(NB, (n + 3) & ~3) * STEP
}

/**
 * Lower triangle of A (n×n) ← L, in place.
 *
 * @returns -1, or the row whose pivot was not positive and finite; the pivot stands at `scratch`
 */
export function cholesky(n: i32, a: usize, row: i32, scratch: usize): i32 {
  const panel = scratch + 256
  for (let j = 0; j < n; j += NB) {
    const width = min(NB, n - j)
    const failed = factorPanel(n - j, width, a + (<usize>(j * row + j) << 3), row, panel, scratch)
    if (failed >= 0) return j + failed
    if (j + NB < n) updateTrailing(n - j - NB, a + (<usize>((j + NB) * (row + 1)) << 3), row, panel, scratch)
  }
  return -1
}

/** Factors m rows × width columns, m ≥ width; leaves L in the slivers at `panel`. */
function factorPanel(m: i32, width: i32, a: usize, row: i32, panel: usize, scratch: usize): i32 {
  // A last panel of odd width is padded with an identity.
  const padded = (width + 3) & ~3
  const sliverBytes = <usize>padded * STEP
  for (let i = 0; i < m; i += 4) {
    const sliver = panel + <usize>(i >> 2) * sliverBytes
    // Of the rows on the diagonal only the lower triangle is meant; what is above it is never read.
    const columns = min(width, i + 4)
    packSliver(sliver, a + (<usize>(i * row) << 3), row, 1, min(4, m - i), columns, 1)
    if (columns < padded && i + 4 > width) {
      for (let p = width; p < padded; p++) {
        const to = sliver + (<usize>p << 5)
        memory.fill(to, 0, STEP)
        if (p - i < 4) store<f64>(to + (<usize>(p - i) << 3), 1)
      }
    }
  }
  const reciprocals = scratch + 128
  for (let j = 0; j < width; j += 4) {
    const left = panel + <usize>(j >> 2) * sliverBytes
    const offset = <usize>j << 5
    const diagonal = left + offset
    if (j > 0) tile(j, left, left, diagonal, STEP, SUBTRACT)
    const failed = factorTile(diagonal, reciprocals)
    if (failed >= 0) {
      store<f64>(scratch, load<f64>(diagonal + <usize>(failed * 40)))
      return j + failed
    }
    for (let i = j + 4; i < m; i += 4) {
      const sliver = panel + <usize>(i >> 2) * sliverBytes
      tile(j, left, sliver, sliver + offset, STEP, SUBTRACT)
      solveTile(diagonal, reciprocals, sliver + offset)
    }
  }
  for (let i = 0; i < m; i += 4) {
    const sliver = panel + <usize>(i >> 2) * sliverBytes
    const to = a + (<usize>(i * row) << 3)
    if (i >= width) unpackSliver(sliver, to, row, 1, min(4, m - i), width)
    else {
      unpackSliver(sliver, to, row, 1, min(4, m - i), i)
      for (let r = 0; r < min(4, m - i); r++) {
        for (let p = i; p <= i + r; p++) {
          store<f64>(to + (<usize>(r * row + p) << 3), load<f64>(sliver + (<usize>p << 5) + (<usize>r << 3)))
        }
      }
    }
  }
  return -1
}

/** A (m×m, lower) ← A − PPᵀ for the slivers of the full panel below its first NB rows. */
function updateTrailing(m: i32, a: usize, row: i32, panel: usize, scratch: usize): void {
  const sliverBytes = <usize>NB * STEP
  const stride = <usize>row << 3
  const first = panel + <usize>(NB >> 2) * sliverBytes
  for (let i = 0; i < m; i += 4) {
    const left = first + <usize>(i >> 2) * sliverBytes
    const rows = min(4, m - i)
    let to = a + (<usize>(i * row) << 3)
    let right = first
    for (let j = 0; j < i; j += 4, right += sliverBytes, to += STEP) {
      if (rows == 4) tile(NB, left, right, to, stride, SUBTRACT)
      else {
        tile(NB, left, right, scratch, STEP, SET)
        finishPart(scratch, to, stride, rows, 4, 4, SUBTRACT)
      }
    }
    tile(NB, left, left, scratch, STEP, SET)
    finishPart(scratch, to, stride, rows, 4, 1, SUBTRACT)
  }
}
