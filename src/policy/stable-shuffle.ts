import { createRandom } from '../numerics/random/random.ts'

/**
 * 0 … size − 1 in random order, such that a longer list keeps the relative order of a shorter one. Element k is
 * inserted at a place that depends on the seed, the label and k alone. So candidates may join without disturbing the
 * rest.
 *
 * @example
 * stableShuffle(2, 1, 'prompts') // [0, 1]
 * stableShuffle(3, 1, 'prompts').filter((i) => i < 2) // [0, 1]: the same order
 */
export function stableShuffle(size: number, seed: number, label: string): number[] {
  const random = createRandom(seed).split(label)
  const places = Int32Array.from({ length: size }, (_, k) => random.integer(k + 1))
  // Backwards, so that nothing is moved: of the places that later elements left free, the last element takes its own.
  const free = createFreePlaces(size)
  const order = new Array<number>(size)
  for (let k = size - 1; k >= 0; k--) order[free.take(places[k]!)] = k
  return order
}

/** Counts of free places in a binary indexed tree (Fenwick 1994). */
function createFreePlaces(size: number) {
  const counts = Int32Array.from({ length: size + 1 }, (_, i) => i & -i)
  const top = 2 ** Math.floor(Math.log2(Math.max(1, size)))
  return {
    /** The free place before which `rank` others are free; it is free no longer. */
    take(rank: number): number {
      let place = 0
      let rest = rank
      for (let step = top; step > 0; step >>= 1) {
        const next = place + step
        if (next <= size && counts[next]! <= rest) {
          place = next
          rest -= counts[next]!
        }
      }
      for (let i = place + 1; i <= size; i += i & -i) counts[i]!--
      return place
    },
  }
}
