/**
 * Notation: erfcx(x) = exp(x²) erfc(x); K = 3.75; y = (x − K)/(x + K) maps [0, ∞) to [−1, 1).
 *
 * Method: M. M. Shepherd and J. G. Laframboise, "Chebyshev approximation of (1+2x)exp(x²)erfc(x) in 0 ≤ x < ∞",
 * Mathematics of Computation 36 (1981). The coefficients are recomputed to 20 digits by
 * `test/numerics/special/fixtures/coefficients.py`.
 *
 * @module
 */
import { evaluateChebyshev } from './polynomial.ts'

const COEFFICIENTS = Float64Array.of(
  1.1775789345674017,
  -0.004590054580646478,
  -0.08424913336651792,
  0.05920993999819189,
  -0.026658668435305753,
  0.009074997670705265,
  -0.002413163540417608,
  0.0004907758365258086,
  -0.00006916973302501207,
  0.00000413902798607301,
  7.74038306619849e-7,
  -2.1886401049234397e-7,
  1.076499946567091e-8,
  4.521959811218287e-9,
  -7.754400208831351e-10,
  -6.318088340886684e-11,
  2.86879501093067e-11,
  1.9455868545777347e-13,
  -9.65469674843344e-13,
  3.25254814814874e-14,
  3.3478119482868056e-14,
  -1.864562880419313e-15,
  -1.2507950530688648e-15,
  7.418235256624044e-17,
  5.068148904796111e-17,
)
const K = 3.75
const INVERSE_SQRT_PI = 0.5641895835477563

/**
 * Scaled complementary error function exp(x²) erfc(x). Positive and decreasing; 2 exp(x²) overflows to `Infinity` below
 * x ≈ −26.6, as the true value does.
 *
 * Relative error below 1e-15 for x ≥ 0 (measured against mpmath).
 *
 * @example
 * erfcx(0) // 1
 * erfcx(1e100) // ≈ 5.64e-101
 */
export function erfcx(x: number): number {
  if (x < 0) return 2 * exponentialOfSquare(x) - erfcx(-x)
  if (x > 1e8) return INVERSE_SQRT_PI / x
  return evaluateChebyshev(COEFFICIENTS, (x - K) / (x + K)) / (1 + 2 * x)
}

/**
 * Complementary error function, accurate relative to its value down to the underflow at x ≈ 26.5.
 *
 * @example
 * erfc(10) // ≈ 2.088e-45
 */
export function erfc(x: number): number {
  return x < 0 ? 2 - erfc(-x) : erfcx(x) / exponentialOfSquare(x)
}

/** exp(x²) without the error that rounding x² would bring: x is split so that the head's square is exact. */
function exponentialOfSquare(x: number): number {
  const magnitude = Math.abs(x)
  if (magnitude > 28) return Number.POSITIVE_INFINITY
  const head = Math.trunc(magnitude * 16) / 16
  return Math.exp(head * head) * Math.exp((magnitude - head) * (magnitude + head))
}
