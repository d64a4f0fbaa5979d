import { describe, expect, it } from 'vitest'
import type { Parameter } from '../../../src/space/parameter.ts'
import {
  createDensityRatio,
  createParzenEstimator,
  equalWeights,
  type ParzenDimension,
  parzenDimension,
  rampWeights,
  rootGood,
  tenthGood,
} from '../../../src/surrogate/parzen/index.ts'
import fixtures from './fixtures/optuna-vectors.json' with { type: 'json' }

/** Fixture values are numbers, or indices for choices; the coordinate of a logarithmic parameter is its logarithm. */
function toPoint(dimensions: readonly ParzenDimension[], values: readonly number[]): number[] {
  return values.map((value, i) => {
    const dimension = dimensions[i]!
    return dimension.kind === 'numeric' && dimension.log ? Math.log(value) : value
  })
}

function dimensionsOf(space: object): ParzenDimension[] {
  return Object.values(space).map((parameter: Parameter) => parzenDimension(parameter)!)
}

function expectClose(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length)
  for (const [index, value] of expected.entries()) {
    const error = Math.abs(actual[index]! - value) / Math.max(1, Math.abs(value))
    expect(error, `entry ${index} is ${actual[index]}; expected ${value}`).toBeLessThanOrEqual(1e-10)
  }
}

describe('Optuna 5.0', () => {
  it('counts the good and weighs by age alike', () => {
    for (const [n, tenth, root] of fixtures.gamma as [number, number, number][]) {
      expect([tenthGood(n), rootGood(n)]).toEqual([tenth, root])
    }
    for (const [n, expected] of fixtures.weights as [number, number[]][]) {
      const out = new Float64Array(n)
      rampWeights(n, out)
      expectClose(out, expected)
    }
  })

  it.each(fixtures.cases.map((fixture, index) => [`${index}: ${fixture.name}`, fixture] as const))(
    'estimator %s: weights, components and log-densities to 1e-10',
    (_, fixture) => {
      const dimensions = dimensionsOf(fixture.space)
      const predetermined = 'predetermined' in fixture ? fixture.predetermined : undefined
      const estimator = createParzenEstimator(dimensions, {
        ...fixture.options,
        ageWeights: predetermined ? equalWeights : rampWeights,
      })
      for (const [key, values] of fixture.values.entries()) {
        estimator.add(key, toPoint(dimensions, values), predetermined?.[key])
      }
      const k = dimensions.length
      const points = Float64Array.from(fixture.points.flatMap((values) => toPoint(dimensions, values)))
      const out = new Float64Array(points.length / k)
      estimator.logDensities(points, out.length, out)
      expectClose(out, fixture.logDensities)

      if (!fixture.weights || !fixture.components) return
      const { weights, means, widths, rows } = estimator.components()
      expectClose(weights, fixture.weights)
      for (const [i, component] of fixture.components.entries()) {
        if ('rows' in component) {
          expectClose(rows[i]!, component.rows!.flat())
        } else {
          expectClose(means[i]!, component.means!)
          expectClose(widths[i]!, component.widths!)
        }
      }
    },
  )

  it.each(fixtures.histories.map((fixture) => [fixture.name, fixture] as const))(
    'history of %s: the same good observations and the same ratios to 1e-10',
    (_, fixture) => {
      const dimensions = dimensionsOf(fixture.space)
      const ratio = createDensityRatio([dimensions])
      for (const [key, values] of fixture.values.entries()) {
        ratio.tell(key, [toPoint(dimensions, values)], fixture.scores[key]!)
      }
      for (const [index, values] of fixture.pending.entries()) {
        ratio.pend(fixture.values.length + index, [toPoint(dimensions, values)])
      }
      expect(ratio.good().sort((a, b) => a - b)).toEqual(fixture.good)
      const points = Float64Array.from(fixture.points.flatMap((values) => toPoint(dimensions, values)))
      const out = new Float64Array(fixture.points.length)
      ratio.ratios(0, points, out.length, out)
      expectClose(out, fixture.ratios)
    },
  )
})
