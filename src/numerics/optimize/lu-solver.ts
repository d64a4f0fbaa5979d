/** Gaussian elimination with partial pivoting on a small matrix that is refilled often. */
export interface LuSolver {
  /** Row-major, `size`×`size`; overwritten by {@link factor}. */
  readonly matrix: Float64Array
  resize(size: number): void
  factor(): boolean
  /** Solves in place; false when the last factorization failed. */
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
