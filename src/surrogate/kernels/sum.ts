import { InvalidArgumentError } from '../../errors.ts'
import type { Hyperparameter, Kernel } from './kernel.ts'

/**
 * k₁ + k₂ + …: a function that is the sum of independent ones, for example one per feature view.
 *
 * @throws InvalidArgumentError when there is no term.
 * @example
 * sum([matern52({ lengthScale: 1 }), scale(linear(), 0.5)]).covariance(points([[2]]), points([[2]])) // [3]: 1 + 0.5·2·2
 */
export function sum(kernels: readonly Kernel[]): Kernel {
  if (kernels.length === 0) throw new InvalidArgumentError('kernels is empty; expected at least one term')
  const total = (parts: readonly Float64Array[]): Float64Array => {
    const out = parts[0]!.slice()
    for (const part of parts.slice(1)) for (let i = 0; i < out.length; i++) out[i]! += part[i]!
    return out
  }
  return {
    description: { kind: 'sum', kernels: kernels.map((kernel) => kernel.description) },
    hyperparameters: prefixed(kernels),
    withHyperparameters: (values) => sum(splitHyperparameters(kernels, values)),
    covariance: (a, b, backend) => total(kernels.map((kernel) => kernel.covariance(a, b, backend))),
    diagonal: (a) => total(kernels.map((kernel) => kernel.diagonal(a))),
    linearize(a, backend) {
      const parts = kernels.map((kernel) => kernel.linearize(a, backend))
      return {
        covariance: total(parts.map((part) => part.covariance)),
        contract: (weights) => concatenate(parts.map((part) => part.contract(weights))),
      }
    },
    atPoint(x, b) {
      const parts = kernels.map((kernel) => kernel.atPoint(x, b))
      return {
        covariances: total(parts.map((part) => part.covariances)),
        addGradient: (weights, out) => {
          for (const part of parts) part.addGradient(weights, out)
        },
      }
    },
    diagonalGradient: (x) => total(kernels.map((kernel) => kernel.diagonalGradient(x))),
  }
}

/** Hyper-parameters of several kernels in one list, named by position. */
export function prefixed(kernels: readonly Kernel[]): Hyperparameter[] {
  return kernels.flatMap((kernel, i) =>
    kernel.hyperparameters.map((parameter) => ({ ...parameter, name: `${i}.${parameter.name}` })),
  )
}

/** Deals one list of values out to several kernels. */
export function splitHyperparameters(kernels: readonly Kernel[], values: ArrayLike<number>): Kernel[] {
  let offset = 0
  return kernels.map((kernel) => {
    const next = offset + kernel.hyperparameters.length
    const taken = kernel.withHyperparameters(Array.from(values).slice(offset, next))
    offset = next
    return taken
  })
}

export function concatenate(parts: readonly Float64Array[]): Float64Array {
  return Float64Array.from(parts.flatMap((part) => Array.from(part)))
}
