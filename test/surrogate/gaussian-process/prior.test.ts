import fc from 'fast-check'
import { determinant, inverse, Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { cubePriors, logPrior, type Priors, tiedPrior } from '../../../src/surrogate/gaussian-process/prior.ts'
import { matern52, scale } from '../../../src/surrogate/kernels/index.ts'

const logs = fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 1, maxLength: 7 })
const spread = fc.double({ min: 0.05, max: 2, noNaN: true })

describe('values that are tied', () => {
  it('have the density of a normal vector with one covariance between all', () => {
    fc.assert(
      fc.property(logs, spread, spread, (values, together, apart) => {
        const n = values.length
        const covariance = Matrix.ones(n, n)
          .mul(together ** 2)
          .add(Matrix.eye(n, n).mul(apart ** 2))
        const deviation = Matrix.columnVector(values.map((value) => value - 0.3))
        const quadratic = deviation.transpose().mmul(inverse(covariance)).mmul(deviation).get(0, 0)
        const expected = -0.5 * (quadratic + Math.log(determinant(covariance)))
        const actual = tiedPrior(0.3, { together, apart }).logDensity(values, new Float64Array(n))
        expect(Math.abs(actual - expected)).toBeLessThan(1e-8 * (1 + Math.abs(expected)))
      }),
    )
  })

  it('are worth log N(x; 0, s²) where there is one', () => {
    const density = tiedPrior(0, { together: 0.6, apart: 0.8 }).logDensity([0.5], new Float64Array(1))
    expect(density).toBeCloseTo(-0.125, 12)
  })
})

describe('the density of hyper-parameters', () => {
  const { hyperparameters } = scale(matern52({ lengthScales: [1, 1, 1], categorical: [1] }))
  const usual = cubePriors(3)
  const tied: Priors = { ...usual, lengthScales: tiedPrior(-1, { together: 0.5, apart: 0.3 }) }

  it('has the slope of its differences', () => {
    const values = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 4, maxLength: 4 })
    for (const priors of [usual, tied]) {
      const density = logPrior(priors, hyperparameters)
      fc.assert(
        fc.property(values, (at) => {
          const slopes = new Float64Array(4)
          density(Float64Array.from(at), slopes)
          for (const p of at.keys()) {
            const moved = (step: number) => density(Float64Array.from(at.with(p, at[p]! + step)), new Float64Array(4))
            expect(slopes[p]).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 5)
          }
        }),
      )
    }
  })

  it('joins length scales of numbers alone: a category keeps its own', () => {
    const category = hyperparameters.findIndex(({ role }) => role === 'categorical-length-scale')
    const slopes = (priors: Priors) => {
      const out = new Float64Array(4)
      logPrior(priors, hyperparameters)(Float64Array.of(0.1, 0.2, 0.3, 0.4), out)
      return out
    }
    const differ = Array.from({ length: 4 }, (_, p) => slopes(tied)[p] !== slopes(usual)[p])
    expect(differ.map((each, p) => (each ? hyperparameters[p]!.role : 'same'))).toEqual(
      hyperparameters.map(({ role }) => (role === 'length-scale' ? role : 'same')),
    )
    expect(differ[category]).toBe(false)
  })
})
