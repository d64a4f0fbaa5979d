// D_ij = ‖x_i − y_j‖².
//
// In few dimensions by differences: exact to rounding, twice the arithmetic of a product. In many as ‖x‖² + ‖y‖² − 2
// x·y; where that cancels (D far below ‖x‖² + ‖y‖²), the element is recomputed by differences. Nearly equal points keep
// their distance to full precision, and equal points stand at exactly 0.

import { multiplyAdd } from './lanes'
import { packSliver } from './pack'
import { distanceTile, finishPart, SET, STEP } from './tile'
import { product, productScratch } from './product'
import { dot } from './vector'

const KC = 256
/** Rows of y packed at a time. */
const NC = 512
/** From this dimension on the product wins. */
const MANY = 48
/** Fewer points than this are compared one by one. */
const FEW = 3
/** Below this fraction of ‖x‖² + ‖y‖² the product has lost more than five bits. */
const CANCELLED: f64 = 1.0 / 32.0

/** Bytes of scratch that `squaredDistances` needs. */
export function distancesScratch(n: i32, m: i32, d: i32): usize {
  const norms = (<usize>(n + m) << 3) + 64
  return norms + max(productScratch(m, d), 128 + <usize>min(d, KC) * STEP * ((<usize>(min(m, NC) + 3) >> 2) + 1))
}

/** D (n×m) from x (n×d) and y (m×d); `lower` (x = y) writes only j ≤ i. Strides in elements. */
export function squaredDistances(
  n: i32,
  m: i32,
  d: i32,
  x: usize,
  xRow: i32,
  y: usize,
  yRow: i32,
  out: usize,
  outRow: i32,
  lower: bool,
  scratch: usize,
): void {
  if (d == 0) {
    for (let i = 0; i < n; i++) memory.fill(out + (<usize>(i * outRow) << 3), 0, <usize>(lower ? i + 1 : m) << 3)
    return
  }
  if (!lower && n < FEW) {
    // A pass over y a point: packing it would be a second one.
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m; j++) {
        const value = distance(d, x + (<usize>(i * xRow) << 3), y + (<usize>(j * yRow) << 3))
        store<f64>(out + (<usize>(i * outRow + j) << 3), value)
      }
    }
    return
  }
  if (d < MANY) byDifferences(n, m, d, x, xRow, y, yRow, out, outRow, lower, scratch)
  else byProduct(n, m, d, x, xRow, y, yRow, out, outRow, lower, scratch)
}

function byDifferences(
  n: i32,
  m: i32,
  d: i32,
  x: usize,
  xRow: i32,
  y: usize,
  yRow: i32,
  out: usize,
  outRow: i32,
  lower: bool,
  scratch: usize,
): void {
  const part = scratch
  const left = scratch + 128
  const sliverBytes = <usize>d * STEP
  const packed = left + sliverBytes
  const stride = <usize>outRow << 3
  for (let jc = 0; jc < m; jc += NC) {
    const nc = min(NC, m - jc)
    for (let j = 0; j < nc; j += 4) {
      packSliver(packed + <usize>(j >> 2) * sliverBytes, y + (<usize>((jc + j) * yRow) << 3), yRow, 1, min(4, nc - j), d, 1)
    }
    for (let i = lower ? jc : 0; i < n; i += 4) {
      const rows = min(4, n - i)
      packSliver(left, x + (<usize>(i * xRow) << 3), xRow, 1, rows, d, 1)
      const end = lower ? min(nc, i - jc + 4) : nc
      let right = packed
      for (let j = 0; j < end; j += 4, right += sliverBytes) {
        const to = out + (<usize>(i * outRow + jc + j) << 3)
        const columns = min(4, nc - j)
        if (rows == 4 && columns == 4 && !(lower && jc + j == i)) distanceTile(d, left, right, to, stride)
        else {
          distanceTile(d, left, right, part, STEP)
          finishPart(part, to, stride, to, stride, rows, columns, lower ? i - jc - j + 1 : 4, SET)
        }
      }
    }
  }
}

function byProduct(
  n: i32,
  m: i32,
  d: i32,
  x: usize,
  xRow: i32,
  y: usize,
  yRow: i32,
  out: usize,
  outRow: i32,
  lower: bool,
  scratch: usize,
): void {
  const xNorms = scratch
  const yNorms = scratch + (<usize>n << 3)
  const rest = (yNorms + (<usize>m << 3) + 63) & ~63
  for (let i = 0; i < n; i++) {
    const from = x + (<usize>(i * xRow) << 3)
    store<f64>(xNorms + (<usize>i << 3), dot(d, from, from))
  }
  for (let j = 0; j < m; j++) {
    const from = y + (<usize>(j * yRow) << 3)
    store<f64>(yNorms + (<usize>j << 3), dot(d, from, from))
  }
  product(n, m, d, -2, x, xRow, 1, y, 1, yRow, 0, out, outRow, lower, rest)
  const fraction = f64x2.splat(CANCELLED)
  for (let i = 0; i < n; i++) {
    const own = load<f64>(xNorms + (<usize>i << 3))
    const splat = f64x2.splat(own)
    const row = out + (<usize>(i * outRow) << 3)
    const xi = x + (<usize>(i * xRow) << 3)
    const columns = lower ? i : m
    let j = 0
    for (; j + 1 < columns; j += 2) {
      const at = <usize>j << 3
      const sum = v128.add<f64>(splat, v128.load(yNorms + at))
      const distance = v128.add<f64>(sum, v128.load(row + at))
      v128.store(row + at, distance)
      if (v128.any_true(v128.le<f64>(distance, v128.mul<f64>(sum, fraction)))) {
        repair(d, xi, y + (<usize>(j * yRow) << 3), row + at, f64x2.extract_lane(sum, 0))
        repair(d, xi, y + (<usize>((j + 1) * yRow) << 3), row + at + 8, f64x2.extract_lane(sum, 1))
      }
    }
    if (j < columns) {
      const at = <usize>j << 3
      const sum = own + load<f64>(yNorms + at)
      store<f64>(row + at, sum + load<f64>(row + at))
      repair(d, xi, y + (<usize>(j * yRow) << 3), row + at, sum)
    }
    if (lower) store<f64>(row + (<usize>i << 3), 0)
  }
}

// @ts-ignore: decorator
@inline
function repair(d: i32, x: usize, y: usize, to: usize, sum: f64): void {
  if (load<f64>(to) <= sum * CANCELLED) store<f64>(to, distance(d, x, y))
}

function distance(d: i32, x: usize, y: usize): f64 {
  let s0 = f64x2.splat(0)
  let s1 = f64x2.splat(0)
  let s2 = f64x2.splat(0)
  let s3 = f64x2.splat(0)
  let k = 0
  for (; k + 7 < d; k += 8, x += 64, y += 64) {
    const first = v128.sub<f64>(v128.load(x), v128.load(y))
    const second = v128.sub<f64>(v128.load(x, 16), v128.load(y, 16))
    const third = v128.sub<f64>(v128.load(x, 32), v128.load(y, 32))
    const fourth = v128.sub<f64>(v128.load(x, 48), v128.load(y, 48))
    s0 = multiplyAdd(first, first, s0)
    s1 = multiplyAdd(second, second, s1)
    s2 = multiplyAdd(third, third, s2)
    s3 = multiplyAdd(fourth, fourth, s3)
  }
  s0 = v128.add<f64>(v128.add<f64>(s0, s1), v128.add<f64>(s2, s3))
  let sum = f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1)
  for (; k < d; k++, x += 8, y += 8) {
    const difference = load<f64>(x) - load<f64>(y)
    sum += difference * difference
  }
  return sum
}
