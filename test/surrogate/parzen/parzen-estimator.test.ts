import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/numerics/random/index.ts'
import { logNormalMass } from '../../../src/numerics/special/index.ts'
import type { Parameter } from '../../../src/space/parameter.ts'
import {
  createDensityRatio,
  createParzenEstimator,
  fromCoordinate,
  type ParzenDimension,
  parzenDimension,
  toCoordinate,
} from '../../../src/surrogate/parzen/index.ts'

const PARAMETERS: readonly Parameter[] = [
  { kind: 'float', low: -2, high: 3, log: false },
  { kind: 'float', low: 1e-8, high: 1e4, log: true },
  { kind: 'float', low: 0, high: 0.9, log: false, step: 0.3 },
  { kind: 'int', low: 1, high: 12, log: false, step: 1 },
  { kind: 'int', low: 1, high: 60, log: true, step: 1 },
  { kind: 'categorical', choices: ['a', 'b', 'c', 'd'] },
]
const DIMENSIONS = PARAMETERS.map((parameter) => parzenDimension(parameter)!)

/** A point from a number in [0, 1) a dimension; halves make ties likely. */
function pointAt(dimensions: readonly ParzenDimension[], u: readonly number[]): number[] {
  return dimensions.map((dimension, i) => {
    if (dimension.kind === 'categorical') return Math.floor(u[i]! * dimension.choices)
    const { first, last, step, log } = dimension
    const raw = first + u[i]! * (last - first)
    const value = step > 0 ? first + Math.round((raw - first) / step) * step : raw
    return log ? Math.log(value) : value
  })
}
const unit = fc.oneof(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.constantFrom(0, 0.5, 0.75))
const arbitraryPoint = fc.array(unit, { minLength: 6, maxLength: 6 }).map((u) => pointAt(DIMENSIONS, u))

function densities(estimator: ReturnType<typeof createParzenEstimator>, points: readonly number[][]): number[] {
  const out = new Float64Array(points.length)
  estimator.logDensities(Float64Array.from(points.flat()), points.length, out)
  return [...out]
}

describe('createParzenEstimator', () => {
  it('after any additions and removals is bit for bit a fresh one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ key: fc.nat(40), point: arbitraryPoint, weight: fc.constantFrom(1, 0.25) }), {
          maxLength: 80,
        }),
        fc.array(arbitraryPoint, { minLength: 2, maxLength: 2 }),
        (operations, probes) => {
          const estimator = createParzenEstimator(DIMENSIONS)
          const kept = new Map<number, { point: number[]; weight: number }>()
          for (const [step, { key, point, weight }] of operations.entries()) {
            if (kept.delete(key)) {
              estimator.remove(key)
            } else {
              estimator.add(key, point, weight)
              kept.set(key, { point, weight })
            }
            if (step % 7 === 0) densities(estimator, probes)
          }
          const fresh = createParzenEstimator(DIMENSIONS)
          for (const [key, { point, weight }] of [...kept].toReversed()) fresh.add(key, point, weight)
          expect(estimator.components()).toEqual(fresh.components())
          expect(densities(estimator, probes)).toEqual(densities(fresh, probes))
        },
      ),
      { numRuns: 60 },
    )
  })

  it('past the size where only neighbors change, is still bit for bit a fresh one', () => {
    const random = createRandom(5)
    const draw = () => pointAt(DIMENSIONS, Array.from({ length: 6 }, random.uniform))
    const kept = new Map<number, number[]>()
    const estimator = createParzenEstimator(DIMENSIONS)
    for (let step = 0; step < 600; step++) {
      const key = random.integer(200)
      if (kept.delete(key)) {
        // Removals are rarer, so that the size wanders about 100.
        estimator.remove(key)
        if (random.uniform() < 0.3) continue
      }
      const point = draw()
      estimator.add(key, point)
      kept.set(key, point)
      if (step % 50 === 0) densities(estimator, [draw()])
      if (step % 80 === 79) {
        const fresh = createParzenEstimator(DIMENSIONS)
        for (const [other, at] of kept) fresh.add(other, at)
        expect(estimator.components()).toEqual(fresh.components())
      }
    }
    expect(kept.size).toBeGreaterThan(98)
  })

  it('is a density: it integrates to one in every kind of dimension', () => {
    for (const [i, dimension] of DIMENSIONS.entries()) {
      const parameter = PARAMETERS[i]!
      const estimator = createParzenEstimator([dimension])
      const random = createRandom(i)
      for (let key = 0; key < 12; key++) {
        estimator.add(key, pointAt([dimension], [random.uniform()]), 1 + random.integer(2))
      }
      let points: number[][]
      let cell = 1
      if (parameter.kind === 'categorical') {
        points = parameter.choices.map((_, index) => [index])
      } else if (parameter.step !== undefined) {
        const count = Math.round((parameter.high - parameter.low) / parameter.step) + 1
        points = Array.from({ length: count }, (_, level) => [
          toCoordinate(dimension, parameter, parameter.low + level * parameter.step!),
        ])
      } else {
        const { low, high } = dimension as { low: number; high: number }
        cell = (high - low) / 4000
        points = Array.from({ length: 4000 }, (_, level) => [low + (level + 0.5) * cell])
      }
      const total = densities(estimator, points).reduce((sum, value) => sum + cell * Math.exp(value), 0)
      expect(total, `dimension ${i}`).toBeCloseTo(1, 5)
    }
  })

  it('draws what it says: frequencies follow the density, on the grid and inside the range', () => {
    const n = 20_000
    for (const [i, dimension] of DIMENSIONS.entries()) {
      const parameter = PARAMETERS[i]!
      const estimator = createParzenEstimator([dimension])
      const random = createRandom(100 + i)
      for (let key = 0; key < 6; key++) estimator.add(key, pointAt([dimension], [random.uniform()]))
      const draws = new Float64Array(n)
      estimator.sample(random, n, draws)
      for (const x of draws.slice(0, 100)) {
        const value = fromCoordinate(dimension, parameter, x)
        expect(toCoordinate(dimension, parameter, value)).toBeCloseTo(x, 9)
      }
      // E[1/p] over the draws is the size of the support: a check of shape that needs no bins.
      const logs = densities(
        estimator,
        [...draws].map((x) => [x]),
      )
      const inverse = logs.reduce((sum, value) => sum + Math.exp(-value), 0) / n
      const size =
        dimension.kind === 'categorical'
          ? dimension.choices
          : dimension.step > 0
            ? Math.round((dimension.last - dimension.first) / dimension.step) + 1
            : dimension.high - dimension.low
      expect(Math.abs(inverse / size - 1), `dimension ${i}`).toBeLessThan(0.1)
    }
  })

  it('is the mixture that its components describe, however many points are asked for at once', () => {
    const smooth = DIMENSIONS.slice(0, 2)
    const ranges = smooth.map((dimension) => dimension as { low: number; high: number })
    const random = createRandom(9)
    const draw = () => pointAt(smooth, [random.uniform(), random.uniform()])
    for (const priorWeight of [1, 1e-6, 0]) {
      const estimator = createParzenEstimator(smooth, { priorWeight })
      for (let key = 0; key < 150; key++) estimator.add(key, draw(), key % 5 === 0 ? 0 : 0.5)
      const { weights, means, widths } = estimator.components()
      const direct = (point: readonly number[]) => {
        let sum = 0
        for (const [j, weight] of weights.entries()) {
          let density = weight
          for (const [i, { low, high }] of ranges.entries()) {
            const mean = means[i]![j]!
            const width = widths[i]![j]!
            const mass = Math.exp(logNormalMass((low - mean) / width, (high - mean) / width))
            density *= Math.exp(-0.5 * ((point[i]! - mean) / width) ** 2) / (width * Math.sqrt(2 * Math.PI) * mass)
          }
          sum += density
        }
        return Math.log(sum)
      }
      for (const count of [1, 2, 3, 4, 5, 7, 9]) {
        const points = Array.from({ length: count }, draw)
        const together = densities(estimator, points)
        expect(together).toEqual(points.flatMap((point) => densities(estimator, [point])))
        for (const [row, point] of points.entries()) expect(together[row]).toBeCloseTo(direct(point), 10)
      }
    }
  })

  it('an observation of little weight pulls little', () => {
    const dimension = parzenDimension({ kind: 'float', low: 0, high: 1, log: false })!
    const estimator = createParzenEstimator([dimension])
    estimator.add(0, [0.2], 0.01)
    estimator.add(1, [0.8], 1)
    const [light, heavy] = densities(estimator, [[0.2], [0.8]]) as [number, number]
    expect(heavy).toBeGreaterThan(light)
    expect([...estimator.components().weights].map((w) => w * 2.01)).toEqual([
      expect.closeTo(0.01, 12),
      expect.closeTo(1, 12),
      expect.closeTo(1, 12),
    ])
  })

  it('stays finite on 500 identical points, 500 choices, 12 decades and every extreme at once', () => {
    const dimensions = [
      parzenDimension({ kind: 'float', low: 1e-6, high: 1e6, log: true })!,
      parzenDimension({ kind: 'categorical', choices: Array.from({ length: 500 }, (_, i) => i) })!,
      parzenDimension({ kind: 'int', low: 0, high: 1e9, log: false, step: 1 })!,
    ]
    const estimator = createParzenEstimator(dimensions)
    for (let key = 0; key < 500; key++) estimator.add(key, [Math.log(1e-6), 499, 1e9])
    const values = densities(estimator, [
      [Math.log(1e-6), 499, 1e9],
      [Math.log(1e6), 0, 0],
    ])
    expect(values.every(Number.isFinite)).toBe(true)
    expect(values[0]!).toBeGreaterThan(values[1]!)
    const draws = new Float64Array(300)
    estimator.sample(createRandom(1), 100, draws)
    expect(draws.every(Number.isFinite)).toBe(true)
  })

  it('refuses what it cannot hold', () => {
    const estimator = createParzenEstimator(DIMENSIONS.slice(0, 1))
    estimator.add(3, [0])
    expect(() => estimator.add(3, [1])).toThrow('key 3 is already')
    expect(() => estimator.add(4, [Number.NaN])).toThrow('point[0] is NaN')
    expect(() => estimator.add(4, [1, 2])).toThrow('point has 2 coordinates; expected 1')
    expect(() => estimator.add(4, [1], -1)).toThrow('weight is -1')
    expect(() => estimator.remove(9)).toThrow('key 9 is not')
    expect(() => createParzenEstimator(DIMENSIONS, { priorWeight: -1 })).toThrow('priorWeight is -1')
  })
})

describe('parzenDimension', () => {
  it('widens stepped ranges by half a step and leaves out single values', () => {
    expect(parzenDimension({ kind: 'int', low: 1, high: 8, step: 1, log: false })).toMatchObject({
      low: 0.5,
      high: 8.5,
    })
    expect(parzenDimension({ kind: 'float', low: 0, high: 1, step: 0.3, log: false })).toMatchObject({
      last: expect.closeTo(0.9, 12),
    })
    expect(parzenDimension({ kind: 'int', low: 4, high: 4, step: 1, log: false })).toBeUndefined()
    expect(parzenDimension({ kind: 'categorical', choices: ['only'] })).toBeUndefined()
    expect(() => parzenDimension({ kind: 'float', low: 0.1, high: 1, step: 0.3, log: true })).toThrow('half a step')
  })

  it('gives values back as they were', () => {
    for (const [i, parameter] of PARAMETERS.entries()) {
      fc.assert(
        fc.property(unit, (u) => {
          const coordinate = pointAt([DIMENSIONS[i]!], [u])[0]!
          const value = fromCoordinate(DIMENSIONS[i]!, parameter, coordinate)
          expect(toCoordinate(DIMENSIONS[i]!, parameter, value)).toBeCloseTo(coordinate, 10)
        }),
      )
    }
    expect(() => toCoordinate(DIMENSIONS[5]!, PARAMETERS[5]!, 'z')).toThrow('"z" is not one of the choices')
    expect(() => toCoordinate(DIMENSIONS[0]!, PARAMETERS[0]!, 'z')).toThrow('not a finite number')
  })
})

describe('quick densities', () => {
  it.each([
    ['mixed', DIMENSIONS, 300],
    ['continuous', DIMENSIONS.slice(0, 2), 700],
    ['on grids', DIMENSIONS.slice(2), 100],
  ])('of a %s space are right to six digits, and end where they are enough', (_, dimensions, n) => {
    const random = createRandom(n)
    const draw = () => pointAt(dimensions, Array.from({ length: 6 }, random.uniform))
    const estimator = createParzenEstimator(dimensions)
    for (let key = 0; key < n; key++) estimator.add(key, draw(), key % 3 === 0 ? 0.5 : 1)
    for (let key = 0; key < n; key += 5) estimator.remove(key)
    const points = Float64Array.from(Array.from({ length: 10 }, draw).flat())
    const exact = new Float64Array(10)
    const found = new Float64Array(10)
    estimator.logDensities(points, 10, exact)
    expect(estimator.quick.logDensities(points, 10, found, new Float64Array(10).fill(Number.POSITIVE_INFINITY))).toBe(
      true,
    )
    for (const [row, value] of exact.entries()) expect(Math.abs(found[row]! - value)).toBeLessThan(1e-6)
    const enough = exact.map((value) => value - 0.5)
    estimator.quick.logDensities(points, 10, found, enough)
    for (const [row, value] of exact.entries()) {
      expect(found[row]).toBeGreaterThanOrEqual(enough[row]!)
      expect(found[row]).toBeLessThan(value + 1e-6)
    }
  })

  it('are left to the full ones where they do not serve', () => {
    const few = createParzenEstimator(DIMENSIONS)
    const out = new Float64Array(1)
    expect(few.quick.estimates(Float64Array.from(pointAt(DIMENSIONS, Array(6).fill(0.5))), 1, out)).toBe(false)
    const withoutPrior = createParzenEstimator(DIMENSIONS.slice(0, 1), { priorWeight: 0 })
    for (let key = 0; key < 100; key++) withoutPrior.add(key, [key / 100])
    expect(withoutPrior.quick.estimates(Float64Array.of(0.5), 1, out)).toBe(false)
  })
})

describe('createDensityRatio', () => {
  const group = DIMENSIONS.slice(0, 2)
  const history = fc.array(
    fc.record({
      key: fc.nat(60),
      u: fc.array(unit, { minLength: 2, maxLength: 2 }),
      score: fc.integer({ min: 0, max: 5 }),
      pending: fc.boolean(),
    }),
    { minLength: 1, maxLength: 90 },
  )

  it('finds the best of many draws as the ratios of all of them do', () => {
    for (const [dimensions, n] of [
      [DIMENSIONS, 1400],
      [DIMENSIONS, 200],
      [DIMENSIONS.slice(0, 2), 1400],
      [DIMENSIONS.slice(2), 60],
    ] as const) {
      const random = createRandom(n)
      const ratio = createDensityRatio([dimensions])
      const scoreOf = (u: readonly number[]) => -u.reduce((sum, one) => sum + (one - 0.4) ** 2, 0)
      for (let key = 0; key < n; key++) {
        // Late observations crowd around the best, as a search has them; some go again.
        const u = dimensions.map(() => 0.4 + (random.uniform() - 0.4) * (key < n / 4 ? 1 : 0.05))
        ratio.tell(key, [pointAt(dimensions, u)], scoreOf(u))
        if (key % 9 === 4) ratio.forget(key - 3)
      }
      const points = new Float64Array(25 * dimensions.length)
      const ratios = new Float64Array(25)
      for (let round = 0; round < 20; round++) {
        ratio.sample(0, random, 25, points)
        // A draw that comes twice: the first of equals counts.
        points.copyWithin(7 * dimensions.length, 3 * dimensions.length, 4 * dimensions.length)
        ratio.ratios(0, points, 25, ratios)
        expect(ratio.best(0, points, 25)).toBe(ratios.indexOf(Math.max(...ratios)))
      }
    }
  })

  it('is a function of what is known, not of the way there', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const ratio = createDensityRatio([group])
        const known = new Map<number, (typeof steps)[number]>()
        for (const step of steps) {
          const points = [pointAt(group, step.u)]
          if (step.pending) ratio.pend(step.key, points)
          else ratio.tell(step.key, points, step.score)
          known.set(step.key, step)
        }
        const fresh = createDensityRatio([group])
        for (const step of known.values()) {
          if (step.pending) fresh.pend(step.key, [pointAt(group, step.u)])
          else fresh.tell(step.key, [pointAt(group, step.u)], step.score)
        }
        const scored = [...known.values()].filter((step) => !step.pending)
        const best = scored.toSorted((a, b) => b.score - a.score || a.key - b.key)
        const good = best.slice(0, Math.min(Math.ceil(0.1 * scored.length), 25)).map((step) => step.key)
        expect(ratio.good()).toEqual(good)
        expect(ratio.size).toBe(scored.length)
        const probe = Float64Array.from(pointAt(group, [0.3, 0.6]))
        const [a, b] = [new Float64Array(1), new Float64Array(1)]
        ratio.ratios(0, probe, 1, a)
        fresh.ratios(0, probe, 1, b)
        expect(a).toEqual(b)
      }),
      { numRuns: 60 },
    )
  })

  it('pushes proposals away from pending points', () => {
    const dimension = [parzenDimension({ kind: 'float', low: 0, high: 1, log: false })!]
    const ratio = createDensityRatio([dimension])
    for (let key = 0; key < 20; key++) ratio.tell(key, [[key / 20]], -Math.abs(key / 20 - 0.5))
    const at = (x: number) => {
      const out = new Float64Array(1)
      ratio.ratios(0, Float64Array.of(x), 1, out)
      return out[0]!
    }
    const before = at(0.5)
    ratio.pend(20, [[0.5]])
    expect(at(0.5)).toBeLessThan(before)
    ratio.forget(20)
    expect(at(0.5)).toBe(before)
    expect(() => ratio.tell(1, [[0.5]], Number.NaN)).toThrow('score is NaN')
  })

  it('keeps branches apart: an observation counts only in the groups it has', () => {
    const ratio = createDensityRatio([group, [DIMENSIONS[5]!]])
    for (let key = 0; key < 30; key++) {
      ratio.tell(key, [pointAt(group, [key / 30, 0.5]), key % 2 === 0 ? [key % 4] : undefined], key)
    }
    const out = new Float64Array(1)
    ratio.ratios(1, Float64Array.of(0), 1, out)
    expect(Number.isFinite(out[0])).toBe(true)
    const never = createDensityRatio([group, [DIMENSIONS[5]!]])
    for (let key = 0; key < 30; key++) never.tell(key, [pointAt(group, [0.1, 0.5]), undefined], key)
    never.ratios(1, Float64Array.of(3), 1, out)
    expect(out[0]).toBe(0)
  })
})
