import { describe, expect, it } from 'vitest'
import { failure } from '../../src/history/failure.ts'
import { type MeasurementInput, readMeasurement } from '../../src/history/measurement.ts'

const read = (given: unknown) => readMeasurement(given as MeasurementInput, 'outcome', 'tone')

describe('a measurement as people write it', () => {
  it('is a score, alone or with more', () => {
    expect(read(0.5)).toEqual({ score: 0.5 })
    expect([read(true), read(false)]).toEqual([{ score: 1 }, { score: 0 }])
    expect(
      read({ score: 0, metrics: { tools: 2 }, feedback: ['Late.', { text: 'Rude.', slot: 'style' }], output: 'No.' }),
    ).toEqual({
      score: 0,
      metrics: { tools: 2 },
      feedback: [
        { text: 'Late.', from: 'tone' },
        { text: 'Rude.', from: 'tone', slot: 'style' },
      ],
      output: 'No.',
    })
  })

  it('is a failure where nothing was measured: missing, never zero', () => {
    expect(read(null)).toEqual({ failure: failure('program', 'no reason given') })
    expect(read({ score: null, error: 'HTTP 500' })).toEqual({ failure: failure('program', 'HTTP 500') })
    expect(read({ error: 'HTTP 500' })).toEqual({ failure: failure('program', 'HTTP 500') })
    expect(read({ failure: failure('timeout', 'late'), output: 'half' })).toEqual({
      failure: failure('timeout', 'late'),
      output: 'half',
    })
  })

  it.each([{ error: 'late' }, { failure: failure('timeout', 'late') }])('is not both: %j', (failed) => {
    expect(() => read({ score: 0, ...failed })).toThrow(/outcome has a score and an? (error|failure)/)
  })

  it.each([
    [Number.NaN, 'outcome is NaN'],
    [undefined, 'outcome is undefined'],
    ['0.5', 'outcome is "0.5"'],
    [[1], 'outcome is [1]'],
    [{}, 'outcome is {}'],
    [{ score: Number.POSITIVE_INFINITY }, 'outcome is Infinity'],
    [{ score: 1, metrics: { cost: '3' } }, 'outcome.metrics.cost is "3"'],
    [{ score: 1, metrics: [3] }, 'outcome.metrics is [3]'],
    [{ score: 1, feedback: 3 }, 'outcome.feedback is 3'],
    [{ score: 1, feedback: [{ from: 'x' }] }, 'outcome.feedback is {"from":"x"}'],
  ])('is refused by name when it is %j', (given, message) => {
    expect(() => read(given)).toThrow(message)
  })
})
