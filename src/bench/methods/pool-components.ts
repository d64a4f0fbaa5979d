/**
 * What the surrogates of these methods see of a pool: the leading principal components of its embeddings. Nothing is lost where
 * there are as many components as prompts, and small models train in milliseconds.
 *
 * @module
 */
import type { PolicyContext } from '../../policy/policy.ts'

/** prompts × columns, row-major, scaled so that the first column has standard deviation 1. */
export interface Components {
  readonly rows: number
  readonly columns: number
  readonly values: Float64Array
}

/**
 * Principal components of some vectors, at most `columns` of them: centered, projected, and divided by one common scale,
 * so that distances keep their proportions.
 *
 * @param vectors n vectors of one length d.
 */
export function principalComponents(
  vectors: readonly Float64Array[],
  columns: number,
  backend: PolicyContext['backend'],
): Components {
  const rows = vectors.length
  const dimensions = vectors[0]?.length ?? 0
  const mean = new Float64Array(dimensions)
  for (const vector of vectors) for (let k = 0; k < dimensions; k++) mean[k]! += vector[k]! / rows
  const centered = vectors.map((vector) => vector.map((value, k) => value - mean[k]!))
  const kept = Math.max(1, Math.min(columns, rows, dimensions))
  const values = new Float64Array(rows * kept)
  if (rows < 2 || dimensions === 0) return { rows, columns: kept, values }
  backend.scope((workspace) => {
    const x = workspace.from(centered)
    // The smaller of XXᵀ and XᵀX: both have the components.
    const dual = rows <= dimensions
    const size = dual ? rows : dimensions
    const gram = workspace.matrix(size, size)
    backend.syrk(x, gram, { transpose: !dual, triangle: 'full' })
    const vectorsOut = workspace.matrix(size, size)
    const eigenvalues = backend.symmetricEigen(gram, vectorsOut)
    const { data, stride } = vectorsOut
    for (let column = 0; column < kept; column++) {
      const from = size - 1 - column
      const length = Math.sqrt(Math.max(0, eigenvalues[from]!))
      for (let row = 0; row < rows; row++) {
        let value = 0
        if (dual) value = data[row * stride + from]! * length
        else for (let k = 0; k < dimensions; k++) value += centered[row]![k]! * data[k * stride + from]!
        values[row * kept + column] = value
      }
    }
  })
  let squares = 0
  for (let row = 0; row < rows; row++) squares += values[row * kept]! ** 2
  const scale = Math.sqrt(squares / rows)
  if (scale > 0) for (let index = 0; index < values.length; index++) values[index]! /= scale
  return { rows, columns: kept, values }
}
