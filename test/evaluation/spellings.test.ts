import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createExactRedactor, createRedactor, Secret } from '../../src/evaluation/secrets.ts'
import { findSpellings } from '../../src/evaluation/spellings.ts'
import { SPELLINGS } from '../support/spellings.ts'

const NAMES = Object.keys(SPELLINGS)
const KEYS = [
  'abcdEFGH/ijkl1234+mnop5678==',
  'a%41b&amp;c\\/d+e',
  "()!~'*()!~'",
  'sk-proj-0123456789abcdef',
  'pässwörd&/+=',
]

describe('a secret in another spelling', () => {
  it.each(NAMES)('%s: hidden', (name) => {
    for (const key of KEYS) {
      const spelled = SPELLINGS[name]!(key)
      const hide = createExactRedactor([new Secret(key)])
      for (const text of [`bad key ${spelled}, sorry`, `{"error":"${spelled}"}`, `k=${spelled}&x=1`, spelled]) {
        const shown = hide(text)
        expect(shown, `${key} as ${text}`).toContain('[secret]')
        expect(shown).not.toContain(spelled)
      }
    }
  })

  it.each(NAMES)('%s inside every other: hidden', (inner) => {
    for (const outer of NAMES) {
      for (const key of KEYS) {
        const spelled = SPELLINGS[outer]!(`no: ${SPELLINGS[inner]!(key)} .`)
        expect(
          createExactRedactor([new Secret(key)])(`it said ${spelled}!`),
          `${outer} of ${inner}: ${spelled}`,
        ).toMatch(/\[secret\]/)
      }
    }
  })

  it.each(NAMES)('%s, several times over: hidden every time', (name) => {
    for (const key of KEYS) {
      const spelled = SPELLINGS[name]!(key)
      const shown = createExactRedactor([new Secret(key)])(
        `(${spelled}) then ${spelled} | ${spelled}, and "${spelled}"`,
      )
      expect(shown).not.toContain(spelled)
      expect(findSpellings(shown.replaceAll('[secret]', '\u0000'), [key])).toEqual([])
    }
  })

  it('three deep, in any order and with any key: nothing of it can be decoded again', () => {
    const spelling = fc.constantFrom(...NAMES.filter((name) => !name.startsWith('array')))
    const key = fc
      .string({ minLength: 10, maxLength: 40, unit: 'grapheme-ascii' })
      .filter((text) => !/\s|(.)\1{4}/.test(text))
    fc.assert(
      fc.property(key, spelling, spelling, spelling, fc.string(), (value, a, b, c, around) => {
        const spelled = SPELLINGS[c]!(SPELLINGS[b]!(SPELLINGS[a]!(value)))
        const text = `${around} ${spelled} ${around}`
        const shown = createExactRedactor([new Secret(value)])(text)
        expect(shown).toContain('[secret]')
        expect(findSpellings(shown.replaceAll('[secret]', '\u0000'), [value])).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  it('leaves every other text as it is', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400, unit: 'binary' }), (text) => {
        expect(createExactRedactor([new Secret('Zq7/unlikely+1234')])(text)).toBe(text)
      }),
      { numRuns: 300 },
    )
    const prose = `${'The ticket is about billing. '.repeat(3000)}${Buffer.from('x'.repeat(9000)).toString('base64')}`
    expect(createExactRedactor([new Secret('Zq7/unlikely+1234')])(prose)).toBe(prose)
  })

  it('leaves what was encoded and is no secret as it is: an image, a digest, a list of numbers', () => {
    const random = Buffer.from(
      fc.sample(fc.uint8Array({ minLength: 150_000, maxLength: 150_000 }), { seed: 1, numRuns: 1 })[0]!,
    )
    const hide = createExactRedactor([new Secret('Zq7/unlikely+1234'), new Secret('sk-proj-0123456789abcdef')])
    const started = performance.now()
    for (const text of [
      random.toString('base64'),
      random.toString('hex'),
      random.toString('latin1'),
      JSON.stringify([...random.subarray(0, 20_000)]),
      encodeURIComponent(random.toString('base64')),
      `data:image/png;base64,${random.toString('base64')}`.replace(/.{76}/g, '$&\n'),
    ]) {
      expect(hide(text) === text).toBe(true)
    }
    expect(performance.now() - started).toBeLessThan(15_000)
  })

  it('is found across the windows of a long text, and a text made to decode without end is hidden whole', () => {
    const key = 'abcdEFGH/ijkl1234+mnop5678=='
    const hide = createExactRedactor([new Secret(key)])
    const spelled = SPELLINGS['JSON of .NET']!(key)
    for (const before of [65_530, 65_536, 57_340, 200_000]) {
      expect(hide('. '.repeat(before / 2) + spelled)).toBe(`${'. '.repeat(before / 2)}[secret]`)
    }
    let nested = key
    for (let depth = 0; depth < 12; depth++) nested = Buffer.from(nested).toString('base64')
    expect(hide(nested)).toMatch(/^\[secret\]/)
    expect(findSpellings(hide(nested), [key])).toEqual([])
    const started = performance.now()
    for (let depth = 0; depth < 8; depth++) nested = Buffer.from(nested).toString('base64')
    expect(hide(nested)).toContain('[secret]')
    expect(performance.now() - started).toBeLessThan(5000)
  })

  it('hides short values where they stand as they are', () => {
    expect(createExactRedactor([new Secret('a/b')])('a/b a%2Fb a%2fb ab')).toBe('[secret] [secret] [secret] ab')
    expect(createRedactor({ MY_KEY: 'x', OTHER: 'abcdefgh12' })('x abcdefgh12')).toBe('x abcdefgh12')
  })
})
