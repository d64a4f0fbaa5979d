import { describe, expect, it } from 'vitest'
import { createBackend } from '../../../src/numerics/linalg/index.ts'
import { createRandom } from '../../../src/numerics/random/index.ts'
import {
  activeDimensions,
  hamming,
  type Kernel,
  kernelFromDescription,
  linear,
  matern12,
  matern32,
  matern52,
  normalized,
  product,
  radialBasis,
  rationalQuadratic,
  scale,
  sum,
} from '../../../src/surrogate/kernels/index.ts'
import { points } from '../../../src/surrogate/points.ts'
import { kernelConformance } from '../../../src/testing/kernel-conformance.ts'

const backend = createBackend()

const wide = Array.from({ length: 30 }, (_, d) => 1 + 0.1 * d)
const cases: Record<string, { make: () => Kernel; dimension: number; categorical?: number[] }> = {
  'matern12, one length scale': { make: () => matern12({ lengthScale: 0.5 }), dimension: 3 },
  'matern12, ARD': { make: () => matern12({ lengthScales: [0.3, 1.2] }), dimension: 2 },
  'matern32, ARD': { make: () => matern32({ lengthScales: [0.3, 1.2] }), dimension: 2 },
  'matern52, one length scale': { make: () => matern52({ lengthScale: 0.5 }), dimension: 3 },
  'matern52, ARD': { make: () => matern52({ lengthScales: [0.3, 1.2, 4] }), dimension: 3 },
  'matern52, ARD with categories': {
    make: () => matern52({ lengthScales: [0.3, 1.2, 4], categorical: [1, 2] }),
    dimension: 3,
    categorical: [1, 2],
  },
  'matern52, wide enough for matrix products': { make: () => matern52({ lengthScales: wide }), dimension: 30 },
  'matern52, wide, one length scale': { make: () => matern52({ lengthScale: 2 }), dimension: 30 },
  radialBasis: { make: () => radialBasis({ lengthScales: [0.3, 1.2] }), dimension: 2 },
  rationalQuadratic: { make: () => rationalQuadratic({ lengthScales: [0.3, 1.2], shape: 0.7 }), dimension: 2 },
  linear: { make: () => linear({ outputScale: 2 }), dimension: 3 },
  'linear, wide': { make: () => linear({ outputScale: 2 }), dimension: 30 },
  cosine: { make: () => normalized(linear()), dimension: 3 },
  'matern52 of directions': { make: () => normalized(matern52({ lengthScale: 0.4 })), dimension: 3 },
  hamming: { make: () => hamming({ lengthScale: 0.6 }), dimension: 3, categorical: [0, 1, 2] },
  scale: { make: () => scale(matern52({ lengthScale: 0.4 }), 3), dimension: 2 },
  'sum of views': {
    make: () =>
      sum([
        scale(activeDimensions(matern52({ lengthScales: [0.4, 0.8] }), [0, 2]), 2),
        activeDimensions(linear({ outputScale: 0.3 }), [1]),
      ]),
    dimension: 3,
  },
  'product of a number and a category': {
    make: () =>
      product([
        activeDimensions(radialBasis({ lengthScale: 0.4 }), [0]),
        activeDimensions(hamming(), [1]),
        activeDimensions(linear(), [0]),
      ]),
    dimension: 2,
    categorical: [1],
  },
  'mixed: sum and product': {
    make: () => {
      const numbers = activeDimensions(matern52({ lengthScales: [0.4, 0.6] }), [0, 1])
      const categories = activeDimensions(hamming({ lengthScale: 0.5 }), [2])
      return sum([scale(sum([numbers, categories]), 0.5), scale(product([numbers, categories]), 2)])
    },
    dimension: 3,
    categorical: [2],
  },
}

describe.each(Object.entries(cases))('%s', (_, { make, dimension, categorical = [] }) => {
  const inputs = { backend, dimension, categorical }
  for (const { name, run } of kernelConformance(make, inputs)) it(name, run)
})

describe('kernels', () => {
  const a = points([[0.1, 0.4]])
  const b = points([[0.7, 0.9]])
  const r = Math.hypot(0.6 / 0.5, 0.5 / 0.5)

  it('have the values of their formulas', () => {
    const at = (kernel: Kernel) => kernel.covariance(a, b)[0]!
    expect(at(matern12({ lengthScale: 0.5 }))).toBeCloseTo(Math.exp(-r), 14)
    const r3 = Math.sqrt(3) * r
    expect(at(matern32({ lengthScale: 0.5 }))).toBeCloseTo((1 + r3) * Math.exp(-r3), 14)
    const r5 = Math.sqrt(5) * r
    expect(at(matern52({ lengthScale: 0.5 }))).toBeCloseTo((1 + r5 + (5 * r * r) / 3) * Math.exp(-r5), 14)
    expect(at(radialBasis({ lengthScale: 0.5 }))).toBeCloseTo(Math.exp(-0.5 * r * r), 14)
    expect(at(rationalQuadratic({ lengthScale: 0.5, shape: 2 }))).toBeCloseTo((1 + (r * r) / 4) ** -2, 14)
  })

  it('tie a rational quadratic of large shape to the radial basis', () => {
    const rational = rationalQuadratic({ lengthScale: 0.5, shape: 1e8 }).covariance(a, b)[0]!
    expect(rational).toBeCloseTo(radialBasis({ lengthScale: 0.5 }).covariance(a, b)[0]!, 7)
  })

  it('see categories as equal or not', () => {
    const kernel = matern52({ lengthScales: [1, 2], categorical: [1] })
    const [near, far] = kernel.covariance(
      points([[0, 0]]),
      points([
        [0, 1],
        [0, 7],
      ]),
    )
    expect(near).toBe(far)
    expect(near).toBeCloseTo(matern52({ lengthScale: 2 }).covariance(points([[0]]), points([[1]]))[0]!, 15)
  })

  it('go through matrix products for wide points without losing the gradient', () => {
    const random = createRandom(3)
    const x = points(
      Float64Array.from({ length: 12 * 30 }, () => random.normal()),
      30,
    )
    const kernel = matern52({ lengthScales: wide })
    const weights = new Float64Array(144).fill(0.5)
    const plain = kernel.linearize(x).contract(weights)
    const fast = kernel.linearize(x, backend).contract(weights)
    for (const [d, value] of plain.entries()) expect(fast[d]).toBeCloseTo(value, 10)
  })

  it.each([
    [5, 'options is 5; expected { lengthScale'],
    [null, 'options is null'],
    [{}, 'options is {}'],
    [{ lengthscale: 1 }, 'options is {"lengthscale":1}; expected { lengthScale'],
    [{ lengthScale: 1, variance: 2 }, 'unknown key options.variance. Known keys: lengthScale'],
  ])('refuse options that say nothing to them: %j', (options, message) => {
    expect(() => matern52(options as never)).toThrow(message)
    expect(() => points(options as never)).toThrow('rows is')
  })

  it('refuse what is not positive, with its name and value', () => {
    expect(() => matern52({ lengthScales: [0.1, 0.2, -0.1] })).toThrow(
      'lengthScales[2] is -0.1; expected a positive number',
    )
    expect(() => scale(linear(), 0)).toThrow('outputScale is 0; expected a positive number')
    expect(() => sum([])).toThrow('expected at least one term')
    expect(() => kernelFromDescription({ kind: 'nonsense' })).toThrow('kernel description is not understood')
    expect(() => matern52({ lengthScales: [1, 2] }).covariance(points([[1]]), points([[1]]))).toThrow('expected 2')
    expect(() => activeDimensions(linear(), [4]).covariance(a, b)).toThrow('coordinate 4 is asked for')
  })
})
