// Traces of the log marginal likelihood's gradient: the formulas of js/likelihood-gradient.ts.
//
//     V_ij = (w_i w_j − K⁻¹_ij) G_ij

import { multiplyAdd, multiplySubtract } from './lanes'
import { packSliver } from './pack'
import { SET, STEP, tile } from './tile'

/** ½ Σ_ij V_ij, or ½ Σ_ij V_ij D_ij when `squared` is not 0; lower triangles, w contiguous. */
export function traceGradient(
  n: i32,
  inverse: usize,
  inverseRow: i32,
  w: usize,
  derivative: usize,
  derivativeRow: i32,
  squared: usize,
  squaredRow: i32,
): f64 {
  let total: f64 = 0
  for (let i = 0; i < n; i++) {
    const weight = load<f64>(w + (<usize>i << 3))
    const splat = f64x2.splat(weight)
    let even = f64x2.splat(0)
    let odd = f64x2.splat(0)
    let j = 0
    for (; j + 3 < i; j += 4) {
      const at = <usize>j << 3
      let x = multiplyAdd(splat, v128.load(w + at), v128.neg<f64>(v128.load(inverse + at)))
      let y = multiplyAdd(splat, v128.load(w + at, 16), v128.neg<f64>(v128.load(inverse + at, 16)))
      let g = v128.load(derivative + at)
      let h = v128.load(derivative + at, 16)
      if (squared) {
        g = v128.mul<f64>(g, v128.load(squared + at))
        h = v128.mul<f64>(h, v128.load(squared + at, 16))
      }
      even = multiplyAdd(x, g, even)
      odd = multiplyAdd(y, h, odd)
    }
    even = v128.add<f64>(even, odd)
    let sum = f64x2.extract_lane(even, 0) + f64x2.extract_lane(even, 1)
    for (; j <= i; j++) {
      const at = <usize>j << 3
      let term = (weight * load<f64>(w + at) - load<f64>(inverse + at)) * load<f64>(derivative + at)
      if (squared) term *= load<f64>(squared + at)
      sum += j == i ? 0.5 * term : term
    }
    total += sum
    inverse += <usize>inverseRow << 3
    derivative += <usize>derivativeRow << 3
    if (squared) squared += <usize>squaredRow << 3
  }
  return total
}

/** Bytes of scratch that `ardGradient` needs. */
export function ardGradientScratch(n: i32, d: i32): usize {
  const padded = <usize>((n + 3) & ~3)
  const dimensions = <usize>((d + 3) & ~3)
  return 128 + (padded << 3) + (dimensions << 4) + padded * STEP * 2 + padded * (dimensions << 3) + 64
}

/**
 * out_k ← Σ_i s_i x_ik² − 2 Σ_i x_ik (V̂X)_ik: rows of the strict lower triangle V̂ four at a time, as products with X
 * in slivers of 4 dimensions; `out` contiguous.
 */
export function ardGradient(
  n: i32,
  d: i32,
  inverse: usize,
  inverseRow: i32,
  w: usize,
  derivative: usize,
  derivativeRow: i32,
  x: usize,
  xRow: i32,
  out: usize,
  scratch: usize,
): void {
  const padded = (n + 3) & ~3
  const dimensions = (d + 3) & ~3
  const part = scratch
  const sums = scratch + 128
  const means = sums + (<usize>padded << 3)
  const gradient = means + (<usize>dimensions << 3)
  const rows = gradient + (<usize>dimensions << 3)
  const packedRows = rows + <usize>padded * STEP
  const packedX = packedRows + <usize>padded * STEP
  const sliverBytes = <usize>padded * STEP
  memory.fill(sums, 0, <usize>padded << 3)
  memory.fill(gradient, 0, <usize>dimensions << 3)
  packCentred(n, d, x, xRow, means, packedX, sliverBytes)
  const rowBytes = <usize>padded << 3
  for (let i = 0; i < n; i += 4) {
    const count = min(4, n - i)
    memory.fill(rows, 0, <usize>padded * STEP)
    for (let r = 0; r < count; r++) {
      strictRow(
        i + r,
        inverse + (<usize>((i + r) * inverseRow) << 3),
        w,
        derivative + (<usize>((i + r) * derivativeRow) << 3),
        rows + <usize>r * rowBytes,
        sums,
      )
    }
    const length = min(n, i + 4)
    packSliver(packedRows, rows, padded, 1, 4, length, 1)
    for (let k = 0; k < d; k += 4) {
      const sliver = packedX + <usize>(k >> 2) * sliverBytes
      tile(length, packedRows, sliver, part, STEP, SET)
      const to = gradient + (<usize>k << 3)
      let low = v128.load(to)
      let high = v128.load(to, 16)
      for (let r = 0; r < count; r++) {
        const xi = sliver + (<usize>(i + r) << 5)
        const product = part + (<usize>r << 5)
        low = multiplySubtract(v128.load(xi), v128.load(product), low)
        high = multiplySubtract(v128.load(xi, 16), v128.load(product, 16), high)
      }
      v128.store(to, low)
      v128.store(to, high, 16)
    }
  }
  for (let k = 0; k < d; k += 4) {
    const sliver = packedX + <usize>(k >> 2) * sliverBytes
    for (let q = 0; q < min(4, d - k); q++) {
      let squares: f64 = 0
      for (let i = 0; i < n; i++) {
        const value = load<f64>(sliver + (<usize>i << 5) + (<usize>q << 3))
        squares += load<f64>(sums + (<usize>i << 3)) * value * value
      }
      store<f64>(out + (<usize>(k + q) << 3), squares + 2 * load<f64>(gradient + (<usize>(k + q) << 3)))
    }
  }
}

/** Row i of V̂, added to the sums of its row and of its columns as well. */
// @ts-ignore: decorator
@inline
function strictRow(i: i32, inverse: usize, w: usize, derivative: usize, row: usize, sums: usize): void {
  const weight = load<f64>(w + (<usize>i << 3))
  const splat = f64x2.splat(weight)
  let total = f64x2.splat(0)
  let j = 0
  for (; j + 1 < i; j += 2) {
    const at = <usize>j << 3
    const term = multiplyAdd(splat, v128.load(w + at), v128.neg<f64>(v128.load(inverse + at)))
    const v = v128.mul<f64>(term, v128.load(derivative + at))
    v128.store(row + at, v)
    v128.store(sums + at, v128.add<f64>(v, v128.load(sums + at)))
    total = v128.add<f64>(total, v)
  }
  let sum = f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1)
  if (j < i) {
    const at = <usize>j << 3
    const v = (weight * load<f64>(w + at) - load<f64>(inverse + at)) * load<f64>(derivative + at)
    store<f64>(row + at, v)
    store<f64>(sums + at, load<f64>(sums + at) + v)
    sum += v
  }
  const own = sums + (<usize>i << 3)
  store<f64>(own, load<f64>(own) + sum)
}

/** X with its column means taken out, in slivers of 4 dimensions. */
function packCentred(n: i32, d: i32, x: usize, xRow: i32, means: usize, packed: usize, sliverBytes: usize): void {
  memory.fill(means, 0, <usize>((d + 3) & ~3) << 3)
  for (let i = 0; i < n; i++) {
    const from = x + (<usize>(i * xRow) << 3)
    for (let k = 0; k < d; k++) {
      const at = <usize>k << 3
      store<f64>(means + at, load<f64>(means + at) + load<f64>(from + at))
    }
  }
  const share = 1.0 / <f64>n
  for (let k = 0; k < d; k++) {
    const at = means + (<usize>k << 3)
    store<f64>(at, load<f64>(at) * share)
  }
  for (let k = 0; k < d; k += 4) {
    const sliver = packed + <usize>(k >> 2) * sliverBytes
    const lines = min(4, d - k)
    packSliver(sliver, x + (<usize>k << 3), 1, xRow, lines, n, 1)
    const low = v128.load(means + (<usize>k << 3))
    const high = v128.load(means + (<usize>k << 3), 16)
    for (let i = 0; i < n; i++) {
      const to = sliver + (<usize>i << 5)
      v128.store(to, v128.sub<f64>(v128.load(to), low))
      v128.store(to, v128.sub<f64>(v128.load(to, 16), high), 16)
    }
  }
}
