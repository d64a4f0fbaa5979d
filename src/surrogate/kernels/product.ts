import { InvalidArgumentError } from '../../errors.ts'
import type { Kernel } from './kernel.ts'
import { concatenate, prefixed, splitHyperparameters } from './sum.ts'

/**
 * k₁ · k₂ · …: near in every factor at once.
 *
 * @throws InvalidArgumentError when there is no factor.
 * @example
 * const kernel = product([activeDimensions(matern52({ lengthScale: 0.3 }), [0, 1]), activeDimensions(hamming(), [2])])
 * kernel.covariance(points([[0, 0, 1]]), points([[0, 0, 1]])) // [1]
 */
export function product(kernels: readonly Kernel[]): Kernel {
  if (kernels.length === 0) throw new InvalidArgumentError('kernels is empty; expected at least one factor')
  const multiplied = (parts: readonly Float64Array[], without = -1): Float64Array => {
    const out = new Float64Array(parts[0]!.length).fill(1)
    for (const [index, part] of parts.entries()) {
      if (index !== without) for (let i = 0; i < out.length; i++) out[i]! *= part[i]!
    }
    return out
  }
  return {
    description: { kind: 'product', kernels: kernels.map((kernel) => kernel.description) },
    hyperparameters: prefixed(kernels),
    withHyperparameters: (values) => product(splitHyperparameters(kernels, values)),
    covariance: (a, b, backend) => multiplied(kernels.map((kernel) => kernel.covariance(a, b, backend))),
    diagonal: (a) => multiplied(kernels.map((kernel) => kernel.diagonal(a))),
    linearize(a, backend) {
      const parts = kernels.map((kernel) => kernel.linearize(a, backend))
      const covariances = parts.map((part) => part.covariance)
      return {
        covariance: multiplied(covariances),
        contract: (weights) =>
          concatenate(parts.map((part, i) => part.contract(multiplied([weights, ...covariances], i + 1)))),
      }
    },
    atPoint(x, b) {
      const parts = kernels.map((kernel) => kernel.atPoint(x, b))
      const covariances = parts.map((part) => part.covariances)
      return {
        covariances: multiplied(covariances),
        addGradient: (weights, out) => {
          for (const [i, part] of parts.entries()) part.addGradient(multiplied([weights, ...covariances], i + 1), out)
        },
      }
    },
    diagonalGradient(x) {
      const at = { count: 1, dimension: x.length, data: x }
      const diagonals = kernels.map((kernel) => kernel.diagonal(at))
      const out = new Float64Array(x.length)
      for (const [i, kernel] of kernels.entries()) {
        const others = multiplied(diagonals, i)[0]!
        const gradient = kernel.diagonalGradient(x)
        for (let d = 0; d < out.length; d++) out[d]! += others * gradient[d]!
      }
      return out
    },
  }
}
