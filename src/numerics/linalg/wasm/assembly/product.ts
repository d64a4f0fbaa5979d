// C ← αAB + βC, whole or lower triangle.
//
// KC×NC of B is packed and stays in the second-level cache; 4 or 12×KC of A is packed and stays in the first. The tiles of a
// row of C are made one after the other, so C streams along its rows and the hardware prefetches it.

import { packSliver } from './pack'
import { ADD, finishPart, groupOf, SET, STEP, tile, tileTwelve } from './tile'

const KC = 256
const NC = 512

/** Bytes of scratch that `product` needs. */
export function productScratch(n: i32, k: i32): usize {
  const inner = <usize>min(k, KC)
  const slivers = <usize>(min(n, NC) + 3) >> 2
  return (slivers + 3) * inner * STEP + 128
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
  const cStride = <usize>cRow << 3
  if ((beta != 0 && beta != 1) || k == 0 || alpha == 0) scaleOutput(m, n, beta, c, cStride, lower)
  if (k == 0 || alpha == 0) return
  const part = scratch
  const packedA = scratch + 128
  const packedB = packedA + 3 * <usize>min(k, KC) * STEP
  for (let jc = 0; jc < n; jc += NC) {
    const nc = min(NC, n - jc)
    for (let pc = 0; pc < k; pc += KC) {
      const kc = min(KC, k - pc)
      const sliverBytes = <usize>kc * STEP
      const mode = pc == 0 && beta == 0 ? SET : ADD
      for (let jr = 0; jr < nc; jr += 4) {
        packSliver(
          packedB + <usize>(jr >> 2) * sliverBytes,
          at(b, (jc + jr) * bColumn + pc * bRow),
          bColumn,
          bRow,
          min(4, nc - jr),
          kc,
          1,
        )
      }
      let i = lower ? jc : 0
      while (i < m) {
        // Twelve rows at a time where that is faster, up to the diagonal; what is left in fours.
        const group = groupOf(m - i)
        for (let s = 0; s < group; s += 4) {
          const sliver = packedA + <usize>(s >> 2) * sliverBytes
          packSliver(sliver, at(a, (i + s) * aRow + pc * aColumn), aRow, aColumn, min(4, m - i - s), kc, alpha)
        }
        let done = 0
        if (group == 12) {
          done = (lower ? min(nc, i - jc) : nc) & ~3
          let sliver = packedB
          let to = at(c, i * cRow + jc)
          for (let jr = 0; jr < done; jr += 4, sliver += sliverBytes, to += STEP) {
            tileTwelve(kc, packedA, sliverBytes, sliver, to, cStride, to, cStride, mode)
          }
        }
        for (let s = 0; s < group; s += 4, i += 4) {
          const left = packedA + <usize>(s >> 2) * sliverBytes
          const rows = min(4, m - i)
          const end = lower ? min(nc, i - jc + 4) : nc
          let sliver = packedB + <usize>(done >> 2) * sliverBytes
          for (let jr = done; jr < end; jr += 4, sliver += sliverBytes) {
            const to = at(c, i * cRow + jc + jr)
            const columns = min(4, nc - jr)
            if (rows == 4 && columns == 4 && !(lower && jc + jr == i)) tile(kc, left, sliver, to, cStride, mode)
            else {
              tile(kc, left, sliver, part, STEP, SET)
              finishPart(part, to, cStride, to, cStride, rows, columns, lower ? i - jc - jr + 1 : 4, mode)
            }
          }
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
