/**
 * The generalized Cauchy point: the first minimizer of the quadratic model along the projected steepest-descent path.
 *
 * Source: R. H. Byrd, P. Lu, J. Nocedal and C. Zhu, "A limited memory algorithm for bound constrained optimization",
 * SIAM J. Sci. Comput. 16 (1995), algorithm CP.
 *
 * Notation: g gradient at x; t breakpoints; d the path's direction; p = Wᵀd; c = Wᵀ(point − x); B = θI − W M Wᵀ.
 *
 * @module
 */
import type { LimitedMemoryHessian } from './limited-memory-hessian.ts'

export interface CauchyPointFinder {
  /** The point; valid until the next call. */
  readonly point: Float64Array
  /** Wᵀ(point − x), of which the first `hessian.columns` entries count. */
  readonly c: Float64Array
  /** @returns false when the model's middle matrix is singular. */
  find(x: Float64Array, g: Float64Array, lower: Float64Array, upper: Float64Array): boolean
}

export function createCauchyPointFinder(n: number, memory: number, hessian: LimitedMemoryHessian): CauchyPointFinder {
  const point = new Float64Array(n)
  const d = new Float64Array(n)
  const t = new Float64Array(n)
  const order = new Int32Array(n)
  const c = new Float64Array(2 * memory)
  const p = new Float64Array(2 * memory)
  const row = new Float64Array(2 * memory)
  const product = new Float64Array(2 * memory)

  /** product = M v; returns whether it could. */
  const middleTimes = (v: Float64Array) => {
    product.set(v)
    return hessian.applyMiddle(product)
  }
  const productWith = (v: Float64Array) => {
    let sum = 0
    for (let k = 0; k < hessian.columns; k++) sum += v[k]! * product[k]!
    return sum
  }

  return {
    point,
    c,
    find(x, g, lower, upper) {
      const columns = hessian.columns
      const theta = hessian.theta
      c.fill(0)
      p.fill(0)
      let breakpoints = 0
      let slope = 0
      for (let i = 0; i < n; i++) {
        const gi = g[i]!
        const distance = gi < 0 ? upper[i]! - x[i]! : gi > 0 ? x[i]! - lower[i]! : Number.POSITIVE_INFINITY
        t[i] = gi === 0 ? Number.POSITIVE_INFINITY : distance / Math.abs(gi)
        d[i] = t[i]! > 0 ? -gi : 0
        point[i] = x[i]!
        slope -= d[i]! * d[i]!
        if (t[i]! > 0 && t[i]! < Number.POSITIVE_INFINITY) order[breakpoints++] = i
      }
      if (slope === 0) return true
      for (let k = 0; k < columns; k++) {
        let sum = 0
        for (let i = 0; i < n; i++) sum += hessian.weight(i, k) * d[i]!
        p[k] = sum
      }
      if (!middleTimes(p)) return false
      let curvature = -theta * slope - productWith(p)
      const smallest = Number.EPSILON * -theta * slope
      curvature = Math.max(curvature, smallest)
      let best = -slope / curvature
      let reached = 0
      const sorted = order.subarray(0, breakpoints).sort((a, b) => t[a]! - t[b]!)
      let passed = 0
      for (; passed < breakpoints; passed++) {
        const b = sorted[passed]!
        const interval = t[b]! - reached
        if (best < interval) break
        // Variable b hits its bound: the path turns.
        const direction = d[b]!
        point[b] = direction > 0 ? upper[b]! : lower[b]!
        const moved = point[b]! - x[b]!
        const gb = g[b]!
        for (let k = 0; k < columns; k++) {
          c[k]! += interval * p[k]!
          row[k] = hessian.weight(b, k)
        }
        slope += interval * curvature + gb * gb + theta * gb * moved
        curvature -= theta * gb * gb
        if (columns > 0) {
          if (!middleTimes(row)) return false
          slope -= gb * productWith(c)
          curvature -= 2 * gb * productWith(p) + gb * gb * productWith(row)
          for (let k = 0; k < columns; k++) p[k]! += gb * row[k]!
        }
        d[b] = 0
        reached = t[b]!
        curvature = Math.max(curvature, smallest)
        best = -slope / curvature
      }
      best = Math.max(best, 0)
      // Where every variable has hit a bound there is no last piece.
      if (passed === breakpoints && d.every((value) => value === 0)) best = 0
      for (let i = 0; i < n; i++) if (d[i] !== 0) point[i] = x[i]! + (reached + best) * d[i]!
      for (let k = 0; k < columns; k++) c[k]! += best * p[k]!
      for (let i = 0; i < n; i++) point[i] = Math.min(Math.max(point[i]!, lower[i]!), upper[i]!)
      return true
    },
  }
}
