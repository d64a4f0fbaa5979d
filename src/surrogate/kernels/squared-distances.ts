import type { Backend } from '../../numerics/linalg/backend.ts'
import { toArray } from '../../numerics/linalg/matrix.ts'

export interface SquaredDistanceOptions {
  /** 1/ℓ by coordinate: the distance between unequal values of a categorical coordinate. */
  readonly inverse: Float64Array
  /** 1 where a coordinate is categorical. */
  readonly categorical: Uint8Array | undefined
  /** Go through a matrix product, for wide points. */
  readonly backend: Backend | undefined
  /** Both sets are the same. */
  readonly symmetric?: boolean
}

/** Squared distances between the rows of two arrays already divided by the length scales, n×m. */
export function squaredDistances(
  a: Float64Array,
  b: Float64Array,
  shape: { readonly count: number; readonly dimension: number },
  m: number,
  options: SquaredDistanceOptions,
): Float64Array {
  const { count: n, dimension } = shape
  const { inverse, categorical, backend, symmetric = false } = options
  if (backend) {
    return backend.scope((workspace) => {
      const left = workspace.copy(a, n, dimension)
      const out = workspace.matrix(n, m)
      if (symmetric) backend.squaredDistances(left, out)
      else backend.crossSquaredDistances(left, workspace.copy(b, m, dimension), out)
      return toArray(out)
    })
  }
  const out = new Float64Array(n * m)
  for (let i = 0; i < n; i++) {
    const end = symmetric ? i : m
    for (let j = 0; j < end; j++) {
      let s = 0
      const p = i * dimension
      const q = j * dimension
      if (categorical) {
        for (let d = 0; d < dimension; d++) {
          const raw = a[p + d]! - b[q + d]!
          const difference = categorical[d] ? (raw === 0 ? 0 : inverse[d]!) : raw
          s += difference * difference
        }
      } else {
        for (let d = 0; d < dimension; d++) {
          const difference = a[p + d]! - b[q + d]!
          s += difference * difference
        }
      }
      out[i * m + j] = s
      if (symmetric) out[j * m + i] = s
    }
  }
  return out
}
