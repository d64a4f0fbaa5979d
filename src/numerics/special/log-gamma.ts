/**
 * log Γ, ψ and the Stirling remainder on the positive axis.
 *
 * Notation: ζ(k) Riemann's zeta function, γ Euler's constant, B₂ₖ Bernoulli numbers,
 * Δ(x) = log Γ(x) − [(x − ½) log x − x + ½ log 2π].
 * Coefficients: `test/numerics/special/fixtures/coefficients.py`.
 *
 * @module
 */
import { LOG_SQRT_TWO_PI } from './normal.ts'
import { evaluatePolynomial } from './polynomial.ts'

const ONE_MINUS_EULER = 0.42278433509846713
/** (ζ(k) − 1)(−1)ᵏ/k for k = 2, 3, …: the Taylor series of log Γ(2 + e) beyond its linear term. */
const ZETA_SERIES = Float64Array.of(
  0.3224670334241132,
  -0.0673523010531981,
  0.020580808427784546,
  -0.007385551028673986,
  0.0028905103307415234,
  -0.001192753911703261,
  0.0005096695247430425,
  -0.00022315475845357939,
  0.00009945751278180853,
  -0.00004492623673813314,
  0.00002050721277567069,
  -0.000009439488275268397,
  0.000004374866789907488,
  -0.000002039215753801366,
  9.55141213040742e-7,
  -4.492469198764566e-7,
  2.1207184805554665e-7,
  -1.0043224823968099e-7,
  4.7698101693639804e-8,
  -2.2711094608943164e-8,
  1.0838659214896955e-8,
  -5.183475041970047e-9,
  2.4836745438024785e-9,
  -1.1921401405860912e-9,
  5.731367241678862e-10,
)
/** B₂ₖ/(2k(2k − 1)). */
const STIRLING = Float64Array.of(
  1 / 12,
  -1 / 360,
  1 / 1260,
  -1 / 1680,
  0.0008417508417508417,
  -0.0019175269175269176,
  0.00641025641025641,
  -0.029550653594771242,
)
/** B₂ₖ/(2k). */
const DIGAMMA = Float64Array.of(
  1 / 12,
  -1 / 120,
  1 / 252,
  -1 / 240,
  0.007575757575757576,
  -0.021092796092796094,
  1 / 12,
  -0.4432598039215686,
)

/**
 * Δ(x), what Stirling's formula leaves out of log Γ(x), for x ≥ 10.
 *
 * @example
 * stirlingRemainder(100) // ≈ 0.000833331
 */
export function stirlingRemainder(x: number): number {
  const inverse = 1 / x
  return inverse * evaluatePolynomial(STIRLING, inverse * inverse)
}

/**
 * log Γ(x) for x > 0, accurate relative to its value also beside its zeros at 1 and 2. `Infinity` at 0, NaN below.
 *
 * @example
 * logGamma(11) // ≈ 15.1044: log(3628800)
 */
export function logGamma(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.POSITIVE_INFINITY : Number.NaN
  if (x === Number.POSITIVE_INFINITY) return x
  if (x >= 10) return (x - 0.5) * (Math.log(x) - 1) + (LOG_SQRT_TWO_PI - 0.5) + stirlingRemainder(x)
  if (x < 0.5) return logGammaAboveOne(x) - Math.log(x)
  if (x < 1.5) return logGammaAboveOne(x - 1)
  let product = 1
  let argument = x
  while (argument > 2.5) {
    argument--
    product *= argument
  }
  return Math.log(product) + logGammaAboveTwo(argument - 2)
}

/** log Γ(2 + e), |e| ≤ ½. */
function logGammaAboveTwo(e: number): number {
  return e * (ONE_MINUS_EULER + e * evaluatePolynomial(ZETA_SERIES, e))
}

/** log Γ(1 + e), |e| ≤ ½. */
function logGammaAboveOne(e: number): number {
  return logGammaAboveTwo(e) - Math.log1p(e)
}

/**
 * ψ(x) = d log Γ(x)/dx for x > 0; beside its zero at 1.4616 the error is 1e-15 absolute.
 *
 * @example
 * digamma(1) // ≈ −0.5772
 */
export function digamma(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN
  let shift = 0
  let argument = x
  while (argument < 10) {
    shift += 1 / argument
    argument++
  }
  const inverse = 1 / argument
  const square = inverse * inverse
  return Math.log(argument) - 0.5 * inverse - square * evaluatePolynomial(DIGAMMA, square) - shift
}
