// The 4×4 triangular pieces at the diagonal, on tiles in sliver format.

import { multiplySubtract } from './lanes'

/**
 * T ← L⁻¹T for a 4×4 lower triangle in a sliver (element (line r, p) = L_rp at l + p·32 + r·8) and T, 4×4 dense.
 * `reciprocals` holds 1/L_pp.
 */
// @ts-ignore: decorator
@inline
export function solveTile(l: usize, reciprocals: usize, t: usize): void {
  let scale = v128.load64_splat(reciprocals)
  const x0 = v128.mul<f64>(scale, v128.load(t))
  const y0 = v128.mul<f64>(scale, v128.load(t, 16))
  v128.store(t, x0)
  v128.store(t, y0, 16)

  let f = v128.load64_splat(l, 8)
  scale = v128.load64_splat(reciprocals, 8)
  const x1 = v128.mul<f64>(scale, multiplySubtract(f, x0, v128.load(t, 32)))
  const y1 = v128.mul<f64>(scale, multiplySubtract(f, y0, v128.load(t, 48)))
  v128.store(t, x1, 32)
  v128.store(t, y1, 48)

  f = v128.load64_splat(l, 16)
  let g = v128.load64_splat(l, 48)
  scale = v128.load64_splat(reciprocals, 16)
  const x2 = v128.mul<f64>(scale, multiplySubtract(g, x1, multiplySubtract(f, x0, v128.load(t, 64))))
  const y2 = v128.mul<f64>(scale, multiplySubtract(g, y1, multiplySubtract(f, y0, v128.load(t, 80))))
  v128.store(t, x2, 64)
  v128.store(t, y2, 80)

  f = v128.load64_splat(l, 24)
  g = v128.load64_splat(l, 56)
  const h = v128.load64_splat(l, 88)
  scale = v128.load64_splat(reciprocals, 24)
  const x3 = multiplySubtract(h, x2, multiplySubtract(g, x1, multiplySubtract(f, x0, v128.load(t, 96))))
  const y3 = multiplySubtract(h, y2, multiplySubtract(g, y1, multiplySubtract(f, y0, v128.load(t, 112))))
  v128.store(t, v128.mul<f64>(scale, x3), 96)
  v128.store(t, v128.mul<f64>(scale, y3), 112)
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
