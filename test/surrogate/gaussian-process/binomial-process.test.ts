import { describe, expect, it } from 'vitest'
import { createBackend } from '../../../src/numerics/linalg/index.ts'
import { createRandom } from '../../../src/numerics/random/index.ts'
import { logistic } from '../../../src/numerics/special/index.ts'
import {
  binomialLikelihood,
  binomialProcess,
  fitBinomialModel,
  logisticMoments,
} from '../../../src/surrogate/gaussian-process/binomial-process.ts'
import { cubePriors } from '../../../src/surrogate/gaussian-process/prior.ts'
import { matern52, scale } from '../../../src/surrogate/kernels/index.ts'
import { points } from '../../../src/surrogate/points.ts'
import { surrogateConformance } from '../../../src/testing/surrogate-conformance.ts'

const backend = createBackend()
const random = createRandom(5)
const x = points(Array.from({ length: 15 }, () => [random.uniform()]))
const trials = Array.from(x.data, (_, i) => [1, 4, 16, 64][i % 4]!)
const truth = (t: number) => logistic(3 * Math.sin(5 * t))
const successes = trials.map((count, i) => {
  let won = 0
  for (let k = 0; k < count; k++) if (random.uniform() < truth(x.data[i]!)) won++
  return won
})
const model = { kernel: scale(matern52({ lengthScale: 0.3 }), 4) }
const counts = { points: x, successes, trials }

describe('binomial process', () => {
  for (const { name, run } of surrogateConformance(() => binomialProcess(model, counts, backend), {
    backend,
    dimension: 1,
  })) {
    it(name, run)
  }

  it('stands where the gradient of the log posterior is zero', () => {
    const { approximation } = binomialProcess({ ...model, priorMean: 0 }, counts, backend)
    const k = model.kernel.covariance(x, x)
    for (let i = 0; i < x.count; i++) {
      let back = 0
      for (let j = 0; j < x.count; j++) back += k[i * x.count + j]! * approximation.weights[j]!
      expect(back).toBeCloseTo(approximation.mode[i]!, 5)
    }
  })

  it('has the evidence of a fine grid for one point', () => {
    const one = { points: points([[0.5]]), successes: [7], trials: [10] }
    const process = binomialProcess({ ...model, priorMean: 0 }, one, backend)
    const likelihood = binomialLikelihood([7], [10])
    let evidence = 0
    for (let f = -12; f < 12; f += 1e-3) {
      evidence += (Math.exp(likelihood.logLikelihood(Float64Array.of(f)) - (f * f) / 8) * 1e-3) / Math.sqrt(8 * Math.PI)
    }
    expect(process.logEvidence).toBeCloseTo(Math.log(evidence), 1)
    const { mean, variance } = process.posterior(one.points)
    expect(mean[0]).toBeGreaterThan(0.6)
    // At the mode the curvature is that of the likelihood plus the prior's.
    const rate = logistic(mean[0]!)
    expect(variance[0]).toBeCloseTo(1 / (10 * rate * (1 - rate) + 1 / 4), 6)
  })

  it('trusts many trials more than few, and finds the rate', () => {
    const fitted = fitBinomialModel({ kernel: scale(matern52({ lengthScale: 0.5 })) }, counts, cubePriors(1), backend)
    const process = binomialProcess(fitted, counts, backend)
    const grid = points(Array.from({ length: 20 }, (_, i) => [i / 19]))
    const { mean, standardDeviation } = process.rates(grid)
    let inside = 0
    for (let i = 0; i < 20; i++) {
      if (Math.abs(mean[i]! - truth(grid.data[i]!)) < 2.5 * standardDeviation[i]!) inside++
    }
    expect(inside).toBeGreaterThanOrEqual(17)
    const few = binomialProcess(model, { points: points([[0.5]]), successes: [1], trials: [1] }, backend)
    const many = binomialProcess(model, { points: points([[0.5]]), successes: [100], trials: [100] }, backend)
    const at = points([[0.5]])
    expect(many.rates(at).standardDeviation[0]).toBeLessThan(few.rates(at).standardDeviation[0]! / 3)
    expect(many.rates(at).mean[0]).toBeGreaterThan(few.rates(at).mean[0]!)
  })

  it('survives counts that are all or nothing in the millions', () => {
    const extreme = { points: points([[0], [0.5], [1]]), successes: [1e6, 0, 0.5], trials: [1e6, 1e6, 1] }
    const { mean } = binomialProcess(model, extreme, backend).rates(extreme.points)
    expect(mean[0]).toBeGreaterThan(0.999)
    expect(mean[1]).toBeLessThan(0.001)
  })

  it('has the moments of a squashed normal', () => {
    const samples = Array.from({ length: 200_000 }, () => logistic(0.7 + 1.5 * random.normal()))
    const mean = samples.reduce((a, b) => a + b, 0) / samples.length
    const variance = samples.reduce((total, value) => total + (value - mean) ** 2, 0) / samples.length
    expect(logisticMoments(0.7, 1.5).mean).toBeCloseTo(mean, 2)
    expect(logisticMoments(0.7, 1.5).variance).toBeCloseTo(variance, 2)
    expect(logisticMoments(2, 0)).toEqual({ mean: expect.closeTo(logistic(2), 12), variance: expect.closeTo(0, 12) })
  })

  it('refuses counts that do not add up', () => {
    expect(() => binomialProcess(model, { points: points([[0]]), successes: [3], trials: [2] }, backend)).toThrow(
      'successes[0] is 3 of 2',
    )
  })
})
