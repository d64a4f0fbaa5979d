import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DifferentiableObjective, minimizeLbfgsb } from '../../../src/numerics/optimize/index.ts'
import fixtures from './fixtures/more-garbow-hillstrom.json' with { type: 'json' }
import { PROBLEMS } from './more-garbow-hillstrom.ts'

const names = Object.keys(PROBLEMS) as (keyof typeof PROBLEMS)[]

describe('the Moré–Garbow–Hillstrom problems', () => {
  it.each(names)('%s: the test problem is the published one', (name) => {
    const { x, value, gradient } = fixtures[name].probe
    const actual = new Float64Array(x.length)
    expect(PROBLEMS[name](Float64Array.from(x), actual) / value).toBeCloseTo(1, 11)
    const scale = Math.max(...gradient.map(Math.abs))
    for (const [i, expected] of gradient.entries()) {
      expect(Math.abs(actual[i]! - expected) / scale).toBeLessThan(1e-10)
    }
  })

  it.each(names)('%s: as low as SciPy, free and in a box', (name) => {
    const { start, free, boxed } = fixtures[name]
    const result = minimizeLbfgsb(PROBLEMS[name], start)
    expect(result.status, result.reason).toBe('converged')
    expect(result.value).toBeLessThanOrEqual(free.value + 2e-5 * Math.abs(free.value) + 1e-8)

    const { lower, upper } = boxed
    const inside = minimizeLbfgsb(PROBLEMS[name], start, { lower, upper })
    expect(inside.status, inside.reason).toBe('converged')
    expect(inside.value).toBeLessThanOrEqual(boxed.value + 2e-5 * Math.abs(boxed.value) + 1e-8)
    expect(inside.x.every((value, i) => value >= lower[i]! && value <= upper[i]!)).toBe(true)
  })

  it('needs hardly more evaluations than SciPy', () => {
    let ours = 0
    let theirs = 0
    for (const name of names) {
      const { start, free, boxed } = fixtures[name]
      ours += minimizeLbfgsb(PROBLEMS[name], start).evaluations
      ours += minimizeLbfgsb(PROBLEMS[name], start, { lower: boxed.lower, upper: boxed.upper }).evaluations
      theirs += free.evaluations + boxed.evaluations
    }
    expect(ours).toBeLessThan(1.1 * theirs)
  })
})

/** Σ aᵢ(xᵢ − cᵢ)² with couplings: strictly convex. */
function quadratic(scales: readonly number[], center: readonly number[], coupling: number): DifferentiableObjective {
  return (x, gradient) => {
    const sum = x.reduce((total, value, i) => total + value - center[i]!, 0)
    return x.reduce(
      (total, value, i) => {
        gradient[i] = 2 * scales[i]! * (value - center[i]!) + 2 * coupling * sum
        return total + scales[i]! * (value - center[i]!) ** 2
      },
      coupling * sum * sum,
    )
  }
}

describe('minimizeLbfgsb', () => {
  it('solves convex quadratics in boxes: the projected gradient vanishes', () => {
    const number = fc.double({ min: -3, max: 3, noNaN: true })
    const problem = fc.integer({ min: 1, max: 12 }).chain((n) =>
      fc.record({
        scales: fc.array(fc.double({ min: 0.1, max: 100, noNaN: true }), { minLength: n, maxLength: n }),
        center: fc.array(number, { minLength: n, maxLength: n }),
        lower: fc.array(fc.double({ min: -4, max: 0, noNaN: true }), { minLength: n, maxLength: n }),
        width: fc.array(fc.double({ min: 0, max: 4, noNaN: true }), { minLength: n, maxLength: n }),
        start: fc.array(number, { minLength: n, maxLength: n }),
        coupling: fc.double({ min: 0, max: 1, noNaN: true }),
        memory: fc.integer({ min: 1, max: 12 }),
      }),
    )
    fc.assert(
      fc.property(problem, ({ scales, center, lower, width, start, coupling, memory }) => {
        const upper = lower.map((low, i) => low + width[i]!)
        const result = minimizeLbfgsb(quadratic(scales, center, coupling), start, {
          lower,
          upper,
          memory,
          valueTolerance: 0,
          gradientTolerance: 1e-6,
        })
        expect(result.projectedGradient).toBeLessThan(1e-4)
        expect(result.x.every((x, i) => x >= lower[i]! && x <= upper[i]!)).toBe(true)
      }),
    )
  })

  it('backs away from where the objective is not finite', () => {
    const barrier: DifferentiableObjective = (x, gradient) => {
      gradient[0] = 50 - 1 / x[0]!
      return x[0]! > 0 ? 50 * x[0]! - Math.log(x[0]!) : Number.NaN
    }
    const result = minimizeLbfgsb(barrier, [3])
    expect(result.status).toBe('converged')
    expect(result.x[0]).toBeCloseTo(0.02, 5)
  })

  it('says why it stopped', () => {
    const rosenbrock = PROBLEMS['extended-rosenbrock']
    const start = fixtures['extended-rosenbrock'].start
    expect(minimizeLbfgsb(rosenbrock, start, { maxIterations: 3 })).toMatchObject({
      status: 'stopped',
      reason: 'iteration-limit',
      iterations: 3,
    })
    for (const maxEvaluations of [1, 2, 7]) {
      const limited = minimizeLbfgsb(rosenbrock, start, { maxEvaluations })
      expect(limited).toMatchObject({ status: 'stopped', reason: 'evaluation-limit' })
      expect(limited.evaluations).toBeLessThanOrEqual(maxEvaluations)
    }
    const nowhere = minimizeLbfgsb(() => Number.NaN, [0])
    expect(nowhere).toMatchObject({ status: 'failed', reason: 'non-finite-start' })
    // A gradient that lies: no step along it descends.
    const lying = minimizeLbfgsb(
      (x, g) => {
        g[0] = -2 * x[0]!
        return x[0]! ** 2
      },
      [1],
    )
    expect(lying).toMatchObject({ status: 'stopped', reason: 'line-search-failed', value: 1 })
  })

  it('moves the start into the bounds, keeps fixed coordinates and takes no coordinates at all', () => {
    const bowl = quadratic([1, 1], [0, 0], 0)
    const result = minimizeLbfgsb(bowl, [9, -9], { lower: [2, -3], upper: [2, 5] })
    expect([...result.x]).toEqual([2, expect.closeTo(0, 6)])
    expect(minimizeLbfgsb(() => 7, [])).toMatchObject({ value: 7, status: 'converged' })
    expect(() => minimizeLbfgsb(bowl, [0, 0], { lower: [0] })).toThrow('bounds have lengths 1 and 2; expected 2')
    expect(() => minimizeLbfgsb(bowl, [0, 0], { lower: [0, 1], upper: [1, 0] })).toThrow('bounds[1] is [1, 0]')
    expect(() => minimizeLbfgsb(bowl, [0, 0], { memory: 0 })).toThrow('memory is 0')
  })

  it('does not touch the start and repeats itself exactly', () => {
    const start = Float64Array.from(fixtures.wood.start)
    const first = minimizeLbfgsb(PROBLEMS.wood, start)
    expect([...start]).toEqual(fixtures.wood.start)
    expect(minimizeLbfgsb(PROBLEMS.wood, start)).toEqual(first)
  })
})
