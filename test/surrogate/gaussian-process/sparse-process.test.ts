import { describe, expect, it } from 'vitest'
import { createBackend } from '../../../src/numerics/linalg/index.ts'
import { createRandom } from '../../../src/numerics/random/index.ts'
import { startingModel } from '../../../src/surrogate/gaussian-process/fit.ts'
import { fitProcess } from '../../../src/surrogate/gaussian-process/fit-process.ts'
import {
  type GaussianProcessModel,
  gaussianProcess,
  type TrainingData,
} from '../../../src/surrogate/gaussian-process/gaussian-process.ts'
import { selectInducingPoints } from '../../../src/surrogate/gaussian-process/inducing-points.ts'
import { cubePriors } from '../../../src/surrogate/gaussian-process/prior.ts'
import { sparseGaussianProcess } from '../../../src/surrogate/gaussian-process/sparse-process.ts'
import { matern52, scale } from '../../../src/surrogate/kernels/index.ts'
import { points, takePoints } from '../../../src/surrogate/points.ts'
import { differentiableSurrogateConformance } from '../../../src/testing/surrogate-conformance.ts'

const backend = createBackend()
const random = createRandom(5)

function uniform(count: number, dimension: number) {
  return points(
    Float64Array.from({ length: count * dimension }, () => random.uniform()),
    dimension,
  )
}

function dataset(n: number, dimension: number, heteroscedastic = true): TrainingData {
  const x = uniform(n, dimension)
  return {
    points: x,
    targets: Float64Array.from({ length: n }, (_, i) => Math.sin(5 * x.data[i * dimension]!) + 0.3 * random.normal()),
    ...(heteroscedastic ? { noiseVariances: Float64Array.from({ length: n }, () => 0.2 * random.uniform()) } : {}),
  }
}

const model: GaussianProcessModel = {
  kernel: scale(matern52({ lengthScales: [0.4, 0.9] }), 1.3),
  observationNoise: 0.05,
  mean: 'constant',
}
const means = ['zero', 'constant', 'linear'] as const

describe.each(means)('sparse process with %s mean', (mean) => {
  const data = dataset(60, 2)
  const make = () => sparseGaussianProcess({ ...model, mean }, data, { inducing: 10 }, backend)
  for (const { name, run } of differentiableSurrogateConformance(make, { backend, dimension: 2 })) it(name, run)

  it('is the exact process where every observation is an inducing point', () => {
    const exact = gaussianProcess({ ...model, mean }, data, backend)
    const sparse = sparseGaussianProcess({ ...model, mean }, data, { inducing: data.points }, backend)
    const at = uniform(40, 2)
    const [expected, given] = [exact.posterior(at), sparse.posterior(at)]
    for (let i = 0; i < at.count; i++) {
      expect(given.mean[i]).toBeCloseTo(expected.mean[i]!, 7)
      expect(given.variance[i]).toBeCloseTo(expected.variance[i]!, 7)
    }
    expect(sparse.logMarginalLikelihood).toBeCloseTo(exact.logMarginalLikelihood, 5)
    for (const [p, beta] of exact.meanCoefficients.entries()) expect(sparse.meanCoefficients[p]).toBeCloseTo(beta, 7)
  })

  it('bounds the likelihood from below, tighter with more inducing points', () => {
    const exact = gaussianProcess({ ...model, mean }, data, backend).logMarginalLikelihood
    const bounds = [5, 15, 30, 60].map(
      (inducing) => sparseGaussianProcess({ ...model, mean }, data, { inducing }, backend).logMarginalLikelihood,
    )
    expect(bounds).toEqual(bounds.toSorted((a, b) => a - b))
    expect(bounds[0]).toBeLessThan(exact - 1)
    expect(bounds[3]).toBeLessThanOrEqual(exact + 1e-6)
  })

  it('appends as it conditions', () => {
    // More observations than one block holds.
    const whole = dataset(700, 2)
    const inducing = takePoints(whole.points, [0, 20, 40, 60, 80, 100, 120])
    const part = (from: number, to: number): TrainingData => ({
      points: takePoints(
        whole.points,
        Array.from({ length: to - from }, (_, i) => from + i),
      ),
      targets: whole.targets.slice(from, to),
      noiseVariances: whole.noiseVariances!.slice(from, to),
    })
    const at = uniform(10, 2)
    const grown = sparseGaussianProcess({ ...model, mean }, part(0, 600), { inducing }, backend).append(part(600, 700))
    const anew = sparseGaussianProcess({ ...model, mean }, whole, { inducing }, backend)
    expect(grown.logMarginalLikelihood).toBeCloseTo(anew.logMarginalLikelihood, 6)
    for (let i = 0; i < at.count; i++) {
      expect(grown.posterior(at).mean[i]).toBeCloseTo(anew.posterior(at).mean[i]!, 9)
      expect(grown.posterior(at).variance[i]).toBeCloseTo(anew.posterior(at).variance[i]!, 9)
    }
  })
})

describe('sparse process', () => {
  it('believes its mean at pending points, as the exact one does', () => {
    const data = dataset(60, 2)
    const pending = uniform(3, 2)
    const sparse = sparseGaussianProcess(model, data, { inducing: 12 }, backend)
    const before = sparse.posterior(pending)
    const after = sparse.fantasize(pending).posterior(pending)
    for (let i = 0; i < 3; i++) {
      expect(Math.abs(after.mean[i]! - before.mean[i]!)).toBeLessThan(0.2)
      expect(after.variance[i]).toBeLessThan(model.observationNoise)
    }
  })

  it('takes copies of points, targets of one value and noise of nothing', () => {
    const one = points([[0.5, 0.5]])
    const copies = { points: takePoints(one, [0, 0, 0, 0]), targets: Float64Array.of(1, 1, 1, 1) }
    const process = sparseGaussianProcess({ ...model, observationNoise: 0 }, copies, { inducing: 3 }, backend)
    expect(process.inducing.count).toBe(1)
    expect(process.posterior(one).mean[0]).toBeCloseTo(1, 3)
  })

  it('names what is wrong with data and inducing points', () => {
    const data = dataset(5, 2)
    expect(() => sparseGaussianProcess(model, data, { inducing: 0 }, backend)).toThrow('count is 0')
    expect(() => sparseGaussianProcess(model, data, { inducing: points([[1]]) }, backend)).toThrow('dimension 1')
    expect(() => sparseGaussianProcess(model, data, { first: [7] }, backend)).toThrow('first has 7')
    const none = { count: 0, dimension: 2, data: new Float64Array() }
    expect(() => sparseGaussianProcess(model, data, { inducing: none }, backend)).toThrow('at least one')
    const broken = { ...data, targets: data.targets.with(2, Number.NaN) }
    expect(() => sparseGaussianProcess(model, broken, {}, backend)).toThrow('targets[2] is NaN')
  })
})

describe('inducing points', () => {
  it('are each the point about which those before say least', () => {
    const { kernel } = model
    const x = uniform(50, 2)
    const chosen = selectInducingPoints(kernel, x, { count: 12 }, backend)
    expect(new Set(chosen).size).toBe(12)
    for (let t = 1; t < chosen.length; t++) {
      const before = takePoints(x, chosen.slice(0, t))
      const exact = { points: before, targets: new Float64Array(t) }
      const { variance } = gaussianProcess({ kernel, observationNoise: 1e-12, mean: 'zero' }, exact, backend).posterior(
        x,
      )
      expect(variance[chosen[t]!]).toBeCloseTo(Math.max(...variance), 6)
    }
  })

  it('begin with those asked for, and end where nothing is left to say', () => {
    const x = points([
      [0, 0],
      [0, 0],
      [1, 1],
      [0.5, 0.5],
    ])
    expect(selectInducingPoints(model.kernel, x, { count: 4, first: [3, 1, 0] }, backend)).toEqual([3, 1, 2])
  })

  it('are found among very many points', () => {
    const x = uniform(30_001, 2)
    const chosen = selectInducingPoints(model.kernel, x, { count: 5, first: [30_000] }, backend)
    expect(chosen).toHaveLength(5)
    expect(chosen[0]).toBe(30_000)
  })
})

describe('fitProcess', () => {
  const priors = cubePriors(2)
  const starts = [startingModel(scale(matern52({ lengthScales: [1, 1] })), priors)]

  it('is exact up to a number of observations and sparse past it', () => {
    const data = dataset(120, 2, false)
    const exact = fitProcess(data, { priors, starts, exactUpTo: 120 }, backend)
    const sparse = fitProcess(data, { priors, starts, exactUpTo: 119, fitUpTo: 119, inducing: 60 }, backend)
    expect([exact.sparse, sparse.sparse]).toEqual([false, true])
    const at = uniform(200, 2)
    const [a, b] = [exact.process.posterior(at), sparse.process.posterior(at)]
    for (let i = 0; i < at.count; i++) expect(b.mean[i]).toBeCloseTo(a.mean[i]!, 1)
  })

  it('gives the same process for the same data', () => {
    const data = dataset(300, 2)
    const fit = () => fitProcess(data, { priors, starts, exactUpTo: 10, fitUpTo: 50, inducing: 20 }, backend)
    const at = uniform(5, 2)
    expect(fit().process.posterior(at).mean).toEqual(fit().process.posterior(at).mean)
  })
})
