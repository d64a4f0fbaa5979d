import { describe, expect, it } from 'vitest'
import { drawCount, startupCount, tpeOptionsSchema } from '../../../src/policy/tpe/options.ts'

const defaults = tpeOptionsSchema.parse({})

describe('drawCount', () => {
  it('grows with parameters and shrinks with observations, from 24 to 96', () => {
    expect([1, 2, 5, 6, 20].map((parameters) => drawCount(defaults, 50, parameters, false))).toEqual([
      24, 32, 80, 96, 96,
    ])
    expect([250, 500, 1000, 50_000].map((observations) => drawCount(defaults, observations, 6, false))).toEqual([
      96, 48, 24, 24,
    ])
  })

  it('stays at 24 where categories stand beside continuous parameters, unless told otherwise', () => {
    expect(drawCount(defaults, 50, 6, true)).toBe(24)
    expect(drawCount({ ...defaults, candidates: 7 }, 50, 6, true)).toBe(7)
  })
})

describe('startupCount', () => {
  it('is three more than the parameters, at most ten', () => {
    expect([1, 6, 7, 30].map((parameters) => startupCount(defaults, parameters))).toEqual([4, 9, 10, 10])
    expect(startupCount({ ...defaults, startup: 2 }, 6)).toBe(2)
  })
})
