import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/numerics/random/random.ts'
import { stableShuffle } from '../../src/policy/stable-shuffle.ts'

/** As it is defined: element after element is put in its place. */
function byInsertion(size: number, seed: number, label: string): number[] {
  const random = createRandom(seed).split(label)
  const order: number[] = []
  for (let k = 0; k < size; k++) order.splice(random.integer(k + 1), 0, k)
  return order
}

describe('a stable shuffle', () => {
  it.each([0, 1, 2, 3, 7, 8, 9, 64, 65, 1000])('of %d is what insertion gives', (size) => {
    for (const seed of [0, 1, 99]) expect(stableShuffle(size, seed, 'x')).toEqual(byInsertion(size, seed, 'x'))
  })

  it('keeps the order of a shorter one, and is another with another seed or label', () => {
    const long = stableShuffle(50, 1, 'x')
    expect(long.filter((k) => k < 20)).toEqual(stableShuffle(20, 1, 'x'))
    expect(stableShuffle(50, 2, 'x')).not.toEqual(long)
    expect(stableShuffle(50, 1, 'y')).not.toEqual(long)
  })
})
