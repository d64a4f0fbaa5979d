/**
 * Binomial log-probabilities by the saddle-point expansion: no cancellation for large n.
 *
 * Source: C. Loader, "Fast and accurate computation of binomial probabilities" (2000).
 *
 * @module
 */
import { logBinomial } from './log-beta.ts'
import { stirlingRemainder } from './log-gamma.ts'
import { LOG_SQRT_TWO_PI } from './normal.ts'

/**
 * log of the probability of `successes` in `trials` of success rate `rate`; `-Infinity` for what cannot happen.
 *
 * @example
 * logBinomialProbability(3, 10, 0.5) // ≈ −2.1440: log(120/1024)
 */
export function logBinomialProbability(successes: number, trials: number, rate: number): number {
  const failures = trials - successes
  if (!(successes >= 0 && failures >= 0 && rate >= 0 && rate <= 1)) {
    return Number.isNaN(successes + trials + rate) ? Number.NaN : Number.NEGATIVE_INFINITY
  }
  if (successes === 0) return trials === 0 ? 0 : trials * Math.log1p(-rate)
  if (failures === 0) return trials * Math.log(rate)
  if (successes < 10 || failures < 10) {
    return logBinomial(trials, successes) + successes * Math.log(rate) + failures * Math.log1p(-rate)
  }
  const remainder = stirlingRemainder(trials) - stirlingRemainder(successes) - stirlingRemainder(failures)
  const halfLog = 0.5 * (Math.log(successes) + Math.log1p(-successes / trials)) + LOG_SQRT_TWO_PI
  return (
    remainder - halfLog - relativeDeviance(successes, trials * rate) - relativeDeviance(failures, trials * (1 - rate))
  )
}

/**
 * x log(x/expected) + expected − x ≥ 0, without cancellation where the two are close.
 *
 * @example
 * relativeDeviance(1, 1) // 0
 * relativeDeviance(2, 1) // ≈ 0.386294: 2 log 2 − 1
 */
export function relativeDeviance(x: number, expected: number): number {
  const difference = x - expected
  if (Math.abs(difference) < 0.1 * (x + expected)) {
    // x log((1+v)/(1−v)) as a series in v², minus the difference.
    const v = difference / (x + expected)
    let sum = difference * v
    let term = 2 * x * v
    for (let odd = 3; odd < 200; odd += 2) {
      term *= v * v
      const next = sum + term / odd
      if (next === sum) return sum
      sum = next
    }
  }
  return x * Math.log(x / expected) + expected - x
}
