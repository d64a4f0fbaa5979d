import { InvalidArgumentError, NonFiniteError } from '../../errors.ts'
import type { Points } from '../points.ts'

/** Very many vectors of one length, read a few at a time: they stay as they are and where they are. */
export interface VectorPool {
  readonly count: number
  readonly dimension: number
  /** Writes vector `index` into `out` from `at` on. */
  read(index: number, out: Float64Array, at: number): void
}

/**
 * Vectors one after another in one array, which is not copied: a million of 384 numbers in float32 take 1.5 GB.
 *
 * @throws InvalidArgumentError when the length is not a multiple of the dimension; NonFiniteError on NaN or infinities.
 * @example
 * vectorPool(Float32Array.of(0, 1, 2, 3), 2).count // 2
 */
export function vectorPool(vectors: Float32Array | Float64Array, dimension: number): VectorPool {
  if (!(Number.isInteger(dimension) && dimension >= 1)) {
    throw new InvalidArgumentError(`dimension is ${dimension}; expected a positive whole number`)
  }
  if (vectors.length === 0 || vectors.length % dimension !== 0) {
    throw new InvalidArgumentError(
      `vectors has ${vectors.length} numbers; expected a multiple of dimension ${dimension}, at least one vector`,
    )
  }
  for (let i = 0; i < vectors.length; i++) {
    if (Number.isFinite(vectors[i]!)) continue
    const [vector, coordinate] = [Math.floor(i / dimension), i % dimension]
    throw new NonFiniteError(`vectors[${vector}][${coordinate}] is ${vectors[i]}; expected a finite number`)
  }
  return {
    count: vectors.length / dimension,
    dimension,
    read(index, out, at) {
      const from = index * dimension
      for (let d = 0; d < dimension; d++) out[at + d] = vectors[from + d]!
    },
  }
}

/** Some of the vectors, in the order asked for. */
export function readPoints(pool: VectorPool, indices: ArrayLike<number>): Points {
  const { dimension } = pool
  const data = new Float64Array(indices.length * dimension)
  for (let k = 0; k < indices.length; k++) pool.read(indices[k]!, data, k * dimension)
  return { count: indices.length, dimension, data }
}
