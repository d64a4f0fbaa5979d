import type { Points } from '../points.ts'
import { checkPositive } from './check-hyperparameter.ts'
import type { Kernel } from './kernel.ts'

export interface HammingOptions {
  /** The share of unequal coordinates at which covariance has fallen to 1/e. Default 1. */
  readonly lengthScale?: number
}

/**
 * exp(−h/ℓ), h the share of coordinates that differ: for points all of whose coordinates are categorical. Positive
 * definite as a product of exponentials of indicator kernels. B. Ru et al., "Bayesian optimization over multiple
 * continuous and categorical inputs" (2020), use its linear sibling.
 *
 * @example
 * hamming({ lengthScale: 0.5 }).covariance(points([[0, 1]]), points([[0, 2]])) // ≈ [0.368]
 */
export function hamming(options: HammingOptions = {}): Kernel {
  const lengthScale = checkPositive('lengthScale', options.lengthScale ?? 1)

  const shares = (a: Points, b: Points): Float64Array => {
    const out = new Float64Array(a.count * b.count)
    for (let i = 0; i < a.count; i++) {
      for (let j = 0; j < b.count; j++) {
        let differing = 0
        for (let d = 0; d < a.dimension; d++) {
          if (a.data[i * a.dimension + d] !== b.data[j * b.dimension + d]) differing++
        }
        out[i * b.count + j] = differing / a.dimension
      }
    }
    return out
  }
  const covariance = (a: Points, b: Points) => shares(a, b).map((share) => Math.exp(-share / lengthScale))

  return {
    description: { kind: 'hamming', lengthScale },
    hyperparameters: [{ name: 'lengthScale', role: 'categorical-length-scale', value: lengthScale }],
    withHyperparameters: (values) => hamming({ lengthScale: values[0] ?? Number.NaN }),
    covariance,
    diagonal: (a) => new Float64Array(a.count).fill(1),
    linearize(a) {
      const share = shares(a, a)
      const values = share.map((value) => Math.exp(-value / lengthScale))
      return {
        covariance: values,
        contract(weights) {
          let total = 0
          for (let i = 0; i < values.length; i++) total += (weights[i]! * values[i]! * share[i]!) / lengthScale
          return Float64Array.of(total)
        },
      }
    },
    atPoint: (x, b) => ({
      covariances: covariance({ count: 1, dimension: x.length, data: x }, b),
      addGradient: () => {},
    }),
    diagonalGradient: (x) => new Float64Array(x.length),
  }
}
