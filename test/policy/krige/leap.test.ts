import { describe, expect, it } from 'vitest'
import { leapRate, lookRate } from '../../../src/policy/krige/leap.ts'

const scale = { low: 0, high: 1 }

describe('what a leap promises', () => {
  it('is less the more drafts have not leapt, the better the leader, and the dearer the writing', () => {
    const rate = leapRate({ measured: 0, mean: 0.1, scale }, 4, 1, 2)
    expect(leapRate({ measured: 20, mean: 0.1, scale }, 4, 1, 2)).toBeLessThan(rate)
    expect(leapRate({ measured: 0, mean: 0.6, scale }, 4, 1, 2)).toBeLessThan(rate)
    expect(leapRate({ measured: 0, mean: 0.1, scale }, 4, 1, 20)).toBeLessThan(rate)
    expect(leapRate({ measured: 0, mean: 1, scale }, 4, 1, 2)).toBe(0)
  })

  it('counts for a first look only while nothing has scored, on any scale', () => {
    const near = { measured: 3, mean: 0.05, scale }
    expect(lookRate(near)).toBe(leapRate(near, 1, 1, 0))
    expect(lookRate({ ...near, mean: 0.3 })).toBe(0)
    expect(lookRate({ ...near, mean: -9.5, scale: { low: -10, high: 0 } })).toBeGreaterThan(0)
    expect(lookRate({ ...near, mean: -5, scale: { low: -10, high: 0 } })).toBe(0)
  })
})
