import { describe, expect, it } from 'vitest'
import { createBackend, createWasmBackend } from '../../../src/numerics/linalg/index.ts'
import { createRandom } from '../../../src/numerics/random/index.ts'
import type { GaussianProcessModel } from '../../../src/surrogate/gaussian-process/gaussian-process.ts'
import { marginalLikelihood } from '../../../src/surrogate/gaussian-process/marginal-likelihood.ts'
import { asStationaryTerms } from '../../../src/surrogate/gaussian-process/stationary-terms.ts'
import { activeDimensions } from '../../../src/surrogate/kernels/active-dimensions.ts'
import type { Kernel } from '../../../src/surrogate/kernels/kernel.ts'
import { matern12, matern32, matern52 } from '../../../src/surrogate/kernels/matern.ts'
import { radialBasis } from '../../../src/surrogate/kernels/radial-basis.ts'
import { rationalQuadratic } from '../../../src/surrogate/kernels/rational-quadratic.ts'
import { scale } from '../../../src/surrogate/kernels/scale.ts'
import { sum } from '../../../src/surrogate/kernels/sum.ts'
import { points } from '../../../src/surrogate/points.ts'

const dimension = 3
const random = createRandom(5)
const n = 37
const data = {
  points: points(
    Float64Array.from({ length: n * dimension }, () => random.uniform()),
    dimension,
  ),
  targets: Float64Array.from({ length: n }, () => random.normal()),
  noiseVariances: Float64Array.from({ length: n }, () => 0.01 * random.uniform()),
}

/** The same kernel under a description that the fast path does not know. */
const opaque = (kernel: Kernel): Kernel => ({ ...kernel, description: { kind: 'opaque' } })

const shared = { lengthScale: 0.4 }
const separate = { lengthScales: [0.3, 0.7, 1.9] }
const kernels: Record<string, Kernel> = {
  'matern12, shared': scale(matern12(shared), 1.7),
  'matern12, separate': scale(matern12(separate), 1.7),
  'matern32, shared, not scaled': matern32(shared),
  'matern32, separate': scale(matern32(separate), 0.4),
  'matern52, shared': scale(matern52(shared), 1.7),
  'matern52, separate, not scaled': matern52(separate),
  'radial basis, shared': scale(radialBasis(shared), 1.7),
  'radial basis, separate': scale(radialBasis(separate), 1.7),
  'rational quadratic, shared': scale(rationalQuadratic({ ...shared, shape: 0.8 }), 1.7),
  'rational quadratic, separate': scale(rationalQuadratic({ ...separate, shape: 0.8 }), 1.7),
  'two views': sum([
    activeDimensions(scale(matern52({ lengthScales: [0.4, 0.6] }), 1.7), [2, 0]),
    scale(activeDimensions(matern32(shared), [1]), 0.5),
  ]),
  'sum in a sum, one not scaled': sum([
    radialBasis(shared),
    sum([scale(rationalQuadratic({ ...separate, shape: 0.8 }), 0.3), scale(matern12(shared), 2)]),
  ]),
}

describe('the likelihood of stationary kernels and their sums', () => {
  for (const backend of [createBackend('js'), createWasmBackend({ initialMemory: 0 })]) {
    for (const [name, kernel] of Object.entries(kernels)) {
      for (const mean of ['zero', 'constant', 'linear'] as const) {
        it(`equals the general one: ${name}, ${mean} mean, ${backend.name}`, () => {
          expect(asStationaryTerms(kernel.description)).toBeDefined()
          const model: GaussianProcessModel = { kernel, observationNoise: 0.05, mean }
          backend.scope((workspace) => {
            const likelihood = marginalLikelihood(data, backend, workspace)
            const general = likelihood({ ...model, kernel: opaque(kernel) })
            for (const repeat of [1, 2]) {
              const fast = likelihood(model)
              expect(fast.value, `repeat ${repeat}`).toBeCloseTo(general.value, 9)
              expect(fast.gradient.length).toBe(general.gradient.length)
              for (const [p, value] of general.gradient.entries()) expect(fast.gradient[p]).toBeCloseTo(value, 8)
            }
          })
        })
      }
    }
  }

  it('leaves other kernels to the general path', () => {
    expect(asStationaryTerms({ kind: 'linear' })).toBeUndefined()
    expect(asStationaryTerms(matern52({ ...separate, categorical: [1] }).description)).toBeUndefined()
    expect(asStationaryTerms(scale(scale(matern52(shared))).description)).toBeUndefined()
  })

  it('names a wrong number of length scales', () => {
    const backend = createBackend()
    const model: GaussianProcessModel = {
      kernel: matern52({ lengthScales: [1, 2] }),
      observationNoise: 1,
      mean: 'zero',
    }
    backend.scope((workspace) => {
      expect(() => marginalLikelihood(data, backend, workspace)(model)).toThrow('points have 3 coordinates; expected 2')
    })
  })
})
