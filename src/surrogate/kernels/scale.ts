import { checkPositive } from './check-hyperparameter.ts'
import type { Kernel } from './kernel.ts'

/**
 * v · k(a, b): the function's variance, in squared units of the target.
 *
 * @example
 * scale(matern52({ lengthScale: 0.3 }), 2.5).covariance(points([[0]]), points([[0]])) // [2.5]
 */
export function scale(kernel: Kernel, outputScale = 1): Kernel {
  const factor = checkPositive('outputScale', outputScale)
  const times = (values: Float64Array): Float64Array => {
    for (let i = 0; i < values.length; i++) values[i]! *= factor
    return values
  }
  return {
    description: { kind: 'scale', outputScale: factor, kernel: kernel.description },
    hyperparameters: [{ name: 'outputScale', role: 'output-scale', value: factor }, ...kernel.hyperparameters],
    withHyperparameters: (values) =>
      scale(kernel.withHyperparameters(Array.from(values).slice(1)), values[0] ?? Number.NaN),
    covariance: (a, b, backend) => times(kernel.covariance(a, b, backend)),
    diagonal: (a) => times(kernel.diagonal(a)),
    linearize(a, backend) {
      const inner = kernel.linearize(a, backend)
      // A copy: the inner linearization still needs its own values.
      const covariance = times(inner.covariance.slice())
      return {
        covariance,
        contract(weights) {
          const gradient = inner.contract(weights)
          const out = new Float64Array(gradient.length + 1)
          for (let p = 0; p < gradient.length; p++) out[p + 1] = factor * gradient[p]!
          let total = 0
          for (let i = 0; i < covariance.length; i++) total += weights[i]! * covariance[i]!
          out[0] = total
          return out
        },
      }
    },
    atPoint(x, b) {
      const inner = kernel.atPoint(x, b)
      return {
        covariances: times(inner.covariances.slice()),
        addGradient: (weights, out) => inner.addGradient(times(weights.slice()), out),
      }
    },
    diagonalGradient: (x) => times(kernel.diagonalGradient(x)),
  }
}
