import { checkPositive } from './check-hyperparameter.ts'
import type { Kernel } from './kernel.ts'
import type { Profile } from './profile.ts'
import { type StationaryOptions, stationary } from './stationary.ts'

/** (1 + r²/2a)^(−a), a the shape. */
export function rationalQuadraticProfile(shape: number): Profile {
  checkPositive('shape', shape)
  return {
    kind: 'rational-quadratic',
    shape,
    withShape: rationalQuadraticProfile,
    apply(squared, slopes, shapeSlopes) {
      for (let i = 0; i < squared.length; i++) {
        const u = squared[i]! / (2 * shape)
        const logBase = Math.log1p(u)
        const value = Math.exp(-shape * logBase)
        if (slopes) slopes[i] = (-0.5 * value) / (1 + u)
        if (shapeSlopes) shapeSlopes[i] = shape * value * (u / (1 + u) - logBase)
        squared[i] = value
      }
    },
  }
}

/**
 * A mixture of squared exponentials of many length scales; tends to one as the shape grows.
 * Rasmussen & Williams (2006), equation 4.19.
 *
 * @param options.shape - the mixing exponent; small = heavier tails. Default 1.
 * @example
 * rationalQuadratic({ lengthScale: 0.5, shape: 2 }).covariance(points([[0]]), points([[0.5]])) // ≈ [0.64]
 */
export function rationalQuadratic(options: StationaryOptions & { readonly shape?: number }): Kernel {
  const { shape = 1, ...others } = typeof options === 'object' && options !== null ? options : ({} as never)
  return stationary(rationalQuadraticProfile(shape), others)
}
