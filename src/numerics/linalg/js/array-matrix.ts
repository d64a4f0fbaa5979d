/**
 * Matrices in ordinary JavaScript memory.
 *
 * @module
 */
import { checkWindow } from '../check.ts'
import type { Matrix, Workspace } from '../matrix.ts'
import { createWorkspace } from '../workspace.ts'

/** A matrix over the given memory, which it does not copy. */
export function arrayMatrix(data: Float64Array, rows: number, columns: number, stride: number = columns): Matrix {
  const matrix: Matrix = {
    rows,
    columns,
    stride,
    data,
    view(row, column, viewRows, viewColumns) {
      checkWindow(matrix, row, column, viewRows, viewColumns)
      return arrayMatrix(data.subarray(row * stride + column), viewRows, viewColumns, stride)
    },
  }
  return matrix
}

/** A workspace over ordinary memory; the garbage collector frees it. */
export function createArrayWorkspace(): Workspace {
  return createWorkspace(
    (rows, columns) => arrayMatrix(new Float64Array(rows * columns), rows, columns),
    () => {},
  )
}
