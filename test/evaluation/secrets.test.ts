import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createExactRedactor, createRedactor, Secret } from '../../src/evaluation/secrets.ts'

const key = fc.string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 60 }).map((text) => text.replace(/\s/g, '_'))

describe('a secret', () => {
  it('does not show itself', () => {
    const secret = new Secret('sk-0123456789')
    expect(`${secret}${JSON.stringify({ secret })}${inspect({ secret })}`).not.toContain('0123')
    expect(secret.reveal()).toBe('sk-0123456789')
  })

  it('is hidden however it is written, wherever it stands', () => {
    fc.assert(
      fc.property(key, fc.string({ maxLength: 20 }), fc.string({ maxLength: 20 }), (value, before, after) => {
        const hide = createRedactor({}, [new Secret(value)])
        const encoded = Buffer.from(`${before}:${value}:${after}`)
        for (const text of [
          `${before} ${value} ${after}`,
          encodeURIComponent(value),
          encodeURIComponent(value).replace(/%../g, (code) => code.toLowerCase()),
          JSON.stringify({ value }),
        ]) {
          for (const form of [value, encodeURIComponent(value)]) expect(hide(text)).not.toContain(form)
        }
        for (const alphabet of ['base64', 'base64url'] as const) {
          const hidden = hide(encoded.toString(alphabet))
          // What is left around the mark must not decode to the value.
          for (const piece of hidden.split('[secret]')) {
            expect(Buffer.from(piece, alphabet).toString('latin1')).not.toContain(Buffer.from(value).toString('latin1'))
          }
          expect(hidden).toContain('[secret]')
        }
      }),
      { numRuns: 300 },
    )
  })

  it('is looked for under the names keys have in an environment, not under others', () => {
    const hide = createRedactor({
      OPENAI_API_KEY: 'sk-aaaaaaaaaa\n',
      GITHUB_TOKEN: 'ghp_bbbbbbbb',
      HOME: '/home/somebody',
      DB_PASSWORD: 'short',
    })
    expect(hide('sk-aaaaaaaaaa ghp_bbbbbbbb /home/somebody short')).toBe('[secret] [secret] /home/somebody short')
  })

  it('is hidden in an answer only when it is this very key', () => {
    const hide = createExactRedactor([new Secret('sk-aaaaaaaaaa')])
    expect(hide('Use Bearer abcdefghijkl, not sk-aaaaaaaaaa.')).toBe('Use Bearer abcdefghijkl, not [secret].')
  })
})
