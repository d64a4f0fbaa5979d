import { describe, expect, it } from 'vitest'
import { createObservationLog } from '../../src/history/observation-log.ts'
import { createScoreUnits, scoreExponent, timesPowerOfTwo } from '../../src/history/score-unit.ts'
import { createStudy, restoreStudy, type StudyOptions } from '../../src/study/create-study.ts'
import { combineEvidence } from '../../src/study/verdict.ts'

const SIZES = [5e-324, 1e-300, 1e-160, 1e160, 1e308, Number.MAX_VALUE]
const PATTERN = [-1, 0, 1, 0.5]

const space = { x: { float: [0, 1] }, y: { float: [0, 1] } } as NonNullable<StudyOptions['space']>
const pool = Array.from({ length: 10 }, (_, i) => `Name label ${i}, please ${'!'.repeat(i)}`)
const overSpace = { space, budget: { evaluations: 10 } }
const overPool = { pool, exampleCount: 4, budget: { evaluations: 24 } }

function play(options: StudyOptions, size: number, restoreAfter = 5) {
  const study = createStudy({ ...options, seed: 1 })
  let told = 0
  for (let n = 1; ; n++) {
    const restored = n === restoreAfter ? restoreStudy(study.serialise()).next() : undefined
    const next = study.next()
    if (restored) expect(next).toEqual(restored)
    if (next.kind !== 'act') return study
    if (next.action.kind !== 'evaluate') throw new Error('unexpected action')
    study.tell(
      next.action.id,
      next.action.examples.map(() => size * PATTERN[told++ % PATTERN.length]!),
    )
  }
}

describe.each([
  ['gp over a space', { ...overSpace, policy: 'gp' }],
  ['gp over a pool', { ...overPool, policy: 'gp' }],
  ['tpe over a space', { ...overSpace, policy: 'tpe' }],
  ['tpe over a pool', { ...overPool, policy: 'tpe' }],
  ['random', { ...overSpace, policy: 'random' }],
  ['sobol', { ...overSpace, policy: 'sobol' }],
  ['krige', { ...overPool, policy: 'krige' }],
  ['successive-halving', { ...overPool, policy: 'successive-halving' }],
  ['hyperband', { ...overPool, policy: 'hyperband' }],
] satisfies [string, StudyOptions][])('scores whose squares are no numbers, with %s', (_, options) => {
  it.each(SIZES)('of size %d: asked and recommended, in numbers', (size) => {
    const study = play(options, size)
    const { mean, interval, probabilityBest, expectedGainOf100, means, standardDeviations } = study.recommend()!
    for (const value of [mean, ...interval, probabilityBest, expectedGainOf100, ...means, ...standardDeviations]) {
      expect(Number.isFinite(value)).toBe(true)
    }
    expect(interval[0]).toBeLessThanOrEqual(mean)
    expect(interval[1]).toBeGreaterThanOrEqual(mean)
    expect(Math.abs(mean)).toBeLessThanOrEqual(size)
  })

  it('says of one power of two what it says of another', () => {
    const [small, large] = [play(options, 2 ** -300), play(options, 2 ** 532)].map((study) => study.recommend()!)
    expect(timesPowerOfTwo(small!.mean, 832)).toBe(large!.mean)
    expect(small!.probabilityBest).toBe(large!.probabilityBest)
    expect(small!.candidate).toBe(large!.candidate)
  })

  it.each([
    ['one score beyond all others', [1e308, 0, 1, 0.5]],
    ['two that differ by less than any number', [1, 1e-300, 0]],
    ['from one end of the numbers to the other', [1e-300, 1e300, -1e308]],
  ])('takes %s', (_, scores) => {
    for (const direction of ['maximize', 'minimize'] as const) {
      const study = createStudy({ ...options, direction, seed: 1 })
      for (let next = study.next(), told = 0; next.kind === 'act'; next = study.next()) {
        if (next.action.kind !== 'evaluate') throw new Error('unexpected action')
        study.tell(
          next.action.id,
          next.action.examples.map(() => scores[told++ % scores.length]!),
        )
      }
      const { mean, interval, means } = study.recommend()!
      expect([mean, ...interval, ...means].every(Number.isFinite)).toBe(true)
    }
  })
})

describe('what a study expects of texts', () => {
  it.each(SIZES)('is told in numbers where scores are of size %d', (size) => {
    const study = play({ ...overPool, policy: 'krige' }, size)
    const texts = ['Name label 3 again', 'Write a poem.', pool[2]!]
    const posterior = study.posterior(texts)!
    expect(posterior.every(({ mean, standardDeviation }) => Math.abs(mean) <= size && standardDeviation >= 0)).toBe(
      true,
    )
    expect(study.rank(texts)!.every(({ expectedImprovement }) => Number.isFinite(expectedImprovement))).toBe(true)
    expect(Math.abs(study.explain(0)!.own.mean!)).toBeLessThanOrEqual(size)
  })
})

describe('summaries', () => {
  it.each([
    [1e308, 1e308],
    [1, 1e300],
    [1e-300, 1e-310],
  ])('of mean %d and standard error %d are taken', (mean, standardError) => {
    const study = createStudy({ ...overSpace, policy: 'gp' })
    for (let n = 0; n < 8; n++) study.tell(study.ask().id, { mean: mean * Math.sin(n), standardError, count: 5 })
    expect(Number.isFinite(study.recommend()!.mean)).toBe(true)
  })
})

describe('the unit of scores', () => {
  it('is 1 for all ordinary ones, which are not touched', () => {
    const log = createObservationLog([{ candidate: 0, example: 0, repeat: 0, score: 1e30 }])
    expect(createScoreUnits().of(log).history).toBe(log)
    for (const size of [0, 1e-38, 0.7, 1, 1e38, Number.NaN, Number.POSITIVE_INFINITY])
      expect(scoreExponent(size)).toBe(0)
  })

  it('leaves a number greater than 1, and gives it back exactly', () => {
    for (const size of [5e-324, 1.2e-308, 1e-200, 1e-39, 1e39, 1e200, Number.MAX_VALUE]) {
      const exponent = scoreExponent(size)
      const inUnits = timesPowerOfTwo(size, -exponent)
      expect(inUnits).toBeGreaterThan(1)
      expect(inUnits).toBeLessThan(2 ** 66)
      expect(timesPowerOfTwo(inUnits, exponent)).toBe(size)
    }
  })
})

describe('evidence of two kinds', () => {
  it.each([1e-300, 1e160, 1e308])('is combined at size %d as at size 1', (size) => {
    const at = (unit: number) =>
      combineEvidence(
        { mean: 0.6 * unit, standardDeviation: 0.4 * unit },
        { mean: -0.8 * unit, standardDeviation: 0.4 * unit },
      )
    const [own, one] = [at(size), at(1)]
    expect(own.mean / size).toBeCloseTo(one.mean, 12)
    expect(own.standardDeviation / size).toBeCloseTo(one.standardDeviation, 12)
    expect(own.probabilityBetter).toBeCloseTo(one.probabilityBetter, 12)
    expect(own.interval[1] / size).toBeCloseTo(one.interval[1], 12)
  })
})
