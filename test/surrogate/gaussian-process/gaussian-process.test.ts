import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBackend } from '../../../src/numerics/linalg/index.ts'
import { createRandom } from '../../../src/numerics/random/index.ts'
import { fitModel, startingModel } from '../../../src/surrogate/gaussian-process/fit.ts'
import {
  type GaussianProcessModel,
  gaussianProcess,
  type TrainingData,
} from '../../../src/surrogate/gaussian-process/gaussian-process.ts'
import { marginalLikelihood } from '../../../src/surrogate/gaussian-process/marginal-likelihood.ts'
import { cubePriors, distancePriors, medianDistance } from '../../../src/surrogate/gaussian-process/prior.ts'
import { standardize } from '../../../src/surrogate/gaussian-process/standardize.ts'
import { linear, matern52, scale, sum } from '../../../src/surrogate/kernels/index.ts'
import { points } from '../../../src/surrogate/points.ts'
import { differentiableSurrogateConformance } from '../../../src/testing/surrogate-conformance.ts'

const backend = createBackend()
const random = createRandom(11)

function dataset(n: number, dimension: number, noise = false): TrainingData {
  const x = points(
    Float64Array.from({ length: n * dimension }, () => random.uniform()),
    dimension,
  )
  return {
    points: x,
    targets: Float64Array.from({ length: n }, (_, i) => Math.sin(5 * x.data[i * dimension]!) + 0.1 * random.normal()),
    ...(noise ? { noiseVariances: Float64Array.from({ length: n }, () => 0.05 * random.uniform()) } : {}),
  }
}

const model: GaussianProcessModel = {
  kernel: scale(matern52({ lengthScales: [0.4, 0.9] }), 1.3),
  observationNoise: 0.02,
  mean: 'constant',
}
const means = ['zero', 'constant', 'linear'] as const

describe.each(means)('gaussian process with %s mean', (mean) => {
  const data = dataset(12, 2, true)
  const make = () => gaussianProcess({ ...model, mean }, data, backend)
  for (const { name, run } of differentiableSurrogateConformance(make, { backend, dimension: 2 })) it(name, run)

  it('has a likelihood gradient that matches finite differences', () => {
    backend.scope((workspace) => {
      const likelihood = marginalLikelihood(data, backend, workspace)
      const { gradient, value } = likelihood({ ...model, mean })
      expect(value).toBeCloseTo(make().logMarginalLikelihood, 10)
      const values = [...model.kernel.hyperparameters.map((parameter) => parameter.value), model.observationNoise]
      for (const [p, at] of values.entries()) {
        const along = (factor: number) => {
          const moved = values.with(p, at * factor)
          return likelihood({
            kernel: model.kernel.withHyperparameters(moved.slice(0, -1)),
            observationNoise: moved.at(-1)!,
            mean,
          }).value
        }
        expect(gradient[p]).toBeCloseTo((along(Math.exp(1e-5)) - along(Math.exp(-1e-5))) / 2e-5, 5)
      }
    })
  })
})

describe('gaussian process', () => {
  it('agrees with the textbook formula', () => {
    const data = dataset(8, 2)
    const process = gaussianProcess({ ...model, mean: 'zero' }, data, backend)
    const at = points([[0.3, 0.6]])
    const k = model.kernel.covariance(data.points, data.points)
    for (let i = 0; i < 8; i++) k[i * 8 + i]! += model.observationNoise
    const inverse = backend.scope((workspace) => {
      const factor = workspace.copy(k, 8, 8)
      backend.cholesky(factor)
      const out = workspace.matrix(8, 8)
      backend.inverseFromFactor(factor, out)
      return Array.from({ length: 8 }, (_, i) => Array.from({ length: 8 }, (_, j) => out.data[i * out.stride + j]!))
    })
    const cross = model.kernel.covariance(data.points, at)
    let mean = 0
    let variance = 1.3
    for (let i = 0; i < 8; i++) {
      for (let j = 0; j < 8; j++) {
        mean += cross[i]! * inverse[i]![j]! * data.targets[j]!
        variance -= cross[i]! * inverse[i]![j]! * cross[j]!
      }
    }
    const posterior = process.posterior(at)
    expect(posterior.mean[0]).toBeCloseTo(mean, 10)
    expect(posterior.variance[0]).toBeCloseTo(variance, 10)
  })

  it('does not depend on the order of history', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 25 }), fc.integer(), (n, seed) => {
        const data = dataset(n, 2, true)
        const order = createRandom(seed).permutation(n)
        const shuffled: TrainingData = {
          points: points(Array.from(order, (i) => data.points.data.slice(2 * i, 2 * i + 2))),
          targets: Float64Array.from(order, (i) => data.targets[i]!),
          noiseVariances: Float64Array.from(order, (i) => data.noiseVariances![i]!),
        }
        const at = points([
          [0.5, 0.5],
          [0.1, 0.9],
        ])
        const a = gaussianProcess(model, data, backend).posterior(at)
        const b = gaussianProcess(model, shuffled, backend).posterior(at)
        for (let i = 0; i < 2; i++) {
          expect(Math.abs(a.mean[i]! - b.mean[i]!)).toBeLessThan(1e-10)
          expect(Math.abs(a.variance[i]! - b.variance[i]!)).toBeLessThan(1e-10)
        }
      }),
      { numRuns: 25 },
    )
  })

  it('commutes with affine changes of the targets', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
        (shift, factor) => {
          const data = dataset(10, 2)
          const at = points([[0.5, 0.5]])
          const predict = (targets: Float64Array) => {
            const transform = standardize(targets)
            const process = gaussianProcess(model, { ...data, targets: targets.map(transform.forward) }, backend)
            return transform.inverse(process.posterior(at).mean[0]!)
          }
          const plain = predict(data.targets)
          const moved = predict(data.targets.map((y) => shift + factor * y))
          const scaleOfTargets = Math.max(factor, Math.abs(shift))
          expect(Math.abs(moved - (shift + factor * plain)) / scaleOfTargets).toBeLessThan(1e-8)
        },
      ),
      { numRuns: 25 },
    )
  })

  it('appended equals refitted, and removing undoes it', () => {
    const data = dataset(15, 2, true)
    const cut = (from: number, to: number): TrainingData => ({
      points: points(data.points.data.slice(2 * from, 2 * to), 2),
      targets: data.targets.slice(from, to),
      noiseVariances: data.noiseVariances!.slice(from, to),
    })
    const at = points([[0.2, 0.8]])
    const whole = gaussianProcess(model, data, backend)
    const grown = gaussianProcess(model, cut(0, 9), backend).append(cut(9, 15))
    expect(grown.posterior(at).mean[0]).toBeCloseTo(whole.posterior(at).mean[0]!, 11)
    expect(grown.posterior(at).variance[0]).toBeCloseTo(whole.posterior(at).variance[0]!, 11)
    expect(grown.logMarginalLikelihood).toBeCloseTo(whole.logMarginalLikelihood, 9)
    let shrunk = grown
    for (let i = 14; i >= 9; i--) shrunk = shrunk.remove(i)
    const small = gaussianProcess(model, cut(0, 9), backend)
    expect(shrunk.posterior(at).mean[0]).toBeCloseTo(small.posterior(at).mean[0]!, 9)
    expect(shrunk.remove(0).posterior(at).mean[0]).toBeCloseTo(
      gaussianProcess(model, cut(1, 9), backend).posterior(at).mean[0]!,
      9,
    )
  })

  it('predicts each observation from the others in closed form', () => {
    const data = dataset(10, 2, true)
    const process = gaussianProcess({ ...model, mean: 'zero' }, data, backend)
    const { means: predicted, variances } = process.leaveOneOut()
    for (let i = 0; i < 10; i++) {
      const { mean, variance } = process.remove(i).posterior(points(data.points.data.slice(2 * i, 2 * i + 2), 2))
      expect(predicted[i]).toBeCloseTo(mean[0]!, 9)
      expect(variances[i]).toBeCloseTo(variance[0]! + model.observationNoise + data.noiseVariances![i]!, 9)
    }
  })

  it('keeps its means and loses uncertainty when it believes pending points', () => {
    const process = gaussianProcess(model, dataset(10, 2), backend)
    const at = points([[0.5, 0.5]])
    const before = process.posterior(at)
    const after = process.fantasize(at).posterior(at)
    expect(after.mean[0]).toBeCloseTo(before.mean[0]!, 8)
    expect(after.variance[0]).toBeLessThan(before.variance[0]!)
  })

  it('survives 500 identical points without noise, and says what it added', () => {
    const same: TrainingData = {
      points: points(new Float64Array(1000).fill(0.5), 2),
      targets: new Float64Array(500).fill(1),
    }
    const process = gaussianProcess({ ...model, observationNoise: 1e-300 }, same, backend)
    expect(process.jitter).toBeGreaterThan(0)
    expect(process.posterior(points([[0.5, 0.5]])).mean[0]).toBeCloseTo(1, 3)
  })

  it('refuses NaN and lengths that disagree', () => {
    const x = points([[0], [1]])
    const bad = { ...model, kernel: matern52({ lengthScale: 1 }) }
    expect(() => gaussianProcess(bad, { points: x, targets: Float64Array.of(0, Number.NaN) }, backend)).toThrow(
      'targets[1] is NaN; expected a finite number',
    )
    expect(() => gaussianProcess(bad, { points: x, targets: Float64Array.of(0) }, backend)).toThrow('expected 2')
    expect(() => gaussianProcess(bad, { points: points([]), targets: new Float64Array(0) }, backend)).toThrow(
      'at least one',
    )
  })
})

describe('fitting', () => {
  it('finds the relevant coordinate and the noise', () => {
    const data = dataset(60, 2)
    const transform = standardize(data.targets)
    const priors = cubePriors(2)
    const start = startingModel(scale(matern52({ lengthScales: [1, 1] })), priors)
    const { model: fitted } = fitModel(
      { ...data, targets: data.targets.map(transform.forward) },
      { priors, starts: [start] },
      backend,
    )
    const [, first, second] = fitted.kernel.hyperparameters
    expect(second!.value).toBeGreaterThan(2 * first!.value)
    const noise = Math.sqrt(fitted.observationNoise) * transform.scale
    expect(noise).toBeGreaterThan(0.05)
    expect(noise).toBeLessThan(0.2)
  })

  it('never ends below where it started', () => {
    const data = dataset(20, 2)
    const priors = cubePriors(2)
    const kernel = sum([scale(matern52({ lengthScales: [1, 1] })), linear()])
    const start = startingModel(kernel, priors)
    const one = fitModel(data, { priors, starts: [start], maxIterations: 1 }, backend)
    const many = fitModel(data, { priors, starts: [one.model], maxIterations: 60 }, backend)
    const more = fitModel(data, { priors, starts: [start, one.model] }, backend)
    expect(many.logPosterior).toBeGreaterThanOrEqual(one.logPosterior - 1e-9)
    expect(more.logPosterior).toBeGreaterThanOrEqual(many.logPosterior - 1e-3)
  })

  it('scales embeddings by their distances', () => {
    const unit = points(Array.from({ length: 20 }, (_, i) => [Math.cos(i), Math.sin(i)]))
    expect(medianDistance(unit)).toBeGreaterThan(1)
    expect(medianDistance(unit)).toBeLessThan(2)
    const { center } = distancePriors(unit).of({ name: 'lengthScale', role: 'length-scale', value: 1 })
    expect(center).toBeCloseTo(medianDistance(unit), 12)
    expect(medianDistance(points([[1], [1]]))).toBe(1)
  })

  it('standardizes anything finite', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, min: -1e150, max: 1e150 }), { minLength: 1, maxLength: 20 }),
        (values) => {
          const transform = standardize(values)
          for (const value of values) {
            expect(Number.isFinite(transform.forward(value))).toBe(true)
            const back = transform.inverse(transform.forward(value))
            expect(Math.abs(back - value)).toBeLessThanOrEqual(1e-9 * Math.max(1, ...values.map(Math.abs)))
          }
        },
      ),
    )
    expect(standardize([5, 5, 5]).forward(5)).toBe(0)
    expect(standardize([-3.5e-323, -4e-323]).scale).toBe(1)
    expect(standardize([1e12, 1e12 + 1]).scale).toBeCloseTo(0.5, 3)
    expect(standardize([1e-12, 3e-12]).forward(3e-12)).toBeCloseTo(1, 9)
  })
})
