/**
 * What every workspace does, whatever memory it takes from.
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'
import { checkDimension } from './check.ts'
import { assign, type Matrix, type Workspace } from './matrix.ts'

/**
 * A workspace over some memory.
 *
 * @param allocate takes a zeroed matrix from the memory
 * @param free gives everything allocated through this workspace back; called once
 */
export function createWorkspace(allocate: (rows: number, columns: number) => Matrix, free: () => void): Workspace {
  let open = true
  const workspace: Workspace = {
    matrix(rows, columns) {
      if (!open) throw new InvalidArgumentError('the workspace is disposed; expected an open one')
      checkDimension('rows', rows)
      checkDimension('columns', columns)
      return allocate(rows, columns)
    },
    from(values) {
      const columns = values[0]?.length ?? 0
      const matrix = workspace.matrix(values.length, columns)
      const { data } = matrix
      for (const [i, row] of values.entries()) {
        if (row.length !== columns) {
          throw new InvalidArgumentError(`values[${i}] has ${row.length} elements; expected ${columns} as in values[0]`)
        }
        for (let j = 0; j < columns; j++) data[i * columns + j] = row[j]!
      }
      return matrix
    },
    copy(values, rows, columns) {
      if (values.length !== rows * columns) {
        throw new InvalidArgumentError(`values has ${values.length} elements; expected ${rows}×${columns}`)
      }
      if (!(values instanceof Float64Array)) {
        const matrix = workspace.matrix(rows, columns)
        assign(matrix, values)
        return matrix
      }
      // Values may be a window into this very memory, which detaches when the allocation makes it grow.
      const { byteOffset, length } = values
      const matrix = workspace.matrix(rows, columns)
      const { data } = matrix
      data.set(values.length === length ? values : new Float64Array(data.buffer, byteOffset, length))
      return matrix
    },
    vector: (values) => workspace.copy(values, values.length, 1),
    [Symbol.dispose]() {
      if (open) free()
      open = false
    },
  }
  return workspace
}
