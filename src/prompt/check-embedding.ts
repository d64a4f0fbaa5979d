import { InvalidArgumentError } from '../errors.ts'

/**
 * Refuses a vector that places a text nowhere. It may have no length or another than the others, hold something that is
 * no finite number, or have norm 0.
 *
 * @param name What the vector is called in the message.
 * @param length Of the vectors beside it. @defaultValue any
 * @throws InvalidArgumentError naming the vector, what is wrong with it, and the remedy.
 * @example
 * checkEmbedding([1, Number.NaN], 'vectors[0]') // throws InvalidArgumentError: vectors[0][1] is NaN
 */
export function checkEmbedding(vector: unknown, name: string, length?: number): asserts vector is Float64Array {
  const isVector = Array.isArray(vector) || (ArrayBuffer.isView(vector) && !(vector instanceof DataView))
  if (!isVector || (vector as ArrayLike<unknown>).length === 0) {
    throw refused(`${name} is ${isVector ? 'empty' : typeof vector}; expected a vector of numbers`)
  }
  const values = vector as ArrayLike<unknown>
  if (length !== undefined && values.length !== length) {
    throw refused(`${name} has ${values.length} numbers; expected ${length}, as the others have`)
  }
  let largest = 0
  for (let k = 0; k < values.length; k++) {
    const value = values[k]
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      throw refused(`${name}[${k}] is ${String(value)}; expected a finite number`)
    }
    largest = Math.max(largest, Math.abs(value))
  }
  // Beyond, squares are no numbers.
  if (largest < 1e-150 || largest > 1e150) {
    throw refused(`${name} has norm ${largest === 0 ? 0 : `about ${largest}`}; expected a vector of norm 1`)
  }
}

function refused(message: string): InvalidArgumentError {
  return new InvalidArgumentError(message, {
    remedy: 'Use one embedder for all texts, one that gives a vector of norm 1 per text; or leave embeddings out.',
  })
}
