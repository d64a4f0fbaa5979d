// A = LLᵀ, right-looking by panels.
//
// A panel is packed into slivers of 4 rows and written back as L. First comes its square on the diagonal, from left to
// right 4 or 12 columns at a time. Then everything below follows, a few rows at a time. The slivers that it leaves are
// both operands of the update of everything to its right: nothing is packed twice. The first panel reads the matrix and
// writes the factor, so a factor beside its matrix costs no copy.
//
// A packed panel begins with the row that failed (or −1), its pivot and the reciprocals of the diagonal.

import { packSliver, unpackSliver } from './pack'
import { finishPart, groupOf, SET, STEP, SUBTRACT, tile, tileFrom, tileTwelve } from './tile'
import { factorTile, solveColumns, solveTile } from './triangle-tile'

/** Columns of a panel, when there is more than one; twelve are factored at a time. */
const NB = 120
/** Up to this size the whole matrix is one panel that fits the second-level cache. */
const SMALL = 256
/** Rows below the square that are solved at a time: they stay in the first-level cache. */
const ROWS = 24
const PIVOT = 8
const RECIPROCALS = 64
const SLIVERS: usize = RECIPROCALS + 8 * SMALL
/** Bytes of scratch that the steps need. */
const TILE: usize = 128

/** Columns of a panel of an n×n matrix. */
export function choleskyPanel(n: i32): i32 {
  return n <= SMALL ? n : NB
}

/** Bytes of a packed panel of an n×n matrix. */
export function choleskyPanelBytes(n: i32): usize {
  return SLIVERS + (<usize>(n + 3) >> 2) * <usize>((choleskyPanel(n) + 3) & ~3) * STEP
}

/** Bytes of scratch that `cholesky` needs. */
export function choleskyScratch(n: i32): usize {
  return TILE + choleskyPanelBytes(n)
}

/**
 * Lower triangle of L (n×n) ← factor of A, whose lower triangle is read; L may be A.
 *
 * @returns -1, or the row whose pivot was not positive and finite; the pivot stands at `scratch`
 */
export function cholesky(n: i32, a: usize, aRow: i32, l: usize, lRow: i32, scratch: usize): i32 {
  const panel = scratch + TILE
  const width = choleskyPanel(n)
  let source = a
  let sourceRow = aRow
  choleskySquare(min(width, n), source, sourceRow, l, lRow, panel)
  let j = 0
  while (load<i32>(panel) < 0) {
    const m = n - j - width
    if (m <= 0) return -1
    choleskyRows(0, m, scratch, width, source, sourceRow, l + (<usize>(j * (lRow + 1)) << 3), lRow, panel)
    const rest = l + (<usize>((j + width) * (lRow + 1)) << 3)
    const restOfSource = source + (<usize>(width * (sourceRow + 1)) << 3)
    choleskyUpdate(0, m, scratch, m, width, restOfSource, sourceRow, rest, lRow, panel, 0)
    choleskySquare(min(width, m), rest, lRow, rest, lRow, panel)
    source = rest
    sourceRow = lRow
    j += width
  }
  store<f64>(scratch, load<f64>(panel, PIVOT))
  return j + load<i32>(panel)
}

/** The square on the diagonal of a panel, packed and factored: L (width×width) ← factor of A. */
export function choleskySquare(width: i32, a: usize, aRow: i32, l: usize, lRow: i32, panel: usize): void {
  // A last panel of odd width is padded with an identity.
  const padded = (width + 3) & ~3
  const sliverBytes = <usize>padded * STEP
  const first = panel + SLIVERS
  for (let i = 0; i < width; i += 4) {
    const sliver = first + <usize>(i >> 2) * sliverBytes
    // Only the lower triangle is meant; what is above it is never used.
    const columns = min(width, i + 4)
    packSliver(sliver, a + (<usize>(i * aRow) << 3), aRow, 1, min(4, width - i), columns, 1)
    if (columns < padded && i + 4 > width) {
      for (let p = width; p < padded; p++) {
        const to = sliver + (<usize>p << 5)
        memory.fill(to, 0, STEP)
        if (p - i < 4) store<f64>(to + (<usize>(p - i) << 3), 1)
      }
    }
  }
  store<i32>(panel, -1)
  for (let j = 0; j < width; ) {
    const group = groupOf(padded - j)
    const failed = factorColumns(j, group, width, panel, sliverBytes)
    if (failed >= 0) {
      store<i32>(panel, failed)
      return
    }
    j += group
  }
  for (let i = 0; i < width; i += 4) {
    const sliver = first + <usize>(i >> 2) * sliverBytes
    const to = l + (<usize>(i * lRow) << 3)
    const rows = min(4, width - i)
    unpackSliver(sliver, to, lRow, 1, rows, i)
    for (let r = 0; r < rows; r++) {
      for (let p = i; p <= i + r; p++) {
        store<f64>(to + (<usize>(r * lRow + p) << 3), load<f64>(sliver + (<usize>p << 5) + (<usize>r << 3)))
      }
    }
  }
}

/**
 * Step: rows `begin` … `end` − 1 below the square of a panel of A: packed, solved, left in the slivers and written to L.
 * `begin` and `width` are multiples of 4; `a` and `l` point to the square.
 */
export function choleskyRows(
  begin: i32,
  end: i32,
  _scratch: usize,
  width: i32,
  a: usize,
  aRow: i32,
  l: usize,
  lRow: i32,
  panel: usize,
): void {
  const sliverBytes = <usize>width * STEP
  const square = panel + SLIVERS
  const below = square + <usize>(width >> 2) * sliverBytes
  for (let from = begin; from < end; from += ROWS) {
    const to = min(end, from + ROWS)
    for (let i = from; i < to; i += 4) {
      const sliver = below + <usize>(i >> 2) * sliverBytes
      packSliver(sliver, a + (<usize>((width + i) * aRow) << 3), aRow, 1, min(4, end - i), width, 1)
    }
    for (let j = 0; j < width; ) {
      const group = groupOf(width - j)
      const left = square + <usize>(j >> 2) * sliverBytes
      const reciprocals = panel + RECIPROCALS + (<usize>j << 3)
      solveSlivers(j, group, left, sliverBytes, below + <usize>(from >> 2) * sliverBytes, from, to, reciprocals)
      j += group
    }
    for (let i = from; i < to; i += 4) {
      const sliver = below + <usize>(i >> 2) * sliverBytes
      unpackSliver(sliver, l + (<usize>((width + i) * lRow) << 3), lRow, 1, min(4, end - i), width)
    }
  }
}

/**
 * Columns j … j + group − 1 of the square: what lies to their left is taken out of them, then they are factored.
 *
 * @returns -1, or the row whose pivot was not positive and finite; the pivot is then part of the panel
 */
function factorColumns(j: i32, group: i32, width: i32, panel: usize, sliverBytes: usize): i32 {
  const reciprocals = panel + RECIPROCALS + (<usize>j << 3)
  const offset = <usize>j << 5
  const left = panel + SLIVERS + <usize>(j >> 2) * sliverBytes
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
      store<f64>(panel, load<f64>(diagonal + <usize>(failed * 40)), PIVOT)
      return i + failed
    }
  }
  // The rows below.
  solveSlivers(j, group, left, sliverBytes, sliver, end, width, reciprocals)
  return -1
}

/** Columns j … j + group − 1 of rows `begin` … `end` − 1, whose slivers start at `sliver`: what lies left is taken out. */
// @ts-ignore: decorator
@inline
function solveSlivers(
  j: i32,
  group: i32,
  left: usize,
  sliverBytes: usize,
  sliver: usize,
  begin: i32,
  end: i32,
  reciprocals: usize,
): void {
  const offset = <usize>j << 5
  for (let i = begin; i < end; i += 4, sliver += sliverBytes) {
    const own = sliver + offset
    if (group == 12) {
      tileTwelve(j, left, sliverBytes, sliver, own, STEP, own, STEP, SUBTRACT)
      solveColumns(12, left + offset, sliverBytes, own, reciprocals)
    } else solveTile(j, left, sliver, own, left + offset, reciprocals)
  }
}

/**
 * Step: rows `begin` … `end` − 1 of L (m×m, lower) ← A − PPᵀ for the slivers of the panel below its square. `begin` and
 * `width` are multiples of 4.
 *
 * @param next where the rows that begin with 0 leave the next square, packed and factored: then end = min(width, m); or 0
 */
export function choleskyUpdate(
  begin: i32,
  end: i32,
  scratch: usize,
  m: i32,
  width: i32,
  a: usize,
  aRow: i32,
  l: usize,
  lRow: i32,
  panel: usize,
  next: usize,
): void {
  const sliverBytes = <usize>width * STEP
  const aStride = <usize>aRow << 3
  const lStride = <usize>lRow << 3
  const first = panel + SLIVERS + <usize>(width >> 2) * sliverBytes
  let i = begin
  while (i < end) {
    const group = groupOf(end - i)
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
    const last = i + group
    for (; i < last && i < end; i += 4) updateRows(m, i, done, width, a, aStride, l, lStride, first, scratch)
  }
  if (next && begin == 0) choleskySquare(end, l, lRow, l, lRow, next)
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
