import { describe, expect, it } from 'vitest'
import { findNumber, numeric } from '../../../src/evaluation/metrics/numeric.ts'

describe('numeric', () => {
  it.each([
    [' 2000', 2000],
    ['3000 grams', 3000],
    ['1,234.5 dollars', 1234.5],
    ['.5', 0.5],
    ['-3.', -3],
    ['2e3', 2000],
    ['3 + 4 = 7', 7],
  ])('reads the last number of %j', (text, number) => {
    expect(findNumber(text, 'last')).toBe(number)
  })

  it.each([
    ['0', '0.0000005', 0],
    ['5e-7', '0.0000005', 1],
    ['0.00000051', '0.0000005', 0],
    ['0.3', '0.3000000001', 1],
    ['1000000', '1000001', 0],
    ['0', '0', 1],
    ['1e-7', '0', 1],
    ['-0', '0', 1],
  ])('takes %j for %j: %d, without a tolerance of its own', (answer, expected, score) => {
    expect(numeric().score(answer, { id: '1', input: 'x', expected, fields: {} })).toBe(score)
  })

  it('scores a bare number that ends the answer', () => {
    const example = { id: '1', input: 'How many grams are 2 kilograms?', expected: '2000', fields: {} }
    expect(numeric().score(' 2000', example)).toBe(1)
    expect(numeric().score(' 200', example)).toBe(0)
    expect(numeric().score(' many', example)).toBe(0)
  })
})
