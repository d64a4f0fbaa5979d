import { inverseMillsRatio, logPhi } from '../numerics/special/index.ts'
import type { AnalyticAcquisition } from './acquisition.ts'
import { checkThreshold } from './check-threshold.ts'

/**
 * log P(f > τ) = log Φ((μ − τ)/s). H. Kushner (1964). In logarithms, so that it still ranks points that are all
 * unlikely; finite to |z| = 1e100.
 *
 * @example
 * Math.exp(logProbabilityOfImprovement(0.2).evaluate(0.1, 1).value) // ≈ 0.46017
 */
export function logProbabilityOfImprovement(threshold: number): AnalyticAcquisition {
  checkThreshold(threshold)
  return {
    name: 'log-probability-of-improvement',
    evaluate(mean, deviation) {
      const gap = mean - threshold
      if (!(deviation > 0)) return { value: gap > 0 ? 0 : Number.NEGATIVE_INFINITY, meanSlope: 0, deviationSlope: 0 }
      const z = gap / deviation
      const ratio = inverseMillsRatio(z)
      return {
        value: logPhi(z),
        meanSlope: ratio / deviation,
        deviationSlope: ratio === 0 ? 0 : (-z * ratio) / deviation,
      }
    },
  }
}
