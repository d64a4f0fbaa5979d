import { InvalidArgumentError } from '../../errors.ts'
import type { Points } from '../points.ts'
import type { Kernel } from './kernel.ts'

/**
 * A kernel that sees only some coordinates: one view of the features.
 *
 * @param dimensions - which coordinates, in the order the kernel gets them.
 * @throws InvalidArgumentError when a coordinate is negative, not whole, or beyond the points (on use).
 * @example
 * const kernel = sum([activeDimensions(matern52({ lengthScale: 1 }), [0, 1, 2]), activeDimensions(linear(), [3])])
 * kernel.covariance(points([[0, 0, 0, 2]]), points([[0, 0, 0, 3]])) // [7]: 1 + 2·3
 */
export function activeDimensions(kernel: Kernel, dimensions: readonly number[]): Kernel {
  for (const [i, dimension] of dimensions.entries()) {
    if (!Number.isInteger(dimension) || dimension < 0) {
      throw new InvalidArgumentError(`dimensions[${i}] is ${dimension}; expected a coordinate index`)
    }
  }
  const view = (a: Points): Points => {
    const beyond = dimensions.find((dimension) => dimension >= a.dimension)
    if (beyond !== undefined) {
      throw new InvalidArgumentError(`coordinate ${beyond} is asked for; expected less than ${a.dimension}`)
    }
    const width = dimensions.length
    const data = new Float64Array(a.count * width)
    for (let i = 0; i < a.count; i++) {
      for (let d = 0; d < width; d++) data[i * width + d] = a.data[i * a.dimension + dimensions[d]!]!
    }
    return { count: a.count, dimension: width, data }
  }
  const viewPoint = (x: Float64Array) => Float64Array.from(dimensions, (dimension) => x[dimension]!)

  return {
    description: { kind: 'active-dimensions', dimensions: [...dimensions], kernel: kernel.description },
    hyperparameters: kernel.hyperparameters,
    withHyperparameters: (values) => activeDimensions(kernel.withHyperparameters(values), dimensions),
    covariance: (a, b, backend) => kernel.covariance(view(a), view(b), backend),
    diagonal: (a) => kernel.diagonal(view(a)),
    linearize: (a, backend) => kernel.linearize(view(a), backend),
    atPoint(x, b) {
      const inner = kernel.atPoint(viewPoint(x), view(b))
      return {
        covariances: inner.covariances,
        addGradient(weights, out) {
          const gradient = new Float64Array(dimensions.length)
          inner.addGradient(weights, gradient)
          for (const [d, dimension] of dimensions.entries()) out[dimension]! += gradient[d]!
        },
      }
    },
    diagonalGradient(x) {
      const out = new Float64Array(x.length)
      const gradient = kernel.diagonalGradient(viewPoint(x))
      for (const [d, dimension] of dimensions.entries()) out[dimension]! += gradient[d]!
      return out
    },
  }
}
