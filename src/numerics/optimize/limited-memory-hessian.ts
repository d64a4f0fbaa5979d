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

export interface LimitedMemoryHessian {
  readonly theta: number
  /** 2k: columns of W. */
  readonly columns: number
  /** W[i, column]. */
  weight(i: number, column: number): number
  /** M v in place; false when M⁻¹ is numerically singular. */
  applyMiddle(v: Float64Array): boolean
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

/** Gaussian elimination with partial pivoting on a small matrix that is refilled often. */
export interface LuSolver {
  /** Row-major, `size`×`size`; overwritten by {@link factor}. */
  readonly matrix: Float64Array
  resize(size: number): void
  factor(): boolean
  /** Solves in place; false when the last factorisation failed. */
  solve(v: Float64Array): boolean
}

export function createLuSolver(largestSize: number): LuSolver {
  const matrix = new Float64Array(largestSize * largestSize)
  const pivots = new Int32Array(largestSize)
  let size = 0
  let sound = true
  return {
    matrix,
    resize(next) {
      size = next
      sound = true
    },
    factor() {
      sound = true
      for (let column = 0; column < size; column++) {
        let pivot = column
        for (let row = column + 1; row < size; row++) {
          if (Math.abs(matrix[row * size + column]!) > Math.abs(matrix[pivot * size + column]!)) pivot = row
        }
        pivots[column] = pivot
        if (pivot !== column) {
          for (let k = 0; k < size; k++) {
            const held = matrix[column * size + k]!
            matrix[column * size + k] = matrix[pivot * size + k]!
            matrix[pivot * size + k] = held
          }
        }
        const diagonal = matrix[column * size + column]!
        if (!(Math.abs(diagonal) > 0 && Number.isFinite(diagonal))) {
          sound = false
          return false
        }
        for (let row = column + 1; row < size; row++) {
          const factor = matrix[row * size + column]! / diagonal
          matrix[row * size + column] = factor
          if (factor === 0) continue
          for (let k = column + 1; k < size; k++) matrix[row * size + k]! -= factor * matrix[column * size + k]!
        }
      }
      return true
    },
    solve(v) {
      for (let row = 0; row < size; row++) {
        const pivot = pivots[row]!
        const held = v[row]!
        v[row] = v[pivot]!
        v[pivot] = held
      }
      for (let row = 0; row < size; row++) {
        let sum = v[row]!
        for (let k = 0; k < row; k++) sum -= matrix[row * size + k]! * v[k]!
        v[row] = sum
      }
      for (let row = size - 1; row >= 0; row--) {
        let sum = v[row]!
        for (let k = row + 1; k < size; k++) sum -= matrix[row * size + k]! * v[k]!
        v[row] = sum / matrix[row * size + row]!
      }
      return sound
    },
  }
}
