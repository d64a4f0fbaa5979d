/**
 * Seeds of independent parts of a benchmark, derived from one. The same inputs give the same seed on every machine.
 * Policies never enter, so that all of them see the same examples in the same order.
 *
 * @module
 */
import { createRandom } from '../../numerics/random/index.ts'

/**
 * A 31-bit seed from a root seed and names.
 *
 * @example
 * deriveSeed(1, 'word-relations', 3) === deriveSeed(1, 'word-relations', 4) // false
 */
export function deriveSeed(root: number, ...parts: readonly (string | number)[]): number {
  let stream = createRandom(root)
  for (const part of parts) stream = stream.split(part)
  return stream.integer(2 ** 31)
}

/** The numbers 0 … count−1 in an order that depends only on the seed. */
export function shuffledIndices(count: number, seed: number): Int32Array {
  return createRandom(seed).permutation(count)
}
