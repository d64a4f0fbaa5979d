import { createRandom } from '../numerics/random/random.ts'

/**
 * 0 … size − 1 in random order, such that a longer list keeps the relative order of a shorter one: element k is inserted
 * at a place that depends on the seed, the label and k alone, so candidates may join without disturbing the rest.
 *
 * @example
 * stableShuffle(2, 1, 'prompts') // [0, 1]
 * stableShuffle(3, 1, 'prompts').filter((i) => i < 2) // [0, 1]: the same order
 */
export function stableShuffle(size: number, seed: number, label: string): number[] {
  const random = createRandom(seed).split(label)
  const order: number[] = []
  for (let k = 0; k < size; k++) order.splice(random.integer(k + 1), 0, k)
  return order
}
