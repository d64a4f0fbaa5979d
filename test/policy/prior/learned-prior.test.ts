import { describe, expect, it } from 'vitest'
import { InvalidInputError } from '../../../src/errors.ts'
import { learnPrior } from '../../../src/policy/prior/learn-prior.ts'
import { parsePrior } from '../../../src/policy/prior/learned-prior.ts'
import { history } from './histories.ts'

const prior = learnPrior([history('a', 1, 0.4), history('b', 2, 0.4)])

function refusal(given: unknown): InvalidInputError {
  try {
    parsePrior(given, 'prior.json')
  } catch (error) {
    if (InvalidInputError.isInstance(error)) return error as InvalidInputError
    throw error
  }
  throw new Error('accepted')
}

describe('a prior at the door', () => {
  it('is accepted as it was written', () => {
    expect(parsePrior(JSON.parse(JSON.stringify(prior)))).toEqual(prior)
  })

  it.each([
    [
      'another version',
      { ...prior, format: 'prior/9' },
      /prior\.format is "prior\/9"; expected "prior\/1"/,
      /krige learn/,
    ],
    ['no version', { ...prior, format: undefined }, /prior\.format is missing/, /krige learn/],
    ['an unknown key', { ...prior, trustt: 1 }, /unknown key prior\.trustt/, /Did you mean trust\?/],
    ['a wrong type', { ...prior, trust: 'high' }, /prior\.trust is "high"; .*expected number/i, /krige learn/],
    ['an impossible share', { ...prior, trust: 1.5 }, /prior\.trust is 1\.5/, /krige learn/],
    ['an unknown trait', { ...prior, traits: { charm: 1 } }, /charm/, /krige learn/],
    [
      'a number that is none',
      { ...prior, traits: { 'log words': Number.NaN } },
      /prior\.traits\.log words/,
      /krige learn/,
    ],
    ['a list', [], /\[\]/, /krige learn/],
    ['a text', 'prior.json', /prior/, /krige learn/],
    ['nothing', null, /null/, /krige learn/],
  ])('is refused: %s', (_, given, message, remedy) => {
    const error = refusal(given)
    expect(error.message).toMatch(message)
    expect(error.remedy).toMatch(remedy)
    expect(error.where).toBe('prior.json')
  })
})
