/**
 * log B(a, b) and binomial coefficients without the cancellation of three large log-gammas.
 *
 * Method: A. R. Didonato and A. H. Morris, "Algorithm 708", ACM TOMS 18 (1992): Stirling remainders for large arguments.
 *
 * @module
 */
import { logGamma, stirlingRemainder } from './log-gamma.ts'
import { LOG_SQRT_TWO_PI } from './normal.ts'

/**
 * log B(a, b) = log Γ(a) + log Γ(b) − log Γ(a + b) for a, b > 0.
 *
 * @example
 * logBeta(1, 1e10) // ≈ −23.0259
 */
export function logBeta(a: number, b: number): number {
  const smaller = Math.min(a, b)
  const larger = Math.max(a, b)
  if (!(smaller > 0)) return smaller === 0 ? Number.POSITIVE_INFINITY : Number.NaN
  if (larger < 10) return logGamma(smaller) + (logGamma(larger) - logGamma(smaller + larger))
  const sum = smaller + larger
  const share = smaller / sum
  const tail = (larger - 0.5) * Math.log1p(-share)
  if (smaller < 10) {
    const remainder = stirlingRemainder(larger) - stirlingRemainder(sum)
    return logGamma(smaller) + remainder + smaller - smaller * Math.log(sum) + tail
  }
  const remainder = stirlingRemainder(smaller) + stirlingRemainder(larger) - stirlingRemainder(sum)
  return LOG_SQRT_TWO_PI + remainder + (smaller - 0.5) * Math.log(share) - 0.5 * Math.log(sum) + tail
}

/**
 * log of "n choose k", for real 0 ≤ k ≤ n.
 *
 * @example
 * logBinomial(5, 2) // ≈ 2.302585: log 10
 */
export function logBinomial(n: number, k: number): number {
  if (k === 0 || k === n) return 0
  return -Math.log1p(n) - logBeta(n - k + 1, k + 1)
}
