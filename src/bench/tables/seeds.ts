/**
 * Seeds of independent parts of a benchmark, derived from one: the same inputs give the same seed on every machine, and
 * policies never enter, so that all of them meet the same examples in the same order.
 *
 * @module
 */

import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/**
 * A 31-bit seed from a root seed and names: FNV-1a over the parts, finished with murmur3's mixer, since FNV alone
 * leaves close inputs close.
 *
 * @example
 * deriveSeed(1, 'navigate.t0pp', 3, 0.25)
 */
export function deriveSeed(root: number, ...parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5
  for (const character of JSON.stringify([root, ...parts])) {
    hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193)
  }
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  hash ^= hash >>> 16
  return hash >>> 1
}

/** The numbers 0 … count−1 in an order that depends only on the seed (Fisher–Yates). */
export function shuffledIndices(count: number, seed: number): Int32Array {
  const random = xoroshiro128plus(seed)
  const order = Int32Array.from({ length: count }, (_, index) => index)
  for (let last = count - 1; last > 0; last--) {
    const other = uniformInt(random, 0, last)
    const swap = order[last]!
    order[last] = order[other]!
    order[other] = swap
  }
  return order
}
