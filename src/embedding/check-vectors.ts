import { showValue } from '../check-input.ts'
import { InvalidArgumentError } from '../errors.ts'
import { checkEmbedding } from '../prompt/check-embedding.ts'

/**
 * Refuses what an embedder gave unless it is one vector per text, all of one length and none of norm 0.
 *
 * @param by Who gave them, for the message.
 * @param length What the embedder says of itself. @defaultValue the length of the first
 * @throws InvalidArgumentError naming the vector, what is wrong with it, and the remedy.
 * @example
 * checkVectors([], 2, 'embed') // throws InvalidArgumentError: embed gave 0 vectors; expected 2, one per text
 */
export function checkVectors(
  vectors: unknown,
  count: number,
  by: string,
  length?: number,
): asserts vectors is readonly Float64Array[] {
  if (!Array.isArray(vectors) || vectors.length !== count) {
    throw new InvalidArgumentError(
      `${by} gave ${Array.isArray(vectors) ? vectors.length : showValue(vectors)} vectors; expected ${count}, one per text`,
      { remedy: 'An embedder gives one vector per text, in order.' },
    )
  }
  const first: unknown = vectors[0]
  const expected =
    length ?? (ArrayBuffer.isView(first) || Array.isArray(first) ? (first as Float64Array).length : undefined)
  for (const [index, vector] of vectors.entries()) checkEmbedding(vector, `vector ${index} of ${by}`, expected)
}
