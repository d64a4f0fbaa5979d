import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findNumber, numeric } from '../../../src/evaluation/metrics/numeric.ts'
import { readNumber, readNumbers } from '../../../src/evaluation/metrics/read-number.ts'

describe('readNumbers', () => {
  it.each([
    ['1,234.5', [1234.5]],
    ['1.234.567', [1234567]],
    ['1.234,5', [1234.5]],
    ['1’234', [1234]],
    ['10\u202f000', [10000]],
    ['10 000', [10000]],
    ['1_000_000', [1000000]],
    ['100 200 300', [100, 200, 300]],
    ['3,5', [3.5]],
    ['0,125', [0.125]],
    ['1,2,3', [1, 2, 3]],
    ['12,34,5', [12, 34, 5]],
    ['10-20', [10, 20]],
    ['10–20', [10, 20]],
    ['GPT-4', [4]],
    ['−5', [-5]],
    ['-$5', [-5]],
    ['$-5', [-5]],
    ['5 -3', [5, -3]],
    ['2e3', [2000]],
    ['2 × 10^3', [2000]],
    ['6·10⁻²', [0.06]],
    ['10³', [1000]],
    ['0.0000005', [5e-7]],
    ['0.00000012e-3', [1.2e-10]],
    ['1000000000000000000000000', [1e24]],
    ['6.02×10²³', [6.02e23]],
    ['2^3', [8]],
    ['25 m²', [25]],
    ['x^2 = 9 and x^{10.5}', [9]],
    ['3 x 10^8', [3e8]],
    ['42 ± 0.5', [42]],
    ['42 +/- 0.5, or \\pm 1', [42]],
    ['±5', [5]],
    ['1 1/2', [1.5]],
    ['-1 1/2', [-1.5]],
    ['1⅓ and 3 ½', [4 / 3, 3.5]],
    ['4 4/2', [4, 2]],
    ['12,34,567', [1234567]],
    ['1.5 million people', [1500000]],
    ['5 millionaires', [5]],
    ['42，99', [42, 99]],
    ['１，２３４', [1234]],
    ['–5', [-5]],
    ['x = - 5', [-5]],
    ['is minus 5', [-5]],
    ['7 minus 5', [7, 5]],
    ['7 - 5', [7, 5]],
    ['1/2', [0.5]],
    ['\\frac{1}{2}', [0.5]],
    ['½', [0.5]],
    ['-2½', [-2.5]],
    ['11/26/2026', [11, 26, 2026]],
    ['３５', [35]],
    ['٣٫٥', [3.5]],
    ['१२३', [123]],
    ['...5', [5]],
    ['-.5', [-0.5]],
    ['3.', [3]],
  ])('reads %j as %j', (text, numbers) => {
    expect(readNumbers(text)).toEqual(numbers)
  })

  it.each([
    ['', undefined],
    [' ', undefined],
    ['five', undefined],
    ['5 of 10', undefined],
    ['1,2', 1.2],
    ['12,34,5', undefined],
    [' -1,000. ', -1000],
    ['12 500', 12500],
    ['1 234 567,89', 1234567.89],
    ['5 %', undefined],
    ['1e400', undefined],
  ])('as a whole, %j is %s', (text, number) => {
    expect(readNumber(text)).toBe(number)
  })

  it('reads back what formatters of any language write', () => {
    const value = fc.double({ min: -1e9, max: 1e9, noNaN: true }).map((number) => Math.round(number * 100) / 100 + 0)
    fc.assert(
      fc.property(value, fc.constantFrom('en', 'de-CH', 'fr', 'ar-EG', 'hi-u-nu-deva'), (number, locale) => {
        // Two decimals: one comma before three digits groups them.
        const written = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 })
        fc.pre(locale !== 'hi-u-nu-deva' || Math.abs(number) < 100_000) // lakhs are grouped by twos
        expect(readNumber(written.format(number))).toBeCloseTo(number, 9)
      }),
    )
  })
})

describe('findNumber', () => {
  it.each([
    ['**Answer:** 42\n\nI am 99% sure', 42],
    ['Answer: **42** of 100', 42],
    ['The answer is: x = 3. I checked 7 times.', 3],
    ['Answer: 3,5', 3.5],
    ['Answer: 1,2,3', undefined],
    ['Answer:\n\n5\n\n8 items', 5],
    ['\\boxed{\\frac{1}{2}}, in 3 steps', 0.5],
    ['\\boxed{-5}', -5],
    ['between 10-20', 20],
    ['I answered 3 questions. It is 4', 4],
    ['Ａｎｓｗｅｒ： ５ of 6', 5],
    ['Answer: 12 500 people', 12500],
    ['Answer: 3 + 4 = 7', 7],
    ['Answer: 5 - 3 = 2, in 1 step', 2],
    ['Answer: 3–4', undefined],
    ['Answer: 5 or 6', undefined],
    ['Answer: minus 5', -5],
    ['Answer: – 5', -5],
    ['答案是 42，99% 确定', 99],
    ['The area is 25 m²', 25],
    ['The result is 42 ± 0.5', 42],
    ['Answer: 1 1/2', 1.5],
    ['Answer: 2^10', 1024],
  ])('reads %j as %s', (text, number) => {
    expect(findNumber(text, 'last')).toBe(number)
  })

  it.each([
    'The answer is',
    'answer is ',
    'answer:',
    '1',
    '1,',
    "1'",
    '- ',
    '\\frac{',
    '⁰',
    '.1',
    '٣',
    '1/',
    '####',
    '^1',
    '^',
    '1^',
    '1 1/2 ',
    'minus ',
    '½',
    '，',
    '±1',
    '1 234',
  ])('takes time linear in the text: %j, many times over', (part) => {
    const seconds = (text: string) => {
      const started = performance.now()
      numeric().score(text, { id: '1', input: 'x', expected: 7, fields: {} })
      return (performance.now() - started) / 1000
    }
    expect(seconds(part.repeat(30_000))).toBeLessThan(1)
    expect(seconds(`${part}${'\n'.repeat(300_000)}5`)).toBeLessThan(1)
    expect(seconds(`${part}${' is'.repeat(100_000)}5`)).toBeLessThan(1)
  })
})
