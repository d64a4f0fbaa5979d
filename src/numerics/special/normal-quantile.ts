/**
 * Inverse of the standard normal distribution function.
 *
 * Method: M. J. Wichura, "Algorithm AS 241: The percentage points of the normal distribution", Applied Statistics 37
 * (1988), routine PPND16; below the range of a double, Newton's method on log Φ.
 *
 * @module
 */
import { inverseMillsRatio, logPhi } from './normal.ts'
import { evaluatePolynomial } from './polynomial.ts'

const CENTER_ABOVE = Float64Array.of(
  3.3871328727963665,
  133.14166789178438,
  1971.5909503065513,
  13731.69376550946,
  45921.95393154987,
  67265.7709270087,
  33430.57558358813,
  2509.0809287301227,
)
const CENTER_BELOW = Float64Array.of(
  1,
  42.31333070160091,
  687.1870074920579,
  5394.196021424751,
  21213.794301586597,
  39307.89580009271,
  28729.085735721943,
  5226.495278852854,
)
const MIDDLE_ABOVE = Float64Array.of(
  1.4234371107496835,
  4.630337846156546,
  5.769497221460691,
  3.6478483247632045,
  1.2704582524523684,
  0.2417807251774506,
  0.022723844989269184,
  0.0007745450142783414,
)
const MIDDLE_BELOW = Float64Array.of(
  1,
  2.053191626637759,
  1.6763848301838038,
  0.6897673349851,
  0.14810397642748008,
  0.015198666563616457,
  0.0005475938084995345,
  1.0507500716444169e-9,
)
const TAIL_ABOVE = Float64Array.of(
  6.657904643501103,
  5.463784911164114,
  1.7848265399172913,
  0.29656057182850487,
  0.026532189526576124,
  0.0012426609473880784,
  0.000027115555687434876,
  2.0103343992922881e-7,
)
const TAIL_BELOW = Float64Array.of(
  1,
  0.599832206555888,
  0.1369298809227358,
  0.014875361290850615,
  0.0007868691311456133,
  0.000018463183175100548,
  1.421511758316446e-7,
  2.0442631033899397e-15,
)

/**
 * z with Φ(z) = probability. `-Infinity` at 0, `Infinity` at 1, NaN outside [0, 1].
 *
 * @example
 * normalQuantile(0.975) // ≈ 1.95996
 */
export function normalQuantile(probability: number): number {
  const fromCenter = probability - 0.5
  if (Math.abs(fromCenter) <= 0.425) {
    const r = 0.180625 - fromCenter * fromCenter
    return (fromCenter * evaluatePolynomial(CENTER_ABOVE, r)) / evaluatePolynomial(CENTER_BELOW, r)
  }
  const tail = fromCenter < 0 ? probability : 1 - probability
  if (!(tail > 0))
    return tail === 0 ? (fromCenter < 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY) : Number.NaN
  const magnitude = tailQuantile(Math.sqrt(-Math.log(tail)))
  return fromCenter < 0 ? -magnitude : magnitude
}

function tailQuantile(rootOfMinusLog: number): number {
  if (rootOfMinusLog <= 5) {
    const r = rootOfMinusLog - 1.6
    return evaluatePolynomial(MIDDLE_ABOVE, r) / evaluatePolynomial(MIDDLE_BELOW, r)
  }
  const r = rootOfMinusLog - 5
  return evaluatePolynomial(TAIL_ABOVE, r) / evaluatePolynomial(TAIL_BELOW, r)
}

/**
 * z with log Φ(z) = logProbability, for any logProbability ≤ 0: also where the probability itself underflows.
 *
 * @example
 * normalQuantileFromLog(-5e199) // −1e100
 */
export function normalQuantileFromLog(logProbability: number): number {
  if (!(logProbability <= 0)) return Number.NaN
  if (logProbability > -0.5) return -normalQuantile(-Math.expm1(logProbability))
  if (logProbability > -300) return normalQuantile(Math.exp(logProbability))
  if (logProbability === Number.NEGATIVE_INFINITY) return Number.NEGATIVE_INFINITY
  // log Φ(z) ≈ −z²/2 − log(−z√(2π)): two fixed-point steps start Newton within 1e-6 of the root.
  const target = -2 * logProbability
  let z = -Math.sqrt(target - Math.log(2 * Math.PI * (target - Math.log(2 * Math.PI * target))))
  for (let iteration = 0; iteration < 3; iteration++) z -= (logPhi(z) - logProbability) / inverseMillsRatio(z)
  return z
}
