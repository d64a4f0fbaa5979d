import type { Kernel } from './kernel.ts'
import type { Profile } from './profile.ts'
import { type StationaryOptions, stationary } from './stationary.ts'

export const radialBasisProfile: Profile = {
  kind: 'radial-basis',
  apply(squared, slopes) {
    for (let i = 0; i < squared.length; i++) {
      const value = Math.exp(-0.5 * squared[i]!)
      if (slopes) slopes[i] = -0.5 * value
      squared[i] = value
    }
  },
}

/**
 * The squared exponential e^(−r²/2): infinitely smooth. Rasmussen & Williams (2006), equation 4.9.
 *
 * @example
 * radialBasis({ lengthScale: 0.5 }).covariance(points([[0]]), points([[0.5]])) // ≈ [0.6065]
 */
export function radialBasis(options: StationaryOptions): Kernel {
  return stationary(radialBasisProfile, options)
}
