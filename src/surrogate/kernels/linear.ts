import type { Backend } from '../../numerics/linalg/backend.ts'
import { dot } from '../../numerics/vector.ts'
import { type Points, row } from '../points.ts'
import { checkPositive } from './check-hyperparameter.ts'
import type { Kernel } from './kernel.ts'
import { multiply } from './multiply.ts'

export interface LinearOptions {
  /** Prior variance of every slope. Default 1. */
  readonly outputScale?: number
}

/**
 * v · aᵀb: linear functions through the origin with independent slopes of variance v. On unit-norm embeddings this is
 * the cosine kernel. Rasmussen & Williams (2006), section 4.2.2.
 *
 * @example
 * linear({ outputScale: 2 }).covariance(points([[1, 2]]), points([[3, 1]])) // [10]
 */
export function linear(options: LinearOptions = {}): Kernel {
  const scale = checkPositive('outputScale', options.outputScale ?? 1)

  const product = (a: Points, b: Points, backend?: Backend): Float64Array => {
    if (backend && a.dimension >= 24) {
      const out = multiply(backend, a.data, b.data, a.count, a.dimension, b.count, true)
      for (let i = 0; i < out.length; i++) out[i]! *= scale
      return out
    }
    const out = new Float64Array(a.count * b.count)
    for (let i = 0; i < a.count; i++) {
      for (let j = 0; j < b.count; j++) out[i * b.count + j] = scale * dot(row(a, i), row(b, j))
    }
    return out
  }

  return {
    description: { kind: 'linear', outputScale: scale },
    hyperparameters: [{ name: 'outputScale', role: 'output-scale', value: scale }],
    withHyperparameters: (values) => linear({ outputScale: values[0] ?? Number.NaN }),
    covariance: product,
    diagonal: (a) => Float64Array.from({ length: a.count }, (_, i) => scale * dot(row(a, i), row(a, i))),
    linearize(a, backend) {
      const covariance = product(a, a, backend)
      return { covariance, contract: (weights) => Float64Array.of(dot(weights, covariance)) }
    },
    atPoint(x, b) {
      return {
        covariances: product({ count: 1, dimension: x.length, data: x }, b),
        addGradient(weights, out) {
          for (let j = 0, at = 0; j < b.count; j++) {
            for (let d = 0; d < b.dimension; d++, at++) out[d]! += scale * weights[j]! * b.data[at]!
          }
        },
      }
    },
    diagonalGradient: (x) => x.map((value) => 2 * scale * value),
  }
}
