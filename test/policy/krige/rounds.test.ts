import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { roundEnd } from '../../../src/policy/krige/rounds.ts'

describe('rounds of a growing pool', () => {
  it('grow by a quarter, up to a batch', () => {
    const ends = [0]
    while (ends.length < 12) ends.push(roundEnd(ends.at(-1)!, 100))
    expect(ends).toEqual([0, 8, 16, 24, 32, 40, 50, 63, 79, 99, 124, 155])
  })

  it('end where they did when they began, whatever of them is told', () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.integer({ min: 2, max: 300 }), (told, batch) => {
        const end = roundEnd(told, batch)
        expect(end).toBeGreaterThan(told)
        expect(end - told).toBeLessThanOrEqual(batch)
        for (let more = told; more < end; more += 7) expect(roundEnd(more, batch)).toBe(end)
      }),
    )
  })
})
