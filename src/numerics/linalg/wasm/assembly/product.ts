// C ← αAB + βC, whole or lower triangle.
//
// KC×NC of B is packed and stays in the second-level cache; 4 or 12×KC of A is packed and stays in the first. The tiles of a
// row of C are made one after the other, so C streams along its rows and the hardware prefetches it.

import { packSliver } from './pack'
import { ADD, finishPart, groupOf, SET, STEP, tile, tileTwelve } from './tile'

/** KC: sums over k are cut here, so it decides the last bits. */
export const PRODUCT_INNER = 256
/** NC. */
export const PRODUCT_COLUMNS = 512
/** Bytes of scratch that `productRows` needs: a tile and three slivers of A. */
export const PRODUCT_ROWS_SCRATCH: usize = 128 + 3 * PRODUCT_INNER * STEP

/** Bytes of scratch that `product` needs. */
export function productScratch(n: i32, k: i32): usize {
  const slivers = <usize>(min(n, PRODUCT_COLUMNS) + 3) >> 2
  return PRODUCT_ROWS_SCRATCH + slivers * <usize>min(k, PRODUCT_INNER) * STEP
}

/** C (m×n) ← α·A (m×k)·B (k×n) + β·C; row and column strides in elements; `lower` writes only i ≥ j. */
export function product(
  m: i32,
  n: i32,
  k: i32,
  alpha: f64,
  a: usize,
  aRow: i32,
  aColumn: i32,
  b: usize,
  bRow: i32,
  bColumn: i32,
  beta: f64,
  c: usize,
  cRow: i32,
  lower: bool,
  scratch: usize,
): void {
  if ((beta != 0 && beta != 1) || k == 0 || alpha == 0) scaleOutput(m, n, beta, c, <usize>cRow << 3, lower)
  if (k == 0 || alpha == 0) return
  const packed = scratch + PRODUCT_ROWS_SCRATCH
  for (let jc = 0; jc < n; jc += PRODUCT_COLUMNS) {
    const nc = min(PRODUCT_COLUMNS, n - jc)
    for (let pc = 0; pc < k; pc += PRODUCT_INNER) {
      const kc = min(PRODUCT_INNER, k - pc)
      const mode = pc == 0 && beta == 0 ? SET : ADD
      packColumns(0, nc, 0, kc, at(b, jc * bColumn + pc * bRow), bRow, bColumn, packed)
      const top = lower ? jc : 0
      const left = at(a, top * aRow + pc * aColumn)
      productRows(0, m - top, scratch, nc, kc, alpha, left, aRow, aColumn, packed, at(c, top * cRow + jc), cRow, lower, mode)
    }
  }
}

/** Step: columns `begin` … `end` − 1 of kc rows of B go to slivers at `packed`; `begin` is a multiple of 4. */
export function packColumns(
  begin: i32,
  end: i32,
  _scratch: usize,
  kc: i32,
  b: usize,
  bRow: i32,
  bColumn: i32,
  packed: usize,
): void {
  const sliverBytes = <usize>kc * STEP
  for (let j = begin; j < end; j += 4) {
    packSliver(packed + <usize>(j >> 2) * sliverBytes, at(b, j * bColumn), bColumn, bRow, min(4, end - j), kc, 1)
  }
}

/**
 * Step: rows `begin` … `end` − 1 of the nc columns of C at `c` (+)= A times the packed block of B. `lower` takes the element
 * at `c` to be on the diagonal.
 *
 * @param scratch PRODUCT_ROWS_SCRATCH bytes
 */
export function productRows(
  begin: i32,
  end: i32,
  scratch: usize,
  nc: i32,
  kc: i32,
  alpha: f64,
  a: usize,
  aRow: i32,
  aColumn: i32,
  packed: usize,
  c: usize,
  cRow: i32,
  lower: bool,
  mode: i32,
): void {
  const cStride = <usize>cRow << 3
  const sliverBytes = <usize>kc * STEP
  const part = scratch
  const packedA = scratch + 128
  let i = begin
  while (i < end) {
    // Twelve rows at a time where that is faster, up to the diagonal; what is left in fours.
    const group = groupOf(end - i)
    for (let s = 0; s < group; s += 4) {
      const sliver = packedA + <usize>(s >> 2) * sliverBytes
      packSliver(sliver, at(a, (i + s) * aRow), aRow, aColumn, min(4, end - i - s), kc, alpha)
    }
    let done = 0
    if (group == 12) {
      done = (lower ? min(nc, i) : nc) & ~3
      let sliver = packed
      let to = at(c, i * cRow)
      for (let j = 0; j < done; j += 4, sliver += sliverBytes, to += STEP) {
        tileTwelve(kc, packedA, sliverBytes, sliver, to, cStride, to, cStride, mode)
      }
    }
    for (let s = 0; s < group; s += 4, i += 4) {
      const left = packedA + <usize>(s >> 2) * sliverBytes
      const rows = min(4, end - i)
      const last = lower ? min(nc, i + 4) : nc
      let sliver = packed + <usize>(done >> 2) * sliverBytes
      for (let j = done; j < last; j += 4, sliver += sliverBytes) {
        const to = at(c, i * cRow + j)
        const columns = min(4, nc - j)
        if (rows == 4 && columns == 4 && !(lower && j == i)) tile(kc, left, sliver, to, cStride, mode)
        else {
          tile(kc, left, sliver, part, STEP, SET)
          finishPart(part, to, cStride, to, cStride, rows, columns, lower ? i - j + 1 : 4, mode)
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function at(base: usize, elements: i32): usize {
  return base + (<isize>elements << 3)
}

function scaleOutput(m: i32, n: i32, beta: f64, c: usize, stride: usize, lower: bool): void {
  for (let i = 0; i < m; i++, c += stride) {
    const columns = lower ? min(n, i + 1) : n
    for (let j = 0; j < columns; j++) {
      const to = c + (<usize>j << 3)
      // β = 0 must not read C: it may hold NaN.
      store<f64>(to, beta == 0 ? 0 : beta * load<f64>(to))
    }
  }
}

/** Copies the strict lower triangle to the upper one, in blocks that fit the first-level cache. */
export function mirror(n: i32, c: usize, row: i32): void {
  const BLOCK = 32
  for (let ib = 0; ib < n; ib += BLOCK) {
    for (let jb = 0; jb <= ib; jb += BLOCK) {
      const iEnd = min(n, ib + BLOCK)
      for (let i = ib; i < iEnd; i++) {
        const jEnd = min(i, jb + BLOCK)
        let from = at(c, i * row + jb)
        let to = at(c, jb * row + i)
        for (let j = jb; j < jEnd; j++, from += 8, to += <usize>row << 3) store<f64>(to, load<f64>(from))
      }
    }
  }
}
