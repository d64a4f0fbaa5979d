import { describe, expect, it } from 'vitest'
import { durationText } from '../../src/text/duration-text.ts'

describe('durationText', () => {
  it.each([
    [-1, '0 s'],
    [0.4, '0 s'],
    [59.4, '59 s'],
    [59.6, '1 min'],
    [95, '1 min 35 s'],
    [3599.6, '1 h'],
    [5400, '1 h 30 min'],
    [172_799, '47 h 59 min'],
    [172_800, '2 days'],
    [31_536_000, '365 days'],
  ])('writes %d seconds as %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text)
  })
})
