import { describe, expect, it } from 'vitest'
import { createBackend, createWasmBackend, toArray } from '../../../src/numerics/linalg/index.ts'
import { createRandom } from '../../../src/numerics/random/index.ts'
import { covarianceFill } from '../../../src/surrogate/gaussian-process/covariance-fill.ts'
import { gaussianProcess } from '../../../src/surrogate/gaussian-process/gaussian-process.ts'
import { activeDimensions } from '../../../src/surrogate/kernels/active-dimensions.ts'
import type { Kernel } from '../../../src/surrogate/kernels/kernel.ts'
import { linear } from '../../../src/surrogate/kernels/linear.ts'
import { matern32, matern52 } from '../../../src/surrogate/kernels/matern.ts'
import { rationalQuadratic } from '../../../src/surrogate/kernels/rational-quadratic.ts'
import { scale } from '../../../src/surrogate/kernels/scale.ts'
import { sum } from '../../../src/surrogate/kernels/sum.ts'
import { type Points, points } from '../../../src/surrogate/points.ts'

const dimension = 4
const random = createRandom(11)
const draw = (count: number): Points =>
  points(
    Float64Array.from({ length: count * dimension }, () => random.uniform()),
    dimension,
  )
const observed = draw(23)
/** Two whole batches of predictions and a part of one. */
const candidates = draw(1100)

const kernels: Record<string, Kernel> = {
  'one stationary': scale(matern52({ lengthScale: 0.4 }), 1.7),
  'views with their own length scales': sum([
    scale(activeDimensions(matern32({ lengthScales: [0.3, 0.9] }), [3, 1]), 0.6),
    activeDimensions(scale(rationalQuadratic({ lengthScale: 0.8, shape: 1.4 }), 2), [0, 2]),
  ]),
  'one that is not stationary': sum([linear(), matern52({ lengthScale: 0.4 })]),
}

/** The same kernel under a description that nobody knows: its covariances are its own. */
const opaque = (kernel: Kernel): Kernel => ({ ...kernel, description: { kind: 'opaque' } })

function expectClose(values: Float64Array, expected: Float64Array, tolerance = 1e-11): void {
  expect(values.length).toBe(expected.length)
  const worst = values.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0)
  expect(worst).toBeLessThan(tolerance)
}

for (const backend of [createBackend('js'), createWasmBackend({ initialMemory: 0 })]) {
  describe(`covariances in the memory of ${backend.name}`, () => {
    for (const [name, kernel] of Object.entries(kernels)) {
      it(`are the kernel's: ${name}`, () => {
        backend.scope((workspace) => {
          const fill = covarianceFill(kernel, observed, candidates.count, backend, workspace)
          const cross = workspace.matrix(observed.count, candidates.count)
          fill.cross(candidates, cross)
          expectClose(toArray(cross), kernel.covariance(observed, candidates))
          const own = workspace.matrix(observed.count, observed.count)
          fill.own(own)
          const expected = kernel.covariance(observed, observed)
          const lower = (values: Float64Array) =>
            values.filter((_, i) => i % observed.count <= Math.floor(i / observed.count))
          expectClose(lower(toArray(own)), lower(expected))
        })
      })

      it(`predict in batches what the kernel's own covariances predict: ${name}`, () => {
        const data = { points: observed, targets: Float64Array.from({ length: 23 }, () => random.normal()) }
        const model = { kernel, observationNoise: 0.01, mean: 'constant' } as const
        const process = gaussianProcess(model, data, backend)
        const general = gaussianProcess({ ...model, kernel: opaque(kernel) }, data, backend)
        const all = process.posterior(candidates)
        const expected = general.posterior(candidates)
        expectClose(all.mean, expected.mean, 1e-9)
        expectClose(all.variance, expected.variance, 1e-9)
        const few = { count: 40, dimension, data: candidates.data.subarray(0, 40 * dimension) }
        expectClose(process.posterior(few).covariance(), general.posterior(few).covariance(), 1e-9)
        expectClose(process.posterior(few).mean, all.mean.subarray(0, 40), 1e-12)
        expectClose(process.leaveOneOut().variances, general.leaveOneOut().variances, 1e-9)
      })
    }

    it('complain of points of another width', () => {
      backend.scope((workspace) => {
        const fill = covarianceFill(kernels['one stationary']!, observed, 1, backend, workspace)
        expect(() => fill.cross(points([[0, 1]]), workspace.matrix(observed.count, 1))).toThrow(
          'points have 2 coordinates; expected 4',
        )
        const beyond = activeDimensions(matern52({ lengthScale: 1 }), [4])
        expect(() => covarianceFill(beyond, observed, 1, backend, workspace)).toThrow('coordinate 4 is asked for')
      })
    })
  })
}
