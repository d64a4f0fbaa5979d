// Matrix × vector, and triangular solves of a single right-hand side: bound by memory, so no packing.

import { multiplyAdd } from './lanes'

/** Σ x_i y_i of contiguous vectors. */
export function dot(n: i32, x: usize, y: usize): f64 {
  let s0 = f64x2.splat(0)
  let s1 = f64x2.splat(0)
  let s2 = f64x2.splat(0)
  let s3 = f64x2.splat(0)
  let i = 0
  for (; i + 7 < n; i += 8, x += 64, y += 64) {
    s0 = multiplyAdd(v128.load(x), v128.load(y), s0)
    s1 = multiplyAdd(v128.load(x, 16), v128.load(y, 16), s1)
    s2 = multiplyAdd(v128.load(x, 32), v128.load(y, 32), s2)
    s3 = multiplyAdd(v128.load(x, 48), v128.load(y, 48), s3)
  }
  s0 = v128.add<f64>(v128.add<f64>(s0, s1), v128.add<f64>(s2, s3))
  let sum = f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1)
  for (; i < n; i++, x += 8, y += 8) sum += load<f64>(x) * load<f64>(y)
  return sum
}

/** y ← y + Σ_{r<4} f_r x_r for four contiguous rows x_r, `stride` bytes apart. */
// @ts-ignore: decorator
@inline
function addFour(n: i32, f0: f64, f1: f64, f2: f64, f3: f64, x: usize, stride: isize, y: usize): void {
  const v0 = f64x2.splat(f0)
  const v1 = f64x2.splat(f1)
  const v2 = f64x2.splat(f2)
  const v3 = f64x2.splat(f3)
  let x1 = x + stride
  let x2 = x1 + stride
  let x3 = x2 + stride
  let i = 0
  for (; i + 1 < n; i += 2, x += 16, x1 += 16, x2 += 16, x3 += 16, y += 16) {
    const first = multiplyAdd(v1, v128.load(x1), multiplyAdd(v0, v128.load(x), v128.load(y)))
    const second = multiplyAdd(v3, v128.load(x3), v128.mul<f64>(v2, v128.load(x2)))
    v128.store(y, v128.add<f64>(first, second))
  }
  if (i < n) {
    store<f64>(y, load<f64>(y) + f0 * load<f64>(x) + f1 * load<f64>(x1) + (f2 * load<f64>(x2) + f3 * load<f64>(x3)))
  }
}

/** y ← y + f x, contiguous. */
// @ts-ignore: decorator
@inline
function addOne(n: i32, f: f64, x: usize, y: usize): void {
  const v = f64x2.splat(f)
  let i = 0
  for (; i + 1 < n; i += 2, x += 16, y += 16) v128.store(y, multiplyAdd(v, v128.load(x), v128.load(y)))
  if (i < n) store<f64>(y, load<f64>(y) + f * load<f64>(x))
}

/**
 * y (m, contiguous) ← α·A (m×k)·x (k, contiguous) + β·y. One of A's strides is 1: dot products along its rows, or sums
 * of its columns.
 */
export function productVector(m: i32, k: i32, alpha: f64, a: usize, row: i32, column: i32, x: usize, beta: f64, y: usize): void {
  if (column == 1) {
    for (let i = 0; i < m; i++) {
      const value = alpha * dot(k, a + (<isize>(i * row) << 3), x)
      const to = y + (<usize>i << 3)
      store<f64>(to, beta == 0 ? value : beta * load<f64>(to) + value)
    }
    return
  }
  for (let i = 0; i < m; i++) {
    const to = y + (<usize>i << 3)
    store<f64>(to, beta == 0 ? 0 : beta * load<f64>(to))
  }
  const stride = <isize>column << 3
  let p = 0
  for (; p + 3 < k; p += 4, x += 32, a += 4 * stride) {
    const f0 = alpha * load<f64>(x)
    const f1 = alpha * load<f64>(x, 8)
    const f2 = alpha * load<f64>(x, 16)
    const f3 = alpha * load<f64>(x, 24)
    addFour(m, f0, f1, f2, f3, a, stride, y)
  }
  for (; p < k; p++, x += 8, a += stride) addOne(m, alpha * load<f64>(x), a, y)
}

/** x ← L⁻¹x, contiguous. */
export function solveVector(n: i32, l: usize, row: i32, x: usize): void {
  for (let i = 0; i < n; i++, l += <usize>row << 3) {
    const to = x + (<usize>i << 3)
    store<f64>(to, (load<f64>(to) - dot(i, l, x)) / load<f64>(l + (<usize>i << 3)))
  }
}

/** x ← L⁻ᵀx, contiguous: row i of L is taken out of all earlier elements as soon as x_i is known. */
export function solveVectorTransposed(n: i32, l: usize, row: i32, x: usize): void {
  for (let i = n - 1; i >= 0; i--) {
    const from = l + (<usize>(i * row) << 3)
    const to = x + (<usize>i << 3)
    const value = load<f64>(to) / load<f64>(from + (<usize>i << 3))
    store<f64>(to, value)
    addOne(i, -value, from, x)
  }
}
