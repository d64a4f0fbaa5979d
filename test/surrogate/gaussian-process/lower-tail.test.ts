import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chained, lowerTailTransform } from '../../../src/surrogate/gaussian-process/lower-tail.ts'
import { yeoJohnsonTransform } from '../../../src/surrogate/gaussian-process/yeo-johnson.ts'

const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 3, maxLength: 30 })

describe('the lower tail', () => {
  it('is drawn together below the median alone', () => {
    const { forward } = lowerTailTransform([-1e6, -1, 0, 1, 2])
    expect([0, 0.5, 2, 9].map(forward)).toEqual([0, 0.5, 2, 9])
    expect(forward(-1)).toBeCloseTo(-8 * Math.log(1 + 1 / 8), 12)
    expect(forward(-1e6)).toBeGreaterThan(-100)
  })

  it('keeps the order of values and gives them back', () => {
    fc.assert(
      fc.property(values, (targets) => {
        const { forward, inverse } = lowerTailTransform(targets)
        const sorted = targets.toSorted((a, b) => a - b)
        for (const [i, value] of sorted.entries()) {
          if (i > 0) expect(forward(value)).toBeGreaterThanOrEqual(forward(sorted[i - 1]!))
          expect(Math.abs(inverse(forward(value)) - value)).toBeLessThan(1e-9 * (1 + Math.abs(value)))
        }
      }),
    )
  })

  it('commutes with affine changes of the targets', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0.01, max: 100, noNaN: true }), (targets, scale) => {
        const moved = (value: number) => 3 + scale * value
        const before = lowerTailTransform(targets)
        const after = lowerTailTransform(targets.map(moved))
        for (const value of targets) {
          const size = 1 + scale * 1e3
          expect(Math.abs(after.forward(moved(value)) - moved(before.forward(value)))).toBeLessThan(1e-9 * size)
        }
      }),
    )
  })

  it('has the slope of its differences, alone and before another', () => {
    const targets = [-40, -7, -2, 0, 1, 2, 5]
    const tail = lowerTailTransform(targets)
    for (const transform of [tail, chained(tail, yeoJohnsonTransform(targets.map(tail.forward)))]) {
      for (const value of [-39, -8, -0.5, 0.5, 4]) {
        const difference = (transform.forward(value + 1e-5) - transform.forward(value - 1e-5)) / 2e-5
        expect(transform.slope(value)).toBeCloseTo(difference, 6)
      }
    }
  })

  it('leaves penalties where they can be told from the worst of the rest, and no further', () => {
    const { forward, inverse } = lowerTailTransform([-1e12, -1e12, -3, -2, -1.5, -1])
    expect(forward(-3) - forward(-1e12)).toBeGreaterThan(8)
    expect(forward(-3) - forward(-1e12)).toBeLessThan(250)
    expect(inverse(forward(-1e12)) / -1e12).toBeCloseTo(1, 9)
  })

  it('changes nothing where the better half is all the same', () => {
    for (const targets of [[], [3], [1, 1, 1], [-5, 1, 1, 1], [-1e300, 0, 5e-324], [-9, 1, 1, 1 + 2e-16]]) {
      const { forward, slope } = lowerTailTransform(targets)
      expect([forward(-7), slope(-7)]).toEqual([-7, 1])
    }
  })
})
