/**
 * Matrices and the memory they live in.
 *
 * @module
 */

/**
 * A row-major float64 matrix, or a window into one. A vector of length n is an n×1 matrix.
 *
 * `data` starts at element (0, 0). A WASM heap may be replaced when it grows; the old array is then empty. So read
 * `data` again after any call that takes a workspace or a backend, rather than keeping it.
 *
 * @example
 * using workspace = backend.workspace()
 * const { data, stride } = workspace.from([[1, 2], [3, 4]])
 * data[1 * stride + 0] // 3
 */
export interface Matrix {
  readonly rows: number
  readonly columns: number
  /** Distance between the starts of two rows, in elements; ≥ columns. */
  readonly stride: number
  readonly data: Float64Array
  /** A window that shares memory with this matrix. */
  view(row: number, column: number, rows: number, columns: number): Matrix
}

/**
 * Memory with a lifetime. Disposing it frees every matrix taken from it; using one afterward is an error. A workspace
 * that is forgotten is freed when the garbage collector finds it and its matrices unreachable.
 *
 * @example
 * using workspace = backend.workspace()
 * workspace.matrix(2, 3).data // [0, 0, 0, …]
 */
export interface Workspace extends Disposable {
  /**
   * A matrix of zeros.
   *
   * @throws OutOfMemoryError when the backend's heap cannot hold it
   */
  matrix(rows: number, columns: number): Matrix
  /** A copy of rows of equal length. */
  from(values: readonly ArrayLike<number>[]): Matrix
  /** A copy of `rows × columns` values in row-major order. */
  copy(values: ArrayLike<number>, rows: number, columns: number): Matrix
  /** A copy of values as an n×1 matrix. */
  vector(values: ArrayLike<number>): Matrix
}

/**
 * The elements of a matrix without its stride, row-major, as a new array.
 *
 * @example
 * using workspace = backend.workspace()
 * toArray(workspace.from([[1, 2, 3], [4, 5, 6]]).view(0, 1, 2, 2)) // [2, 3, 5, 6]
 */
export function toArray(matrix: Matrix): Float64Array {
  const { rows, columns, stride, data } = matrix
  if (stride === columns) return data.slice(0, rows * columns)
  const values = new Float64Array(rows * columns)
  for (let i = 0; i < rows; i++) values.set(data.subarray(i * stride, i * stride + columns), i * columns)
  return values
}

/**
 * Copies row-major `values` into `matrix`.
 *
 * @example
 * using workspace = backend.workspace()
 * const k = workspace.matrix(2, 2)
 * assign(k, [1, 2, 3, 4])
 * toArray(k.view(1, 0, 1, 2)) // [3, 4]
 */
export function assign(matrix: Matrix, values: ArrayLike<number>): void {
  const { rows, columns, stride, data } = matrix
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) data[i * stride + j] = values[i * columns + j]!
  }
}
