// The innermost loop of everything, and the packed format it reads.
//
// A *sliver* holds 4 lines (rows of A, or columns of B) of some inner length k: element (line, p) stands at
// sliver + p·32 + line·8. A and B share the format, so what was packed as one can be read as the other.
//
// The 4×4 tile of C lives in 8 vectors: with more, V8 spills them. For fused arithmetic 12 fit, and are worth half as
// much again. The loop over k is not unrolled: unrolling spills too. A is read through load64_splat, which x64 and
// arm64 do in the load itself.

import { multiplyAdd } from './lanes'

/** What becomes of C when AB is known. */
export const SET = 0
export const ADD = 1
export const SUBTRACT = 2

/** Bytes of a sliver for every unit of k. */
export const STEP = 32

/** Lines of A that are taken together wherever so many are left: see {@link tileTwelve}. */
// @ts-ignore: decorator
@inline
export function groupOf(left: i32): i32 {
  return ASC_FEATURE_RELAXED_SIMD && left >= 12 ? 12 : 4
}

// @ts-ignore: decorator
@inline
function finish(source: usize, c: usize, low: v128, high: v128, mode: i32): void {
  if (mode == SUBTRACT) {
    low = v128.sub<f64>(v128.load(source), low)
    high = v128.sub<f64>(v128.load(source, 16), high)
  } else if (mode == ADD) {
    low = v128.add<f64>(v128.load(source), low)
    high = v128.add<f64>(v128.load(source, 16), high)
  }
  v128.store(c, low)
  v128.store(c, high, 16)
}

/** C (4×4, rows `stride` bytes apart) ← AB, C + AB or C − AB. */
// @ts-ignore: decorator
@inline
export function tile(k: i32, a: usize, b: usize, c: usize, stride: usize, mode: i32): void {
  tileFrom(k, a, b, c, stride, c, stride, mode)
}

/** C ← AB, S + AB or S − AB, with S somewhere else, its rows `sourceStride` bytes apart. */
export function tileFrom(
  k: i32,
  a: usize,
  b: usize,
  source: usize,
  sourceStride: usize,
  c: usize,
  stride: usize,
  mode: i32,
): void {
  let c00 = f64x2.splat(0)
  let c01 = f64x2.splat(0)
  let c10 = f64x2.splat(0)
  let c11 = f64x2.splat(0)
  let c20 = f64x2.splat(0)
  let c21 = f64x2.splat(0)
  let c30 = f64x2.splat(0)
  let c31 = f64x2.splat(0)
  const end = b + (<usize>k << 5)
  while (b < end) {
    const low = v128.load(b)
    const high = v128.load(b, 16)
    let x = v128.load64_splat(a)
    c00 = multiplyAdd(x, low, c00)
    c01 = multiplyAdd(x, high, c01)
    x = v128.load64_splat(a, 8)
    c10 = multiplyAdd(x, low, c10)
    c11 = multiplyAdd(x, high, c11)
    x = v128.load64_splat(a, 16)
    c20 = multiplyAdd(x, low, c20)
    c21 = multiplyAdd(x, high, c21)
    x = v128.load64_splat(a, 24)
    c30 = multiplyAdd(x, low, c30)
    c31 = multiplyAdd(x, high, c31)
    a += STEP
    b += STEP
  }
  finish(source, c, c00, c01, mode)
  finish(source + sourceStride, c + stride, c10, c11, mode)
  finish(source + 2 * sourceStride, c + 2 * stride, c20, c21, mode)
  finish(source + 3 * sourceStride, c + 3 * stride, c30, c31, mode)
}

/** The same for twelve rows of C, from three slivers of A that stand `sliverBytes` apart. */
// @ts-ignore: decorator
@inline
export function tileTwelve(
  k: i32,
  a: usize,
  sliverBytes: usize,
  b: usize,
  source: usize,
  sourceStride: usize,
  c: usize,
  stride: usize,
  mode: i32,
): void {
  const second = a + sliverBytes
  const third = second + sliverBytes
  const source4 = source + 4 * sourceStride
  const source6 = source + 6 * sourceStride
  const source8 = source + 8 * sourceStride
  const c4 = c + 4 * stride
  const c6 = c + 6 * stride
  const c8 = c + 8 * stride
  tileSix(k, a, second, b, source, source4, sourceStride, c, c4, stride, mode)
  tileSix(k, third, second + 16, b, source8, source6, sourceStride, c8, c6, stride, mode)
}

/**
 * The same for six rows of C: four from sliver `a` to `c`, two from `rest` (a sliver, or the second half of one, 16 bytes
 * in) to `cRest`. Three slivers make two of these. Twelve accumulators hide the latency of a fused multiply-add, and are
 * all that fit the registers; without fusing they would spill.
 */
function tileSix(
  k: i32,
  a: usize,
  rest: usize,
  b: usize,
  source: usize,
  sourceRest: usize,
  sourceStride: usize,
  c: usize,
  cRest: usize,
  stride: usize,
  mode: i32,
): void {
  let c00 = f64x2.splat(0)
  let c01 = f64x2.splat(0)
  let c10 = f64x2.splat(0)
  let c11 = f64x2.splat(0)
  let c20 = f64x2.splat(0)
  let c21 = f64x2.splat(0)
  let c30 = f64x2.splat(0)
  let c31 = f64x2.splat(0)
  let c40 = f64x2.splat(0)
  let c41 = f64x2.splat(0)
  let c50 = f64x2.splat(0)
  let c51 = f64x2.splat(0)
  const end = b + (<usize>k << 5)
  while (b < end) {
    const low = v128.load(b)
    const high = v128.load(b, 16)
    let x = v128.load64_splat(a)
    c00 = multiplyAdd(x, low, c00)
    c01 = multiplyAdd(x, high, c01)
    x = v128.load64_splat(a, 8)
    c10 = multiplyAdd(x, low, c10)
    c11 = multiplyAdd(x, high, c11)
    x = v128.load64_splat(a, 16)
    c20 = multiplyAdd(x, low, c20)
    c21 = multiplyAdd(x, high, c21)
    x = v128.load64_splat(a, 24)
    c30 = multiplyAdd(x, low, c30)
    c31 = multiplyAdd(x, high, c31)
    x = v128.load64_splat(rest)
    c40 = multiplyAdd(x, low, c40)
    c41 = multiplyAdd(x, high, c41)
    x = v128.load64_splat(rest, 8)
    c50 = multiplyAdd(x, low, c50)
    c51 = multiplyAdd(x, high, c51)
    a += STEP
    rest += STEP
    b += STEP
  }
  finish(source, c, c00, c01, mode)
  finish(source + sourceStride, c + stride, c10, c11, mode)
  finish(source + 2 * sourceStride, c + 2 * stride, c20, c21, mode)
  finish(source + 3 * sourceStride, c + 3 * stride, c30, c31, mode)
  finish(sourceRest, cRest, c40, c41, mode)
  finish(sourceRest + sourceStride, cRest + stride, c50, c51, mode)
}

/** C ← the tile of squared distances Σ_p (a_ip − b_jp)². */
export function distanceTile(k: i32, a: usize, b: usize, c: usize, stride: usize): void {
  let c00 = f64x2.splat(0)
  let c01 = f64x2.splat(0)
  let c10 = f64x2.splat(0)
  let c11 = f64x2.splat(0)
  let c20 = f64x2.splat(0)
  let c21 = f64x2.splat(0)
  let c30 = f64x2.splat(0)
  let c31 = f64x2.splat(0)
  const end = b + (<usize>k << 5)
  while (b < end) {
    const low = v128.load(b)
    const high = v128.load(b, 16)
    let x = v128.load64_splat(a)
    let y = v128.sub<f64>(x, low)
    c00 = multiplyAdd(y, y, c00)
    y = v128.sub<f64>(x, high)
    c01 = multiplyAdd(y, y, c01)
    x = v128.load64_splat(a, 8)
    y = v128.sub<f64>(x, low)
    c10 = multiplyAdd(y, y, c10)
    y = v128.sub<f64>(x, high)
    c11 = multiplyAdd(y, y, c11)
    x = v128.load64_splat(a, 16)
    y = v128.sub<f64>(x, low)
    c20 = multiplyAdd(y, y, c20)
    y = v128.sub<f64>(x, high)
    c21 = multiplyAdd(y, y, c21)
    x = v128.load64_splat(a, 24)
    y = v128.sub<f64>(x, low)
    c30 = multiplyAdd(y, y, c30)
    y = v128.sub<f64>(x, high)
    c31 = multiplyAdd(y, y, c31)
    a += STEP
    b += STEP
  }
  finish(c, c, c00, c01, SET)
  finish(c + stride, c + stride, c10, c11, SET)
  finish(c + 2 * stride, c + 2 * stride, c20, c21, SET)
  finish(c + 3 * stride, c + 3 * stride, c30, c31, SET)
}

/**
 * Writes the part of a dense 4×4 tile at `from` that exists in C: `rows`×`columns`, and of row r only the first
 * `diagonal` + r columns (pass 4 for all).
 */
export function finishPart(
  from: usize,
  source: usize,
  sourceStride: usize,
  c: usize,
  stride: usize,
  rows: i32,
  columns: i32,
  diagonal: i32,
  mode: i32,
): void {
  for (let r = 0; r < rows; r++) {
    const width = min(columns, diagonal + r)
    for (let j = 0; j < width; j++) {
      const value = load<f64>(from + (<usize>(r * 4 + j) << 3))
      const at = <usize>j << 3
      if (mode == SET) store<f64>(c + at, value)
      else if (mode == ADD) store<f64>(c + at, load<f64>(source + at) + value)
      else store<f64>(c + at, load<f64>(source + at) - value)
    }
    source += sourceStride
    c += stride
  }
}
