import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exactMatch } from '../../../src/evaluation/metrics/exact-match.ts'
import { jsonFields } from '../../../src/evaluation/metrics/json-fields.ts'
import { normalizeText, sameText } from '../../../src/evaluation/metrics/normalize.ts'

const SAME: readonly (readonly [string, string])[] = [
  [' "Paris". ', 'paris'],
  ['**Paris**', 'Paris'],
  ['`Paris`.', 'Paris'],
  ['“Paris”', "'Paris'"],
  ['„Paris“', 'Paris'],
  ['«Paris»', 'Paris'],
  ['「東京」。', '東京'],
  ['Ｐａｒｉｓ！', 'Paris'],
  ['don’t', "don't"],
  ['10–20', '10-20'],
  ['−5', '-5'],
  ['-5.', '-5'],
  ['(Paris)', 'Paris'],
  ['B)', 'B'],
  ['- Paris', 'Paris'],
  ['# Paris', 'Paris'],
  ['¿Qué?', 'Qué'],
  ['cafe\u0301', 'café'],
  ['C++.', 'c++'],
  ['Yes!', 'yes'],
  ['wait...', 'wait…'],
  ['نعم؟', 'نعم'],
  ['हाँ।', 'हाँ'],
  ['?', '?'],
  ['__init__', '__init__'],
]
const OTHER: readonly (readonly [string, string])[] = [
  ['5', '-5'],
  ['5', '−5'],
  ['C++', 'C'],
  ['C#', 'C'],
  ['C#', 'C++'],
  ['A+', 'A-'],
  ['A+', 'A'],
  ['<', '>'],
  ['>=', '<='],
  ['+', '-'],
  ['?', '!'],
  ['.', ','],
  ['$5', '5%'],
  ['£10', '€10'],
  ['$5', '5'],
  ['.5', '5'],
  ['x²', 'x2'],
  ['H₂O', 'H3O'],
  ['½', '12'],
  ['①', '2'],
  ['😀', '😡'],
  ['😀', ''],
  ['👍🏽', '👍'],
  ['🇫🇷', '🇩🇪'],
  ['()', '[]'],
  ['(0, 1)', '[0, 1]'],
  ['5!', '5'],
  ['→', '←'],
  ['✓', '✗'],
  ['true', '!true'],
  ['~5', '5'],
  ['#5', '5'],
  ['@me', 'me'],
  ['/etc', 'etc'],
  ['> 5', '5'],
  ['\\n', 'n'],
  ['a|b', 'a'],
  ['°', '°C'],
  ['', '.'],
]

describe('sameText', () => {
  it.each(SAME)('%j is %j', (a, b) => {
    expect(sameText(a, b)).toBe(true)
    expect(sameText(b, a)).toBe(true)
  })

  it.each(OTHER)('%j is not %j', (a, b) => {
    expect(sameText(a, b)).toBe(false)
    expect(sameText(b, a)).toBe(false)
  })

  it('keeps every sign and symbol: such texts are the same only where they are equal', () => {
    const carrier = fc.oneof(
      fc.constantFrom(...'+-<>=$€£%^~&|@/\\#²³°½×÷±√∞≤≥≠→←✓✗♠♥0123456789cx'),
      // Any symbol but those that are other spellings of a quote.
      fc.integer({ min: 0x2190, max: 0x2bff }).map((code) => String.fromCodePoint(code)),
      fc.integer({ min: 0x1f300, max: 0x1faff }).map((code) => String.fromCodePoint(code)),
    )
    const symbols = fc
      .array(carrier, { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join(''))
      .filter((text) => /^[\p{S}\p{N}\p{L}\-%&@/\\#]+$/u.test(text) && text.normalize('NFC') === text)
    fc.assert(
      fc.property(symbols, symbols, (a, b) => {
        expect(sameText(a, b)).toBe(a === b)
      }),
      { numRuns: 3000 },
    )
  })

  it('does not depend on what quotes or ends a sentence around a text, or on its case', () => {
    const dress = fc.constantFrom<(text: string) => string>(
      (text) => `"${text}"`,
      (text) => `**${text}**`,
      (text) => `${text}.`,
      (text) => ` ${text}\n`,
      (text) => `“${text}”`,
      (text) => `\`${text}\``,
      (text) => text.toUpperCase(),
    )
    const word = fc.stringMatching(/^[a-z]{1,8}( [a-z0-9+#%-]{1,6})?[a-z+#%0-9]$/)
    fc.assert(
      fc.property(word, fc.array(dress, { maxLength: 4 }), (text, dresses) => {
        expect(
          sameText(
            dresses.reduce((dressed, next) => next(dressed), text),
            text,
          ),
        ).toBe(true)
      }),
    )
  })

  it('is idempotent, never empty where there was something, and linear in the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const once = normalizeText(text)
        expect(normalizeText(once)).toBe(once)
        expect(sameText(text, text)).toBe(true)
      }),
    )
    const started = performance.now()
    for (const part of [' ', '.', '(', '**', '"', '“', '-', '( '] as const) normalizeText(`a${part.repeat(100_000)}b`)
    expect(performance.now() - started).toBeLessThan(2000)
  })
})

describe('metrics that compare texts', () => {
  const expecting = (expected: string) => ({ id: '1', input: 'x', expected, fields: {} })

  it.each(OTHER.filter(([a, b]) => a !== '' && b !== ''))('exact-match keeps %j and %j apart', (a, b) => {
    expect(exactMatch().score(a, expecting(b))).toBe(0)
    expect(exactMatch().score(b, expecting(a))).toBe(0)
    expect(exactMatch().score(a, expecting(a))).toBe(1)
  })

  it('exact-match never takes an empty answer for right', () => {
    for (const answer of ['', '  ', '\n']) {
      for (const expected of ['', ' ', '😀', '.']) {
        expect(exactMatch().score(answer, expecting(expected))).toBe(0)
        expect(exactMatch({ normalize: false }).score(answer, expecting(expected))).toBe(0)
      }
    }
  })

  it.each([
    ['', 0, 0],
    [0, '', 0],
    [' ', 0, 0],
    ['1,000', 1000, 1],
    [1000, '1,000', 1],
    ['10', 1, 0],
    ['1,0', 10, 0],
    ['-5', '5', 0],
    ['', '', 1],
    ['five', 5, 0],
    [null, 0, 0],
    [false, 0, 0],
  ])('json-fields compares %j with %j', (found, expected, score) => {
    const example = { id: '1', input: 'x', expected: { a: expected }, fields: {} }
    expect(jsonFields().score(JSON.stringify({ a: found }), example)).toBe(score)
  })
})
