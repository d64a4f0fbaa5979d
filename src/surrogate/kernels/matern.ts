/**
 * Matérn covariances of smoothness ν = 1/2, 3/2, 5/2: samples are ⌈ν⌉−1 times differentiable.
 *
 *   ν = 1/2   e^(−r)
 *   ν = 3/2   (1 + √3 r) e^(−√3 r)
 *   ν = 5/2   (1 + √5 r + 5r²/3) e^(−√5 r)
 *
 * Rasmussen & Williams (2006), equation 4.17.
 *
 * @module
 */
import type { Kernel } from './kernel.ts'
import type { Profile } from './profile.ts'
import { type StationaryOptions, stationary } from './stationary.ts'

const SQRT_3 = Math.sqrt(3)
const SQRT_5 = Math.sqrt(5)

export const maternHalfProfile: Profile = {
  kind: 'matern-1/2',
  apply(squared, slopes) {
    for (let i = 0; i < squared.length; i++) {
      const r = Math.sqrt(squared[i]!)
      const value = Math.exp(-r)
      // The slope is infinite at r = 0, where every coordinate difference it multiplies is 0.
      if (slopes) slopes[i] = r > 0 ? -value / (2 * r) : 0
      squared[i] = value
    }
  },
}

export const maternThreeHalvesProfile: Profile = {
  kind: 'matern-3/2',
  apply(squared, slopes) {
    for (let i = 0; i < squared.length; i++) {
      const r = SQRT_3 * Math.sqrt(squared[i]!)
      const decay = Math.exp(-r)
      if (slopes) slopes[i] = -1.5 * decay
      squared[i] = (1 + r) * decay
    }
  },
}

export const maternFiveHalvesProfile: Profile = {
  kind: 'matern-5/2',
  apply(squared, slopes) {
    for (let i = 0; i < squared.length; i++) {
      const s = squared[i]!
      const r = SQRT_5 * Math.sqrt(s)
      const decay = Math.exp(-r)
      if (slopes) slopes[i] = (-5 / 6) * (1 + r) * decay
      squared[i] = (1 + r + (5 / 3) * s) * decay
    }
  },
}

/**
 * @example
 * matern12({ lengthScales: [0.3, 0.3] }).covariance(points([[0, 0]]), points([[0.3, 0]])) // ≈ [0.3679]: 1/e
 */
export function matern12(options: StationaryOptions): Kernel {
  return stationary(maternHalfProfile, options)
}

/**
 * @example
 * matern32({ lengthScale: 0.5 }).covariance(points([[0]]), points([[0.5]])) // ≈ [0.4834]
 */
export function matern32(options: StationaryOptions): Kernel {
  return stationary(maternThreeHalvesProfile, options)
}

/**
 * The default for parameters: twice differentiable, as real objectives are.
 *
 * @example
 * const kernel = matern52({ lengthScales: [0.3, 0.3], categorical: [1] })
 * kernel.covariance(points([[0, 0]]), points([[0, 1], [0, 2]])) // ≈ [0.0156, 0.0156]: another category is another one
 */
export function matern52(options: StationaryOptions): Kernel {
  return stationary(maternFiveHalvesProfile, options)
}
