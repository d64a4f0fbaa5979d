import { describe, expect, it } from 'vitest'
import { type LineSearchOptions, moreThuente } from '../../../src/numerics/optimize/index.ts'

/** The test functions of section 5 of Moré and Thuente (1994). */
const yanai = (a: number, b: number) => (t: number) => {
  const gamma = (c: number) => Math.sqrt(1 + c * c) - c
  const first = Math.sqrt((1 - t) ** 2 + a * a)
  const second = Math.sqrt(t * t + b * b)
  return {
    value: gamma(b) * first + gamma(a) * second,
    slope: (gamma(b) * (t - 1)) / first + (gamma(a) * t) / second,
  }
}
const FUNCTIONS = {
  rational: (t: number) => ({ value: -t / (t * t + 2), slope: (t * t - 2) / (t * t + 2) ** 2 }),
  quintic: (t: number) => {
    const u = t + 0.004
    return { value: u ** 5 - 2 * u ** 4, slope: 5 * u ** 4 - 8 * u ** 3 }
  },
  'oscillating kink': (t: number) => {
    const [beta, l] = [0.01, 39]
    const bend =
      t <= 1 - beta ? [1 - t, -1] : t >= 1 + beta ? [t - 1, 1] : [(t - 1) ** 2 / (2 * beta) + beta / 2, (t - 1) / beta]
    const wave = (2 * (1 - beta)) / (l * Math.PI)
    return {
      value: bend[0]! + wave * Math.sin((l * Math.PI * t) / 2),
      slope: bend[1]! + (1 - beta) * Math.cos((l * Math.PI * t) / 2),
    }
  },
  'Yanai 1': yanai(0.001, 0.001),
  'Yanai 2': yanai(0.01, 0.001),
  'Yanai 3': yanai(0.001, 0.01),
}
const options = (decrease: number, curvature: number): LineSearchOptions => ({
  decrease,
  curvature,
  intervalTolerance: 1e-10,
  maxStep: 1e6,
  maxEvaluations: 60,
})

describe('moreThuente', () => {
  it.each(Object.entries(FUNCTIONS))('satisfies the strong Wolfe conditions on %s', (_, phi) => {
    const start = phi(0)
    for (const [decrease, curvature] of [
      [0.001, 0.1],
      [0.1, 0.1],
      [0.001, 0.001],
    ] as const) {
      for (const first of [1e-3, 1e-1, 1e1, 1e3]) {
        const result = moreThuente(phi, start, first, options(decrease, curvature))
        expect(result.accepted, `first step ${first}`).toBe(true)
        expect(result.value).toBeLessThanOrEqual(start.value + decrease * result.step * start.slope)
        expect(Math.abs(result.slope)).toBeLessThanOrEqual(curvature * Math.abs(start.slope))
        expect(result.evaluations).toBeLessThanOrEqual(30)
      }
    }
  })

  it('stops at the longest step when the function keeps falling', () => {
    const result = moreThuente((t) => ({ value: -t, slope: -1 }), { value: 0, slope: -1 }, 1, {
      ...options(0.001, 0.9),
      maxStep: 10,
    })
    expect(result).toMatchObject({ step: 10, accepted: true })
  })

  it('reports failure when nothing descends or nothing is finite', () => {
    const start = { value: 0, slope: -1 }
    const rising = moreThuente((t) => ({ value: t, slope: 1 }), start, 1, options(0.001, 0.9))
    expect(rising.accepted).toBe(false)
    const broken = moreThuente(() => ({ value: Number.NaN, slope: 0 }), start, 1, options(0.001, 0.9))
    expect(broken.accepted).toBe(false)
    expect(broken.evaluations).toBeLessThanOrEqual(60)
  })
})
