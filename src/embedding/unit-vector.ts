import { KrigeError } from '../errors.ts'

/**
 * A vector scaled to Euclidean norm 1, in float64.
 *
 * @throws KrigeError `model` when it is zero or not finite: a model that says nothing must not place a prompt anywhere.
 */
export function unitVector(values: ArrayLike<number>): Float64Array {
  const vector = Float64Array.from(values)
  let squares = 0
  for (const value of vector) squares += value * value
  const norm = Math.sqrt(squares)
  if (!(norm > 0) || !Number.isFinite(norm)) {
    throw new KrigeError('model', `the embedding model gave a vector of norm ${norm}; expected a positive number`, {
      remedy: 'Use another embedder, or fetch this one again with: krige models pull',
    })
  }
  for (let index = 0; index < vector.length; index++) vector[index]! /= norm
  return vector
}
