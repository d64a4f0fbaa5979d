import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBackend } from '../../../src/numerics/linalg/index.ts'
import { createRandom } from '../../../src/numerics/random/index.ts'
import {
  describeProcess,
  gaussianProcess,
  inverseYeoJohnson,
  restoreProcess,
  samplePath,
  standardize,
  yeoJohnson,
  yeoJohnsonTransform,
} from '../../../src/surrogate/gaussian-process/index.ts'
import { linear, matern12, matern32, matern52, radialBasis, scale } from '../../../src/surrogate/kernels/index.ts'
import { points } from '../../../src/surrogate/points.ts'

const backend = createBackend()
const data = {
  points: points([[0.1], [0.3], [0.35], [0.8]]),
  targets: Float64Array.of(-0.4, 0.9, 1.1, -1),
  noiseVariances: Float64Array.of(0, 0.1, 0.05, 0),
}
const at = points([[0.2], [0.5], [0.95]])

describe('sample paths', () => {
  it.each([
    ['matern12', matern12({ lengthScale: 0.3 })],
    ['matern32', matern32({ lengthScale: 0.3 })],
    ['matern52', scale(matern52({ lengthScales: [0.3] }), 1.7)],
    ['radialBasis', radialBasis({ lengthScale: 0.3 })],
  ])('of %s have the moments of the posterior', (_, kernel) => {
    const process = gaussianProcess({ kernel, observationNoise: 0.01, mean: 'constant' }, data, backend)
    const posterior = process.posterior(at)
    const random = createRandom(8)
    const count = 1500
    const sums = new Float64Array(3)
    const squares = new Float64Array(3)
    for (let s = 0; s < count; s++) {
      const values = samplePath(process, random, { features: 96 })(at)
      for (let i = 0; i < 3; i++) {
        sums[i]! += values[i]! / count
        squares[i]! += values[i]! ** 2 / count
      }
    }
    for (let i = 0; i < 3; i++) {
      expect(Math.abs(sums[i]! - posterior.mean[i]!)).toBeLessThan(5 * Math.sqrt(posterior.variance[i]! / count) + 0.02)
      const variance = squares[i]! - sums[i]! ** 2
      expect(variance / posterior.variance[i]!).toBeGreaterThan(0.8)
      expect(variance / posterior.variance[i]!).toBeLessThan(1.25)
    }
  })

  it('are functions: the same points give the same values', () => {
    const process = gaussianProcess(
      { kernel: matern52({ lengthScale: 0.3 }), observationNoise: 0.01, mean: 'linear' },
      data,
      backend,
    )
    const path = samplePath(process, createRandom(1))
    expect(Array.from(path(at))).toEqual(Array.from(path(at)))
  })

  it('need a spectral density', () => {
    const process = gaussianProcess({ kernel: linear(), observationNoise: 0.01, mean: 'zero' }, data, backend)
    expect(() => samplePath(process, createRandom(1))).toThrow('kernel linear has no spectral density here')
  })
})

describe('a stored process', () => {
  const model = {
    kernel: scale(matern52({ lengthScales: [0.3] }), 1.7),
    observationNoise: 0.01,
    mean: 'constant',
  } as const
  const grown = gaussianProcess(model, data, backend).append({ points: points([[0.6]]), targets: Float64Array.of(0.2) })

  it('is restored to the last bit, even when it was grown', () => {
    const restored = restoreProcess(JSON.parse(JSON.stringify(describeProcess(grown))), backend)
    expect(Array.from(restored.posterior(at).mean)).toEqual(Array.from(grown.posterior(at).mean))
    expect(Array.from(restored.posterior(at).covariance())).toEqual(Array.from(grown.posterior(at).covariance()))
    expect(restored.logMarginalLikelihood).toBe(grown.logMarginalLikelihood)
  })

  it('is restored to rounding without its factor', () => {
    const restored = restoreProcess(describeProcess(grown, { factor: false }), backend)
    for (let i = 0; i < 3; i++) expect(restored.posterior(at).mean[i]).toBeCloseTo(grown.posterior(at).mean[i]!, 12)
  })

  it('is refused when damaged', () => {
    const description = describeProcess(grown)
    expect(() => restoreProcess({ ...description, factor: [1] }, backend)).toThrow('factor has 1 numbers; expected 15')
    expect(() => restoreProcess({ ...description, mean: 'cubic' }, backend)).toThrow('not understood')
  })
})

describe('the Yeo-Johnson transformation', () => {
  it('has its published values and an inverse', () => {
    expect(yeoJohnson(3, 0)).toBeCloseTo(Math.log(4), 14)
    expect(yeoJohnson(3, 1)).toBeCloseTo(3, 14)
    expect(yeoJohnson(-3, 2)).toBeCloseTo(-Math.log(4), 14)
    expect(yeoJohnson(-3, 1)).toBeCloseTo(-3, 14)
    fc.assert(
      fc.property(
        fc.double({ min: -50, max: 50, noNaN: true }),
        fc.double({ min: -1, max: 3, noNaN: true }),
        (y, lambda) => {
          expect(Math.abs(inverseYeoJohnson(yeoJohnson(y, lambda), lambda) - y)).toBeLessThan(1e-6 * (1 + Math.abs(y)))
        },
      ),
    )
  })

  it('pulls in a long tail, keeps order, and undoes itself', () => {
    const random = createRandom(2)
    const targets = Float64Array.from({ length: 80 }, () => -Math.exp(random.normal()))
    const transform = yeoJohnsonTransform(targets)
    const warped = targets.map(transform.forward)
    const skew = (values: Float64Array) => {
      const mean = values.reduce((a, b) => a + b, 0) / values.length
      const moment = (power: number) => values.reduce((total, y) => total + (y - mean) ** power, 0) / values.length
      return moment(3) / moment(2) ** 1.5
    }
    expect(Math.abs(skew(warped))).toBeLessThan(0.5 * Math.abs(skew(targets)))
    const order = (values: Float64Array) => Array.from(values.keys()).sort((i, j) => values[i]! - values[j]!)
    expect(order(warped)).toEqual(order(targets))
    for (const y of targets) {
      expect(transform.inverse(transform.forward(y))).toBeCloseTo(y, 6)
      const step = 1e-6 * (1 + Math.abs(y))
      const slope = (transform.forward(y + step) - transform.forward(y - step)) / (2 * step)
      expect(transform.slope(y) / slope).toBeCloseTo(1, 4)
    }
    expect(yeoJohnsonTransform([5, 5, 5]).forward(5)).toBeCloseTo(0, 12)
  })

  it.each([
    ['a long upper tail', (k: number) => Math.exp(k / 4)],
    ['a long lower tail', (k: number) => -Math.exp(k / 6)],
    ['no tail, where λ stays near 1', (k: number) => k],
  ])('warps by the λ of greatest posterior density: %s', (_, value) => {
    const targets = Array.from({ length: 16 }, (_, k) => value(k))
    const { lambda } = yeoJohnsonTransform(targets)
    const { forward } = standardize(targets)
    const centered = targets.map(forward)
    const logPosterior = (power: number) => {
      const warped = centered.map((y) => yeoJohnson(y, power))
      const mean = warped.reduce((a, b) => a + b, 0) / 16
      const variance = warped.reduce((a, b) => a + (b - mean) ** 2, 0) / 16
      const jacobian = centered.reduce((a, y) => a + (power - 1) * Math.sign(y) * Math.log1p(Math.abs(y)), 0)
      return jacobian - 8 * Math.log(variance) - 0.5 * (power - 1) ** 2
    }
    for (const step of [-0.5, -1e-3, 1e-3, 0.5])
      expect(logPosterior(lambda)).toBeGreaterThan(logPosterior(lambda + step))
  })
})
