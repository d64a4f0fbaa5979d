/**
 * The regularized incomplete beta function and its inverse: tails and credible intervals of Beta, binomial and Student t.
 *
 * Method: Lentz's continued fraction (Numerical Recipes §6.4; DLMF 8.17.22), prefactor by {@link logBeta}.
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'
import { logBinomialProbability } from './binomial.ts'
import { logBeta } from './log-beta.ts'

const TINY = 1e-300
const LARGEST_ITERATION = 20_000

/**
 * I_x(a, b): the probability that a Beta(a, b) variable is at most x, for a, b > 0.
 *
 * Relative error below 1e-13 for a, b ≤ 1e4 where the value is above 1e-40, and 1e-13·|log I|/100 below that. For
 * digits in the upper tail ask for I_{1−x}(b, a).
 *
 * @throws InvalidArgumentError unless a and b are positive and x is in [0, 1].
 * @example
 * regularizedIncompleteBeta(0.5, 2, 2) // 0.5
 */
export function regularizedIncompleteBeta(x: number, a: number, b: number): number {
  if (!(a > 0) || !(b > 0)) throw new InvalidArgumentError(`Beta(${a}, ${b}); expected positive parameters`)
  if (!(x >= 0 && x <= 1)) throw new InvalidArgumentError(`x is ${x}; expected a number in [0, 1]`)
  if (x === 0 || x === 1) return x
  // Beyond the mean the fraction converges slowly; its reflection does not.
  if (x > (a + 1) / (a + b + 2)) return 1 - lowerTail(1 - x, x, b, a)
  return lowerTail(x, 1 - x, a, b)
}

function lowerTail(x: number, complement: number, a: number, b: number): number {
  return Math.exp(logPrefactor(x, complement, a, b)) * continuedFraction(x, a, b)
}

/** log of xᵃ(1−x)ᵇ/(a B(a,b)): through the binomial saddle point where a plain sum would cancel. */
function logPrefactor(x: number, complement: number, a: number, b: number): number {
  if (a >= 10 && b >= 10) {
    return logBinomialProbability(a, a + b, x) + Math.log(b / (a + b))
  }
  const logComplement = x < 0.5 ? Math.log1p(-x) : Math.log(complement)
  return a * Math.log(x) + b * logComplement - Math.log(a) - logBeta(a, b)
}

function continuedFraction(x: number, a: number, b: number): number {
  let c = 1
  let d = 1 - ((a + b) * x) / (a + 1)
  d = 1 / (Math.abs(d) < TINY ? TINY : d)
  let fraction = d
  for (let m = 1; m < LARGEST_ITERATION; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 + even * d
    d = 1 / (Math.abs(d) < TINY ? TINY : d)
    c = 1 + even / c
    if (Math.abs(c) < TINY) c = TINY
    fraction *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 + odd * d
    d = 1 / (Math.abs(d) < TINY ? TINY : d)
    c = 1 + odd / c
    if (Math.abs(c) < TINY) c = TINY
    const factor = d * c
    fraction *= factor
    if (Math.abs(factor - 1) < 1e-16) break
  }
  return fraction
}

/**
 * x with I_x(a, b) = probability, by bisection-guarded Newton steps; |I_x − probability| ≤ 1e-13 or x to the last bits.
 *
 * @example
 * betaQuantile(0.025, 9, 3) // ≈ 0.482: 95% after 8 of 10 successes from a flat prior, lower end
 */
export function betaQuantile(probability: number, a: number, b: number): number {
  if (!(probability >= 0 && probability <= 1)) {
    throw new InvalidArgumentError(`probability is ${probability}; expected a number in [0, 1]`)
  }
  if (probability === 0 || probability === 1) return probability
  const logConstant = logBeta(a, b)
  let low = 0
  let high = 1
  let x = a / (a + b)
  for (let iteration = 0; iteration < 1100; iteration++) {
    const error = regularizedIncompleteBeta(x, a, b) - probability
    if (error > 0) high = x
    else low = x
    const logDensity = (a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x) - logConstant
    let next = x - error * Math.exp(-logDensity)
    if (!(next > low && next < high)) next = 0.5 * (low + high)
    if (Math.abs(next - x) <= 4e-16 * x || next === low || next === high) return next
    x = next
  }
  return x
}

/**
 * Quantile of Student's t with `degreesOfFreedom` > 0.
 *
 * @example
 * studentQuantile(0.975, 10) // ≈ 2.2281
 */
export function studentQuantile(probability: number, degreesOfFreedom: number): number {
  if (probability === 0.5) return 0
  const tail = probability < 0.5 ? probability : 1 - probability
  const x = betaQuantile(2 * tail, degreesOfFreedom / 2, 0.5)
  const magnitude = Math.sqrt((degreesOfFreedom * (1 - x)) / x)
  return probability < 0.5 ? -magnitude : magnitude
}
