import { describe, expect, it } from 'vitest'
import { createBackend } from '../../../src/numerics/linalg/index.ts'
import { createRandom } from '../../../src/numerics/random/index.ts'
import { gaussianProcess } from '../../../src/surrogate/gaussian-process/gaussian-process.ts'
import { matern52, scale } from '../../../src/surrogate/kernels/index.ts'
import { featureGradient } from '../../../src/surrogate/neural/deep-kernel.ts'
import {
  applyNetwork,
  createNetwork,
  fitDeepKernel,
  fitScoreEnsemble,
  loadTensorFlow,
} from '../../../src/surrogate/neural/index.ts'
import { points, row } from '../../../src/surrogate/points.ts'
import { surrogateConformance } from '../../../src/testing/surrogate-conformance.ts'

const backend = createBackend()
const tensorFlow = await loadTensorFlow('wasm')
const random = createRandom(3)
const n = 50
const dimension = 10
const inputs = points(
  Float64Array.from({ length: n * dimension }, () => random.uniform()),
  dimension,
)
/** Depends on one direction in ten: what a kernel on raw features has to learn the hard way. */
const truth = (x: Float64Array) => Math.sin(3 * (x[0]! + x[1]! - x[2]! - x[3]!))
const targets = Float64Array.from({ length: n }, (_, i) => 5 + 2 * truth(row(inputs, i)) + 0.1 * random.normal())
const fresh = points(
  Float64Array.from({ length: 200 * dimension }, () => random.uniform()),
  dimension,
)

const deep = fitDeepKernel(inputs, targets, tensorFlow, backend, createRandom(1), { slots: [4, 6], steps: 100 })
const ensemble = fitScoreEnsemble(inputs, targets, tensorFlow, backend, createRandom(1), { members: 6, steps: 100 })

describe.each([
  ['deep kernel', deep],
  ['score ensemble', ensemble],
])('%s', (_, surrogate) => {
  for (const { name, run } of surrogateConformance(() => surrogate, { backend, dimension })) it(name, run)

  it('predicts what it has not seen better than the mean does', () => {
    const { mean } = surrogate.posterior(fresh)
    const wanted = Float64Array.from({ length: fresh.count }, (_, i) => 5 + 2 * truth(row(fresh, i)))
    const average = wanted.reduce((a, b) => a + b, 0) / fresh.count
    const error = wanted.reduce((total, value, i) => total + (surrogate.transform.inverse(mean[i]!) - value) ** 2, 0)
    const variance = wanted.reduce((total, value) => total + (value - average) ** 2, 0)
    expect(error).toBeLessThan(0.8 * variance)
  })
})

describe('deep kernel', () => {
  it('gains from training', () => {
    expect(Math.max(...deep.history)).toBeGreaterThan(deep.history[0]! + 1)
    expect(deep.process.data.points.dimension).toBe(6)
  })

  it('has a gradient with respect to features that matches finite differences', () => {
    const model = {
      kernel: scale(matern52({ lengthScale: 0.7 }), 1.2),
      observationNoise: 0.1,
      mean: 'constant',
    } as const
    const z = points(
      Float64Array.from({ length: 12 }, () => random.normal()),
      2,
    )
    const y = Float64Array.from({ length: 6 }, () => random.normal())
    const gradient = featureGradient(model, z, y, backend)
    for (let k = 0; k < 12; k++) {
      const at = (step: number) =>
        gaussianProcess(model, { points: points(z.data.with(k, z.data[k]! + step), 2), targets: y }, backend)
          .logMarginalLikelihood
      expect(gradient[k]).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 5)
    }
  })

  it('refuses slots that do not add up', () => {
    expect(() => fitDeepKernel(inputs, targets, tensorFlow, backend, random, { slots: [4, 4] })).toThrow(
      'slots are 4 + 4 wide; expected 10',
    )
  })
})

describe('score ensemble', () => {
  it('is calibrated: most of the truth lies within two deviations, noise included', () => {
    const { mean, variance } = ensemble.posterior(fresh)
    let inside = 0
    for (let i = 0; i < fresh.count; i++) {
      const value = ensemble.transform.forward(5 + 2 * truth(row(fresh, i)))
      if (Math.abs(value - mean[i]!) < 2 * Math.sqrt(variance[i]! + ensemble.observationNoise)) inside++
    }
    expect(inside / fresh.count).toBeGreaterThan(0.8)
  })
})

describe('network', () => {
  it('is a composition of affine maps and tanh', () => {
    const network = createNetwork([2, 3, 1], createRandom(2))
    const x = points([[0.5, -1]])
    const hidden = [0, 1, 2].map((j) => Math.tanh(0.5 * network.weights[0]![j]! - network.weights[0]![3 + j]!))
    const expected = hidden.reduce((total, h, j) => total + h * network.weights[1]![j]!, 0)
    expect(applyNetwork(network, x, backend).data[0]).toBeCloseTo(expected, 12)
    expect(() => createNetwork([2], createRandom(1))).toThrow('widths are 2')
  })
})
