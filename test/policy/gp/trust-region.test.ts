import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { trustRegion, trustRegionRadius } from '../../../src/policy/gp/trust-region.ts'
import { matern52, scale } from '../../../src/surrogate/kernels/index.ts'

describe('the radius of the box around the incumbent', () => {
  const design = [0, 1, 0.5]
  const after = (...later: number[]) => trustRegionRadius(Float64Array.from([...design, ...later]), design.length, 2)

  it('is the first one until a round of scores is complete', () => {
    expect(after(5)).toBe(after())
  })

  it('grows where any score of a round is the best yet, and shrinks where none is', () => {
    expect(after(0, 2)).toBeCloseTo(1.5 * after(), 12)
    expect(after(0, 1)).toBeCloseTo(0.85 * after(), 12)
    // The best of the round before is what the next has to beat.
    expect(after(0, 1.2, 1.1, 0)).toBeLessThan(after(0, 1.2))
  })

  it('depends on the order of scores alone and keeps within bounds', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { maxLength: 60 }), (scores) => {
        const radius = trustRegionRadius(Float64Array.from(scores), 5, 3)
        expect(radius).toBeGreaterThanOrEqual(0.01)
        expect(radius).toBeLessThanOrEqual(0.3)
        expect(
          trustRegionRadius(
            Float64Array.from(scores, (score) => Math.exp(score / 200)),
            5,
            3,
          ),
        ).toBe(radius)
      }),
    )
  })

  it('reaches either bound when all rounds end alike', () => {
    expect(trustRegionRadius(new Float64Array(80), 5, 3)).toBe(0.01)
    expect(
      trustRegionRadius(
        Float64Array.from({ length: 80 }, (_, i) => i),
        5,
        3,
      ),
    ).toBe(0.3)
  })
})

describe('the box around the incumbent', () => {
  it('has sides in proportion to the length scales and the volume of a cube', () => {
    const center = Float64Array.of(0.2, 0.5, 0.9)
    const { radius } = trustRegion(center, scale(matern52({ lengthScales: [0.1, 0.2, 0.8] }), 3), 0.1)
    expect(radius[1]! / radius[0]!).toBeCloseTo(2, 10)
    expect(radius[2]! / radius[0]!).toBeCloseTo(8, 10)
    expect(radius.reduce((a, b) => a * b)).toBeCloseTo(1e-3, 12)
  })
})
