// The 4×4 triangular pieces at the diagonal, on tiles in sliver format.

import { multiplyAdd, multiplySubtract } from './lanes'
import { STEP } from './tile'

/**
 * T ← L⁻¹(T − AB) for a 4×4 tile T, dense, slivers A and B of length k, and a 4×4 lower triangle in a sliver (element
 * (line r, p) = L_rp at l + p·32 + r·8). `reciprocals` holds 1/L_pp. The loop is the one of tile.ts; what follows it
 * stays in registers.
 */
export function solveTile(k: i32, a: usize, b: usize, t: usize, l: usize, reciprocals: usize): void {
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
  let scale = v128.load64_splat(reciprocals)
  c00 = v128.mul<f64>(scale, v128.sub<f64>(v128.load(t), c00))
  c01 = v128.mul<f64>(scale, v128.sub<f64>(v128.load(t, 16), c01))
  v128.store(t, c00)
  v128.store(t, c01, 16)

  let f = v128.load64_splat(l, 8)
  scale = v128.load64_splat(reciprocals, 8)
  c10 = v128.mul<f64>(scale, multiplySubtract(f, c00, v128.sub<f64>(v128.load(t, 32), c10)))
  c11 = v128.mul<f64>(scale, multiplySubtract(f, c01, v128.sub<f64>(v128.load(t, 48), c11)))
  v128.store(t, c10, 32)
  v128.store(t, c11, 48)

  f = v128.load64_splat(l, 16)
  c20 = multiplySubtract(f, c00, v128.sub<f64>(v128.load(t, 64), c20))
  c21 = multiplySubtract(f, c01, v128.sub<f64>(v128.load(t, 80), c21))
  f = v128.load64_splat(l, 48)
  scale = v128.load64_splat(reciprocals, 16)
  c20 = v128.mul<f64>(scale, multiplySubtract(f, c10, c20))
  c21 = v128.mul<f64>(scale, multiplySubtract(f, c11, c21))
  v128.store(t, c20, 64)
  v128.store(t, c21, 80)

  f = v128.load64_splat(l, 24)
  c30 = multiplySubtract(f, c00, v128.sub<f64>(v128.load(t, 96), c30))
  c31 = multiplySubtract(f, c01, v128.sub<f64>(v128.load(t, 112), c31))
  f = v128.load64_splat(l, 56)
  c30 = multiplySubtract(f, c10, c30)
  c31 = multiplySubtract(f, c11, c31)
  f = v128.load64_splat(l, 88)
  scale = v128.load64_splat(reciprocals, 24)
  v128.store(t, v128.mul<f64>(scale, multiplySubtract(f, c20, c30)), 96)
  v128.store(t, v128.mul<f64>(scale, multiplySubtract(f, c21, c31)), 112)
}

/**
 * T ← L⁻¹T for the `count` (0, 4, 8 or 12) rows of T, a sliver read across: its columns are the lines. The rows of L
 * stand in slivers `sliverBytes` apart, the first at `l`; `reciprocals` holds 1/L_pp.
 */
export function solveColumns(count: i32, l: usize, sliverBytes: usize, t: usize, reciprocals: usize): void {
  for (let p = 0; p < count; p += 4, l += sliverBytes) {
    const offset = <usize>p << 5
    solveTile(p, l, t, t + offset, l + offset, reciprocals + (<usize>p << 3))
  }
}

/**
 * Factors the lower triangle of a 4×4 tile in sliver format in place and writes the reciprocals of its diagonal.
 *
 * @returns -1, or the column whose pivot was not positive and finite, left on the diagonal
 */
export function factorTile(t: usize, reciprocals: usize): i32 {
  for (let p = 0; p < 4; p++) {
    const column = t + (<usize>p << 5)
    const pivot = load<f64>(column + (<usize>p << 3))
    if (!(pivot > 0 && pivot < Infinity)) return p
    const diagonal = Math.sqrt(pivot)
    const reciprocal = 1 / diagonal
    store<f64>(column + (<usize>p << 3), diagonal)
    store<f64>(reciprocals + (<usize>p << 3), reciprocal)
    for (let r = p + 1; r < 4; r++) {
      const to = column + (<usize>r << 3)
      store<f64>(to, load<f64>(to) * reciprocal)
    }
    for (let q = p + 1; q < 4; q++) {
      const factor = load<f64>(column + (<usize>q << 3))
      for (let r = q; r < 4; r++) {
        const to = t + (<usize>q << 5) + (<usize>r << 3)
        store<f64>(to, load<f64>(to) - factor * load<f64>(column + (<usize>r << 3)))
      }
    }
  }
  return -1
}
