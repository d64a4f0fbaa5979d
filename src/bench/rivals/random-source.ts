import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Seeded randomness, as a rival's script draws it. */
export interface RandomSource {
  /** In [0, 1). */
  uniform(): number
  /** In {0, …, count − 1}. */
  integer(count: number): number
  /** Standard normal. */
  normal(): number
  /** A copy in random order. */
  shuffled<Item>(items: readonly Item[]): Item[]
  /** An index drawn in proportion to its weight; weights need not sum to 1. */
  weighted(weights: ArrayLike<number>): number
}

/**
 * @example
 * createRandomSource(7).shuffled([1, 2, 3])
 */
export function createRandomSource(seed: number): RandomSource {
  const generator = xoroshiro128plus(seed)
  const source: RandomSource = {
    uniform: () => uniformFloat64(generator),
    integer: (count) => uniformInt(generator, 0, count - 1),
    // Box–Muller; 1 − u keeps the logarithm finite.
    normal: () => Math.sqrt(-2 * Math.log(1 - source.uniform())) * Math.cos(2 * Math.PI * source.uniform()),
    shuffled(items) {
      const copy = [...items]
      for (let last = copy.length - 1; last > 0; last--) {
        const other = source.integer(last + 1)
        const swap = copy[last]!
        copy[last] = copy[other]!
        copy[other] = swap
      }
      return copy
    },
    weighted(weights) {
      let total = 0
      for (let index = 0; index < weights.length; index++) total += weights[index]!
      let left = source.uniform() * total
      for (let index = 0; index < weights.length; index++) {
        left -= weights[index]!
        if (left < 0) return index
      }
      return weights.length - 1
    },
  }
  return source
}
