/**
 * The standard normal distribution, accurate relative to its value far into both tails.
 *
 * Notation: φ density, Φ distribution function, z = standardized value.
 *
 * @module
 */
import { erfcx } from './erfcx.ts'

/**
 * log √(2π).
 *
 * @example
 * LOG_SQRT_TWO_PI // ≈ 0.9189385
 */
export const LOG_SQRT_TWO_PI = 0.9189385332046728
const INVERSE_SQRT_TWO_PI = 0.3989422804014327
const SQRT_HALF = Math.SQRT1_2
const SQRT_TWO_OVER_PI = 0.7978845608028654

/**
 * exp(−z²/2): z is split so that the head's square is exact, since rounding z² would cost 1e-13 in the tail.
 */
function gaussian(z: number): number {
  const magnitude = Math.abs(z)
  if (!(magnitude < 39)) return Number.isNaN(z) ? z : 0
  const head = Math.trunc(magnitude * 16) / 16
  return Math.exp(-0.5 * head * head) * Math.exp(-0.5 * (magnitude - head) * (magnitude + head))
}

/**
 * φ(z) = exp(−z²/2)/√(2π).
 *
 * @example
 * normalDensity(0) // ≈ 0.3989
 */
export function normalDensity(z: number): number {
  return INVERSE_SQRT_TWO_PI * gaussian(z)
}

/**
 * log φ(z); finite for |z| up to 1e154.
 *
 * @example
 * logNormalDensity(0) // ≈ −0.9189385
 * logNormalDensity(1e100) // −5e199
 */
export function logNormalDensity(z: number): number {
  return -0.5 * z * z - LOG_SQRT_TWO_PI
}

/**
 * Φ(z), accurate relative to its value in the lower tail. For the upper tail ask for Φ(−z).
 *
 * @example
 * normalCdf(-10) // ≈ 7.62e-24
 */
export function normalCdf(z: number): number {
  if (z > 0) return 1 - normalCdf(-z)
  const scaled = 0.5 * gaussian(z)
  return scaled === 0 ? scaled : scaled * erfcx(-z * SQRT_HALF)
}

/**
 * log Φ(z): finite for every |z| ≤ 1e100 and accurate relative to its value in both tails.
 *
 * @example
 * logPhi(-1e100) // −5e199
 * logPhi(10) // ≈ −7.62e-24
 */
export function logPhi(z: number): number {
  if (z > 0) return Math.log1p(-normalCdf(-z))
  return Math.log(0.5 * erfcx(-z * SQRT_HALF)) - 0.5 * z * z
}

/**
 * φ(z)/Φ(z), the derivative of {@link logPhi}: the inverse Mills ratio of −z. Finite and positive wherever φ does not
 * underflow; ≈ −z in the lower tail.
 *
 * @example
 * inverseMillsRatio(-1e6) // 1000000.000001
 */
export function inverseMillsRatio(z: number): number {
  if (z > 0) return normalDensity(z) / normalCdf(z)
  return SQRT_TWO_OVER_PI / erfcx(-z * SQRT_HALF)
}
