// To and from the sliver format of tile.ts. Strides are in elements and may be negative: a reversed matrix packs too.

import { STEP } from './tile'

/** Packs `lines` (1 … 4) lines of length k; missing lines become 0. */
export function packSliver(
  to: usize,
  from: usize,
  lineStride: i32,
  innerStride: i32,
  lines: i32,
  k: i32,
  factor: f64,
): void {
  const line = <isize>lineStride << 3
  const inner = <isize>innerStride << 3
  if (lines == 4 && innerStride == 1) packAlong(to, from, line, k, factor)
  else if (lines == 4 && lineStride == 1) packAcross(to, from, inner, k, factor)
  else if (lines == 4 && lineStride == -1) packAcrossReversed(to, from, inner, k, factor)
  else {
    for (let p = 0; p < k; p++, to += STEP, from += inner) {
      for (let r = 0; r < 4; r++) {
        store<f64>(to + (<usize>r << 3), r < lines ? factor * load<f64>(from + <isize>r * line) : 0)
      }
    }
  }
}

/** Lines are contiguous: 2×2 transposes. */
// @ts-ignore: decorator
@inline
function packAlong(to: usize, from: usize, line: isize, k: i32, factor: f64): void {
  const scale = f64x2.splat(factor)
  let first = from
  let second = from + line
  let third = second + line
  let fourth = third + line
  let p = 0
  for (; p + 1 < k; p += 2, to += 2 * STEP, first += 16, second += 16, third += 16, fourth += 16) {
    const x = v128.mul<f64>(scale, v128.load(first))
    const y = v128.mul<f64>(scale, v128.load(second))
    const z = v128.mul<f64>(scale, v128.load(third))
    const w = v128.mul<f64>(scale, v128.load(fourth))
    v128.store(to, v128.shuffle<f64>(x, y, 0, 2))
    v128.store(to, v128.shuffle<f64>(z, w, 0, 2), 16)
    v128.store(to, v128.shuffle<f64>(x, y, 1, 3), 32)
    v128.store(to, v128.shuffle<f64>(z, w, 1, 3), 48)
  }
  if (p < k) {
    store<f64>(to, factor * load<f64>(first))
    store<f64>(to, factor * load<f64>(second), 8)
    store<f64>(to, factor * load<f64>(third), 16)
    store<f64>(to, factor * load<f64>(fourth), 24)
  }
}

/** The 4 lines lie side by side: copies. */
// @ts-ignore: decorator
@inline
function packAcross(to: usize, from: usize, inner: isize, k: i32, factor: f64): void {
  const scale = f64x2.splat(factor)
  for (let p = 0; p < k; p++, to += STEP, from += inner) {
    v128.store(to, v128.mul<f64>(scale, v128.load(from)))
    v128.store(to, v128.mul<f64>(scale, v128.load(from, 16)), 16)
  }
}

/** The same, right to left. */
// @ts-ignore: decorator
@inline
function packAcrossReversed(to: usize, from: usize, inner: isize, k: i32, factor: f64): void {
  const scale = f64x2.splat(factor)
  for (let p = 0; p < k; p++, to += STEP, from += inner) {
    const first = v128.load(from - 8)
    const second = v128.load(from - 24)
    v128.store(to, v128.mul<f64>(scale, v128.shuffle<f64>(first, first, 1, 0)))
    v128.store(to, v128.mul<f64>(scale, v128.shuffle<f64>(second, second, 1, 0)), 16)
  }
}

/** The reverse of packSliver with factor 1. */
export function unpackSliver(from: usize, to: usize, lineStride: i32, innerStride: i32, lines: i32, k: i32): void {
  const line = <isize>lineStride << 3
  const inner = <isize>innerStride << 3
  if (lines == 4 && innerStride == 1) {
    let first = to
    let second = to + line
    let third = second + line
    let fourth = third + line
    let p = 0
    for (; p + 1 < k; p += 2, from += 2 * STEP, first += 16, second += 16, third += 16, fourth += 16) {
      const x = v128.load(from)
      const y = v128.load(from, 16)
      const z = v128.load(from, 32)
      const w = v128.load(from, 48)
      v128.store(first, v128.shuffle<f64>(x, z, 0, 2))
      v128.store(second, v128.shuffle<f64>(x, z, 1, 3))
      v128.store(third, v128.shuffle<f64>(y, w, 0, 2))
      v128.store(fourth, v128.shuffle<f64>(y, w, 1, 3))
    }
    if (p < k) {
      store<f64>(first, load<f64>(from))
      store<f64>(second, load<f64>(from, 8))
      store<f64>(third, load<f64>(from, 16))
      store<f64>(fourth, load<f64>(from, 24))
    }
  } else if (lines == 4 && lineStride == 1) {
    for (let p = 0; p < k; p++, from += STEP, to += inner) {
      v128.store(to, v128.load(from))
      v128.store(to, v128.load(from, 16), 16)
    }
  } else {
    for (let p = 0; p < k; p++, from += STEP, to += inner) {
      for (let r = 0; r < lines; r++) store<f64>(to + <isize>r * line, load<f64>(from + (<usize>r << 3)))
    }
  }
}
