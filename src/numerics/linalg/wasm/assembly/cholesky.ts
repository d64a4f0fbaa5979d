// A = LLᵀ, right-looking by panels.
//
// A panel is packed into slivers of 4 rows, factored there from left to right 4 or 12 columns at a time, and written back. The
// slivers that it leaves are both operands of the update of everything to its right: nothing is packed twice. The first
// panel reads the matrix and writes the factor, so a factor beside its matrix costs no copy.

import { packSliver, unpackSliver } from './pack'
import { finishPart, groupOf, SET, STEP, SUBTRACT, tile, tileFrom, tileTwelve } from './tile'
import { factorTile, solveColumns, solveTile } from './triangle-tile'

/** Columns of a panel, when there is more than one; twelve are factored at a time. */
const NB = 120
/** Up to this size the whole matrix is one panel that fits the second-level cache. */
const SMALL = 256

// @ts-ignore: decorator
@inline
function panelWidth(n: i32): i32 {
  return n <= SMALL ? n : NB
}

/** Bytes of scratch that `cholesky` needs. */
export function choleskyScratch(n: i32): usize {
  return 256 + (<usize>(n + 3) >> 2) * <usize>((panelWidth(n) + 3) & ~3) * STEP
}

/**
 * Lower triangle of L (n×n) ← factor of A, whose lower triangle is read; L may be A.
 *
 * @returns -1, or the row whose pivot was not positive and finite; the pivot stands at `scratch`
 */
export function cholesky(n: i32, a: usize, aRow: i32, l: usize, lRow: i32, scratch: usize): i32 {
  const panel = scratch + 256
  const width = panelWidth(n)
  let source = a
  let sourceRow = aRow
  for (let j = 0; j < n; j += width) {
    const columns = min(width, n - j)
    const to = l + (<usize>(j * lRow + j) << 3)
    const failed = factorPanel(n - j, columns, source, sourceRow, to, lRow, panel, scratch)
    if (failed >= 0) return j + failed
    if (j + width >= n) break
    const rest = l + (<usize>((j + width) * (lRow + 1)) << 3)
    const restOfSource = source + (<usize>(width * (sourceRow + 1)) << 3)
    updateTrailing(n - j - width, width, restOfSource, sourceRow, rest, lRow, panel, scratch)
    source = rest
    sourceRow = lRow
  }
  return -1
}

/** Factors m rows × width columns, m ≥ width, of A into L; leaves L in the slivers at `panel`. */
function factorPanel(m: i32, width: i32, a: usize, aRow: i32, l: usize, lRow: i32, panel: usize, scratch: usize): i32 {
  // A last panel of odd width is padded with an identity.
  const padded = (width + 3) & ~3
  const sliverBytes = <usize>padded * STEP
  for (let i = 0; i < m; i += 4) {
    const sliver = panel + <usize>(i >> 2) * sliverBytes
    // Of the rows on the diagonal only the lower triangle is meant; what is above it is never used.
    const columns = min(width, i + 4)
    packSliver(sliver, a + (<usize>(i * aRow) << 3), aRow, 1, min(4, m - i), columns, 1)
    if (columns < padded && i + 4 > width) {
      for (let p = width; p < padded; p++) {
        const to = sliver + (<usize>p << 5)
        memory.fill(to, 0, STEP)
        if (p - i < 4) store<f64>(to + (<usize>(p - i) << 3), 1)
      }
    }
  }
  for (let j = 0; j < width; ) {
    const group = groupOf(padded - j)
    const failed = factorColumns(j, group, m, panel, sliverBytes, scratch)
    if (failed >= 0) return failed
    j += group
  }
  for (let i = 0; i < m; i += 4) {
    const sliver = panel + <usize>(i >> 2) * sliverBytes
    const to = l + (<usize>(i * lRow) << 3)
    const rows = min(4, m - i)
    if (i >= width) unpackSliver(sliver, to, lRow, 1, rows, width)
    else {
      unpackSliver(sliver, to, lRow, 1, rows, i)
      for (let r = 0; r < rows; r++) {
        for (let p = i; p <= i + r; p++) {
          store<f64>(to + (<usize>(r * lRow + p) << 3), load<f64>(sliver + (<usize>p << 5) + (<usize>r << 3)))
        }
      }
    }
  }
  return -1
}

/**
 * Columns j … j + group − 1 of a panel: what lies to their left is taken out of them, then they are factored.
 *
 * @returns -1, or the row whose pivot was not positive and finite; the pivot stands at `scratch`
 */
function factorColumns(j: i32, group: i32, m: i32, panel: usize, sliverBytes: usize, scratch: usize): i32 {
  const reciprocals = scratch + 128
  const offset = <usize>j << 5
  const left = panel + <usize>(j >> 2) * sliverBytes
  const end = j + group
  let sliver = left
  // The triangle on the diagonal. What is above it is computed too where that is simpler, and never used.
  for (let i = j; i < end; i += 4, sliver += sliverBytes) {
    const own = sliver + offset
    if (group == 12) tileTwelve(j, left, sliverBytes, sliver, own, STEP, own, STEP, SUBTRACT)
    else if (j > 0) tile(j, left, sliver, own, STEP, SUBTRACT)
    const known = i - j
    solveColumns(known, left + offset, sliverBytes, own, reciprocals)
    const diagonal = own + (<usize>known << 5)
    if (known > 0) tile(known, own, own, diagonal, STEP, SUBTRACT)
    const failed = factorTile(diagonal, reciprocals + (<usize>known << 3))
    if (failed >= 0) {
      store<f64>(scratch, load<f64>(diagonal + <usize>(failed * 40)))
      return i + failed
    }
  }
  // The rows below.
  for (let i = end; i < m; i += 4, sliver += sliverBytes) {
    const own = sliver + offset
    if (group == 12) {
      tileTwelve(j, left, sliverBytes, sliver, own, STEP, own, STEP, SUBTRACT)
      solveColumns(12, left + offset, sliverBytes, own, reciprocals)
    } else solveTile(j, left, sliver, own, left + offset, reciprocals)
  }
  return -1
}

/** L (m×m, lower) ← A − PPᵀ for the slivers of the panel below its first `width` rows; `width` is a multiple of 4. */
function updateTrailing(
  m: i32,
  width: i32,
  a: usize,
  aRow: i32,
  l: usize,
  lRow: i32,
  panel: usize,
  scratch: usize,
): void {
  const sliverBytes = <usize>width * STEP
  const aStride = <usize>aRow << 3
  const lStride = <usize>lRow << 3
  const first = panel + <usize>(width >> 2) * sliverBytes
  let i = 0
  while (i < m) {
    const group = groupOf(m - i)
    const left = first + <usize>(i >> 2) * sliverBytes
    let done = 0
    if (group == 12) {
      done = i
      let from = a + <usize>i * aStride
      let to = l + <usize>i * lStride
      let right = first
      for (let j = 0; j < i; j += 4, right += sliverBytes, from += STEP, to += STEP) {
        tileTwelve(width, left, sliverBytes, right, from, aStride, to, lStride, SUBTRACT)
      }
    }
    const end = i + group
    for (; i < end && i < m; i += 4) updateRows(m, i, done, width, a, aStride, l, lStride, first, scratch)
  }
}

/** Rows i … i + 3 of it, from column `start`, a multiple of 4, to the diagonal. */
// @ts-ignore: decorator
@inline
function updateRows(
  m: i32,
  i: i32,
  start: i32,
  width: i32,
  a: usize,
  aStride: usize,
  l: usize,
  lStride: usize,
  first: usize,
  scratch: usize,
): void {
  const sliverBytes = <usize>width * STEP
  const left = first + <usize>(i >> 2) * sliverBytes
  const rows = min(4, m - i)
  let from = a + <usize>i * aStride + (<usize>start << 3)
  let to = l + <usize>i * lStride + (<usize>start << 3)
  let right = first + <usize>(start >> 2) * sliverBytes
  for (let j = start; j < i; j += 4, right += sliverBytes, from += STEP, to += STEP) {
    if (rows == 4) tileFrom(width, left, right, from, aStride, to, lStride, SUBTRACT)
    else {
      tile(width, left, right, scratch, STEP, SET)
      finishPart(scratch, from, aStride, to, lStride, rows, 4, 4, SUBTRACT)
    }
  }
  tile(width, left, left, scratch, STEP, SET)
  finishPart(scratch, from, aStride, to, lStride, rows, 4, 1, SUBTRACT)
}
