import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { minimizeMultiStart, minimizeNelderMead } from '../../../src/numerics/optimize/index.ts'
import fixtures from './fixtures/more-garbow-hillstrom.json' with { type: 'json' }
import { PROBLEMS } from './more-garbow-hillstrom.ts'

describe('minimizeNelderMead', () => {
  it.each(['helical-valley', 'gaussian', 'beale', 'wood', 'brown-dennis', 'penalty-2'] as const)(
    'solves %s',
    (name) => {
      const { start, free } = fixtures[name]
      const gradient = new Float64Array(start.length)
      const result = minimizeNelderMead((x) => PROBLEMS[name](x, gradient), start, {
        maxEvaluations: 5000,
        maxIterations: 5000,
      })
      expect(result.status).toBe('converged')
      expect(result.value).toBeLessThanOrEqual(free.value * (1 + 1e-6) + 1e-8)
    },
  )

  it('stays inside its bounds and ends on them', () => {
    fc.assert(
      fc.property(fc.double({ min: -2, max: 2, noNaN: true }), fc.double({ min: -2, max: 2, noNaN: true }), (a, b) => {
        const box = { lower: [-1, -1], upper: [1, 1] }
        const seen: number[] = []
        const result = minimizeNelderMead(
          (x) => {
            seen.push(...x)
            return (x[0]! - a) ** 2 + (x[1]! - b) ** 2
          },
          [0.5, 0.5],
          box,
        )
        expect(seen.every((value) => value >= -1 && value <= 1)).toBe(true)
        expect(result.x[0]).toBeCloseTo(Math.min(Math.max(a, -1), 1), 3)
        expect(result.x[1]).toBeCloseTo(Math.min(Math.max(b, -1), 1), 3)
      }),
      { numRuns: 40 },
    )
  })

  it('takes kinks, values that are not finite, and a start on the upper bound', () => {
    expect(minimizeNelderMead(([x]) => Math.abs(x! - 2), [0]).x[0]).toBeCloseTo(2, 6)
    const walled = minimizeNelderMead(([x]) => (x! > 1 ? Number.NaN : (x! - 0.9) ** 2), [0.5])
    expect(walled.x[0]).toBeCloseTo(0.9, 3)
    const corner = minimizeNelderMead(([x]) => (x! - 0.3) ** 2, [1], { lower: [0], upper: [1], initialStep: 0.2 })
    expect(corner.x[0]).toBeCloseTo(0.3, 6)
    expect(minimizeNelderMead(() => Number.NaN, [1])).toMatchObject({ status: 'failed', reason: 'non-finite-start' })
  })

  it('never exceeds its limits', () => {
    for (const maxEvaluations of [1, 2, 3, 4, 5, 17]) {
      let calls = 0
      const result = minimizeNelderMead(
        (x) => {
          calls++
          return (x[0]! - 5) ** 2 + x[1]! ** 4
        },
        [0, 1],
        { maxEvaluations },
      )
      expect(calls).toBe(result.evaluations)
      expect(calls).toBeLessThanOrEqual(maxEvaluations)
      expect(result.reason).toBe('evaluation-limit')
    }
    expect(minimizeNelderMead(([x]) => x! ** 2, [5], { maxIterations: 2 }).reason).toBe('iteration-limit')
  })
})

describe('minimizeMultiStart', () => {
  /** Minima near every multiple of 2π/3; the deepest near −0.5. */
  const wavy = (x: Float64Array, gradient: Float64Array) => {
    gradient[0] = -3 * Math.sin(3 * (x[0]! + 0.5 + Math.PI / 3)) + 0.2 * (x[0]! + 0.5)
    return Math.cos(3 * (x[0]! + 0.5 + Math.PI / 3)) + 0.1 * (x[0]! + 0.5) ** 2
  }
  const starts = [-4, -2.5, 2, 4].map((value) => [value])

  it('finds the deepest of many minima', () => {
    const result = minimizeMultiStart(wavy, starts, { maxEvaluations: 300 })
    expect(result.reason).toBe('all-searched')
    expect(result.results.length).toBe(4)
    expect(result.best!.value).toBe(Math.min(...result.results.map((r) => r.value)))
  })

  it('searches the most promising starts first and within its budget', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 1, max: 4 }), (maxEvaluations, searches) => {
        let calls = 0
        const counted = (x: Float64Array, g: Float64Array) => {
          calls++
          return wavy(x, g)
        }
        const result = minimizeMultiStart(counted, starts, { maxEvaluations, searches })
        expect(calls).toBe(result.evaluations)
        expect(calls).toBeLessThanOrEqual(maxEvaluations)
        expect(result.results.length).toBeLessThanOrEqual(searches)
        expect(result.best).toBeDefined()
      }),
    )
  })

  it('survives starts without a value and refuses nonsense', () => {
    const half = (x: Float64Array, g: Float64Array) => (x[0]! < 0 ? Number.NaN : wavy(x, g))
    expect(minimizeMultiStart(half, starts, { maxEvaluations: 100 }).results.length).toBe(2)
    expect(minimizeMultiStart(() => Number.NaN, starts, { maxEvaluations: 100 })).toMatchObject({
      best: undefined,
      reason: 'non-finite-start',
    })
    expect(() => minimizeMultiStart(wavy, [], { maxEvaluations: 10 })).toThrow('starts is empty')
    expect(() => minimizeMultiStart(wavy, starts, { maxEvaluations: 0 })).toThrow('maxEvaluations is 0')
  })
})
