import type { Backend } from '../../numerics/linalg/backend.ts'
import { toArray } from '../../numerics/linalg/matrix.ts'

/** The product of a rows×inner and an inner×columns array, row-major; `transposed` when b is stored columns×inner. */
export function multiply(
  backend: Backend,
  a: Float64Array,
  b: Float64Array,
  rows: number,
  inner: number,
  columns: number,
  transposed = false,
): Float64Array {
  return backend.scope((workspace) => {
    const out = workspace.matrix(rows, columns)
    const right = transposed ? workspace.copy(b, columns, inner) : workspace.copy(b, inner, columns)
    backend.gemm(workspace.copy(a, rows, inner), right, out, { transposeB: transposed })
    return toArray(out)
  })
}
