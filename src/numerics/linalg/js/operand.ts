/**
 * A matrix as the TypeScript kernels see it: both strides explicit, so that a transpose or a block costs nothing.
 *
 * @module
 */
import type { Matrix } from '../matrix.ts'

export interface Operand {
  readonly data: Float64Array
  readonly offset: number
  /** Distance between (i, j) and (i + 1, j). */
  readonly row: number
  /** Distance between (i, j) and (i, j + 1). */
  readonly column: number
}

export function operand({ data, stride }: Matrix): Operand {
  return { data, offset: 0, row: stride, column: 1 }
}

export function transposed({ data, offset, row, column }: Operand): Operand {
  return { data, offset, row: column, column: row }
}

/** The part that starts at (i, j). */
export function from({ data, offset, row, column }: Operand, i: number, j: number): Operand {
  return { data, offset: offset + i * row + j * column, row, column }
}
