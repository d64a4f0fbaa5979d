/**
 * Minimizes the quadratic model over the variables that are free at the Cauchy point, then returns to the box.
 *
 * Source: Byrd, Lu, Nocedal and Zhu (1995), section 5.1 (direct primal method); the projection with its fallback is from
 * J. L. Morales and J. Nocedal, "Remark on Algorithm 778", ACM TOMS 38 (2011).
 *
 * Notation: r reduced gradient of the model at the Cauchy point; Z selects free variables; N = I − M WᵀZZᵀW/θ.
 *
 * @module
 */
import type { CauchyPointFinder } from './cauchy-point.ts'
import type { LimitedMemoryHessian } from './limited-memory-hessian.ts'
import { createLuSolver } from './lu-solver.ts'

export interface SubspaceMinimizer {
  /** Writes the minimizer into `out`; false when a small system is singular. */
  minimize(
    x: Float64Array,
    g: Float64Array,
    lower: Float64Array,
    upper: Float64Array,
    cauchy: CauchyPointFinder,
    out: Float64Array,
  ): boolean
}

export function createSubspaceMinimizer(n: number, memory: number, hessian: LimitedMemoryHessian): SubspaceMinimizer {
  const free = new Int32Array(n)
  const r = new Float64Array(n)
  const v = new Float64Array(2 * memory)
  const column = new Float64Array(2 * memory)
  const solver = createLuSolver(2 * memory)

  /** Whether the projected step r from the Cauchy point descends, after cutting it at the first bound if it does not. */
  const descends = (
    x: Float64Array,
    g: Float64Array,
    lower: Float64Array,
    upper: Float64Array,
    point: Float64Array,
    count: number,
    out: Float64Array,
  ): boolean => {
    let slope = 0
    for (let i = 0; i < n; i++) slope += g[i]! * (out[i]! - x[i]!)
    if (slope <= 0) return Number.isFinite(slope)

    let fraction = 1
    for (let f = 0; f < count; f++) {
      const i = free[f]!
      const room = r[f]! > 0 ? upper[i]! - point[i]! : lower[i]! - point[i]!
      if (r[f] !== 0 && room / r[f]! < fraction) fraction = room / r[f]!
    }
    for (let f = 0; f < count; f++) {
      const i = free[f]!
      out[i] = Math.min(Math.max(point[i]! + fraction * r[f]!, lower[i]!), upper[i]!)
    }
    return true
  }

  return {
    minimize(x, g, lower, upper, cauchy, out) {
      const { point } = cauchy
      const { columns, theta } = hessian
      out.set(point)
      let count = 0
      for (let i = 0; i < n; i++) if (point[i]! > lower[i]! && point[i]! < upper[i]!) free[count++] = i
      if (count === 0 || columns === 0) return true

      if (count === n) {
        // No bound in the way: the quasi-Newton step, which needs no system of 2k equations.
        r.set(g)
        hessian.applyInverse(r)
        for (let i = 0; i < n; i++) {
          r[i] = x[i]! - r[i]! - point[i]!
          out[i] = Math.min(Math.max(point[i]! + r[i]!, lower[i]!), upper[i]!)
        }
        return descends(x, g, lower, upper, point, count, out)
      }

      v.set(cauchy.c)
      if (!hessian.applyMiddle(v)) return false
      for (let f = 0; f < count; f++) {
        const i = free[f]!
        let sum = g[i]! + theta * (point[i]! - x[i]!)
        for (let k = 0; k < columns; k++) sum -= hessian.weight(i, k) * v[k]!
        r[f] = sum
      }
      for (let k = 0; k < columns; k++) {
        let sum = 0
        for (let f = 0; f < count; f++) sum += hessian.weight(free[f]!, k) * r[f]!
        v[k] = sum
      }
      if (!hessian.applyMiddle(v)) return false
      solver.resize(columns)
      for (let k = 0; k < columns; k++) {
        for (let l = 0; l < columns; l++) {
          let sum = 0
          for (let f = 0; f < count; f++) sum += hessian.weight(free[f]!, l) * hessian.weight(free[f]!, k)
          column[l] = sum / theta
        }
        hessian.applyMiddle(column)
        for (let l = 0; l < columns; l++) solver.matrix[l * columns + k] = (l === k ? 1 : 0) - column[l]!
      }
      if (!solver.factor() || !solver.solve(v)) return false

      for (let f = 0; f < count; f++) {
        const i = free[f]!
        let sum = 0
        for (let k = 0; k < columns; k++) sum += hessian.weight(i, k) * v[k]!
        // r now holds the step of the free variables.
        r[f] = -r[f]! / theta - sum / (theta * theta)
        out[i] = Math.min(Math.max(point[i]! + r[f]!, lower[i]!), upper[i]!)
      }
      return descends(x, g, lower, upper, point, count, out)
    },
  }
}
