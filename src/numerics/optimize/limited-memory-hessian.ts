/**
 * The compact limited-memory BFGS matrix B = θI − W M Wᵀ.
 *
 * Source: R. H. Byrd, J. Nocedal and R. B. Schnabel, "Representations of quasi-Newton matrices and their use in limited
 * memory methods", Mathematical Programming 63 (1994), eq. 3.5.
 *
 * Notation: n variables, k ≤ m pairs; S, Y: k×n rows of steps and gradient changes, oldest first; θ = yᵀy/sᵀy of the
 * newest; W = [Y, θS] (n×2k); M⁻¹ = [[−D, Lᵀ], [L, θSᵀS]] with D = diag(sᵢᵀyᵢ), L strictly lower part of SᵀY.
 *
 * @module
 */
import { createLuSolver } from './lu-solver.ts'

export interface LimitedMemoryHessian {
  readonly theta: number
  /** 2k: columns of W. */
  readonly columns: number
  /** W[i, column]. */
  weight(i: number, column: number): number
  /** M v in place; false when M⁻¹ is numerically singular. */
  applyMiddle(v: Float64Array): boolean
  /** B⁻¹ v in place, by the two-loop recursion: what a search without bounds needs, in O(kn). */
  applyInverse(v: Float64Array): void
  /** Adds a pair; false when the new middle matrix is singular: then {@link reset}. */
  push(s: Float64Array, y: Float64Array): boolean
  reset(): void
}

export function createLimitedMemoryHessian(n: number, memory: number): LimitedMemoryHessian {
  const steps = new Float64Array(memory * n)
  const changes = new Float64Array(memory * n)
  const stepStep = new Float64Array(memory * memory)
  const stepChange = new Float64Array(memory * memory)
  const middle = createLuSolver(2 * memory)
  const factors = new Float64Array(memory)
  let theta = 1
  let pairs = 0

  const rowDot = (a: Float64Array, row: number, b: Float64Array) => {
    let sum = 0
    for (let i = 0, offset = row * n; i < n; i++) sum += a[offset + i]! * b[i]!
    return sum
  }
  const shift = (matrix: Float64Array) => {
    for (let row = 1; row < memory; row++) {
      for (let column = 1; column < memory; column++) {
        matrix[(row - 1) * memory + column - 1] = matrix[row * memory + column]!
      }
    }
  }

  return {
    get theta() {
      return theta
    },
    get columns() {
      return 2 * pairs
    },
    weight(i, column) {
      return column < pairs ? changes[column * n + i]! : theta * steps[(column - pairs) * n + i]!
    },
    applyMiddle: (v) => middle.solve(v),
    applyInverse(v) {
      for (let row = pairs - 1; row >= 0; row--) {
        const factor = rowDot(steps, row, v) / stepChange[row * memory + row]!
        factors[row] = factor
        for (let i = 0, offset = row * n; i < n; i++) v[i]! -= factor * changes[offset + i]!
      }
      for (let i = 0; i < n; i++) v[i]! /= theta
      for (let row = 0; row < pairs; row++) {
        const factor = factors[row]! - rowDot(changes, row, v) / stepChange[row * memory + row]!
        for (let i = 0, offset = row * n; i < n; i++) v[i]! += factor * steps[offset + i]!
      }
    },
    push(s, y) {
      if (pairs === memory) {
        steps.copyWithin(0, n)
        changes.copyWithin(0, n)
        shift(stepStep)
        shift(stepChange)
        pairs--
      }
      steps.set(s, pairs * n)
      changes.set(y, pairs * n)
      let yy = 0
      for (let i = 0; i < n; i++) yy += y[i]! * y[i]!
      for (let row = 0; row <= pairs; row++) {
        stepStep[row * memory + pairs] = stepStep[pairs * memory + row] = rowDot(steps, row, s)
        stepChange[row * memory + pairs] = rowDot(steps, row, y)
        stepChange[pairs * memory + row] = rowDot(changes, row, s)
      }
      theta = yy / stepChange[pairs * memory + pairs]!
      pairs++
      const size = 2 * pairs
      middle.resize(size)
      for (let row = 0; row < pairs; row++) {
        for (let column = 0; column < pairs; column++) {
          middle.matrix[row * size + column] = row === column ? -stepChange[row * memory + row]! : 0
          const lower = row > column ? stepChange[row * memory + column]! : 0
          middle.matrix[(pairs + row) * size + column] = lower
          middle.matrix[column * size + pairs + row] = lower
          middle.matrix[(pairs + row) * size + pairs + column] = theta * stepStep[row * memory + column]!
        }
      }
      return middle.factor()
    },
    reset() {
      pairs = 0
      theta = 1
      middle.resize(0)
    },
  }
}
