/**
 * Notation
 *   μ, s   posterior mean and standard deviation at a point
 *   τ      threshold: the incumbent's value
 *   z      (μ − τ)/s
 *   h(z)   φ(z) + zΦ(z); expected improvement is s·h(z)
 *
 * @module
 */
import { inverseMillsRatio, logNormalDensity, normalCdf, normalDensity } from '../numerics/special/index.ts'
import type { AnalyticAcquisition } from './acquisition.ts'
import { checkThreshold } from './check-threshold.ts'

/**
 * log h(z) and its derivative Φ(z)/h(z), finite for |z| up to 1e100.
 *
 * In the lower tail h = φ(z)(1 − |z| m) with m = Φ/φ the Mills ratio. There 1 − |z| m loses all digits to cancellation
 * from z ≈ −1e8. Past −50 its asymptotic series z⁻²(1 − 3z⁻² + 15z⁻⁴ − 105z⁻⁶ + 945z⁻⁸) is exact to rounding.
 *
 * S. Ament et al., "Unexpected improvements to expected improvement for Bayesian optimization" (2023), section 4.
 *
 * @example
 * logImprovement(0).value // ≈ −0.9189: log 0.39894
 */
export function logImprovement(z: number): { value: number; slope: number } {
  if (z > -1) {
    const cdf = normalCdf(z)
    const h = normalDensity(z) + z * cdf
    return { value: Math.log(h), slope: cdf / h }
  }
  const mills = 1 / inverseMillsRatio(z)
  if (z > -50) {
    const remainder = 1 + z * mills
    return { value: logNormalDensity(z) + Math.log(remainder), slope: mills / remainder }
  }
  const square = z * z
  const inverse = 1 / square
  const series = 1 - inverse * (3 - inverse * (15 - inverse * (105 - inverse * 945)))
  // Φ/φ = −z⁻¹(1 − z⁻² + 3z⁻⁴ …), so Φ/h = −z (1 − z⁻² + 3z⁻⁴ − 15z⁻⁶)/series.
  const millsSeries = 1 - inverse * (1 - inverse * (3 - inverse * 15))
  return { value: logNormalDensity(z) - 2 * Math.log(-z) + Math.log(series), slope: (-z * millsSeries) / series }
}

/**
 * log E[max(f − τ, 0)]. Where the posterior is certain it is log max(μ − τ, 0), −∞ included.
 *
 * J. Močkus (1975); D. Jones, M. Schonlau, W. Welch (1998); in logarithms S. Ament et al. (2023).
 *
 * @param threshold - τ, in the units of the posterior.
 * @example
 * Math.exp(logExpectedImprovement(0).evaluate(-0.5, 1).value) // ≈ 0.19780
 */
export function logExpectedImprovement(threshold: number): AnalyticAcquisition {
  checkThreshold(threshold)
  return {
    name: 'log-expected-improvement',
    evaluate(mean, deviation) {
      const gap = mean - threshold
      if (!(deviation > 0))
        return { value: Math.log(Math.max(gap, 0)), meanSlope: gap > 0 ? 1 / gap : 0, deviationSlope: 0 }
      const z = gap / deviation
      const { value, slope } = logImprovement(z)
      return {
        value: Math.log(deviation) + value,
        meanSlope: slope / deviation,
        deviationSlope: deviationSlope(z, slope) / deviation,
      }
    },
  }
}

/** 1 − zΦ/h = φ/h, without cancellation in either tail. */
function deviationSlope(z: number, slope: number): number {
  if (z > -1) return normalDensity(z) / (normalDensity(z) + z * normalCdf(z))
  return slope * inverseMillsRatio(z)
}
