import type { AnalyticAcquisition } from '../acquisition/acquisition.ts'
import { type ConformanceCheck, require, requireClose } from './conformance.ts'

export interface AcquisitionConformanceOptions {
  /** Largest |z| at which values must be finite. Default 1e10. */
  readonly reach?: number
}

/**
 * What every analytic acquisition owes. Slopes match finite differences, no value is NaN or infinite at any distance
 * from the threshold, and a higher mean is worth more.
 *
 * @param make - the acquisition with threshold 0.
 * @example
 * for (const { name, run } of acquisitionConformance(() => logExpectedImprovement(0))) it(name, run)
 */
export function acquisitionConformance(
  make: () => AnalyticAcquisition,
  options: AcquisitionConformanceOptions = {},
): ConformanceCheck[] {
  const { reach = 1e10 } = options
  const distances = [0, 1e-8, 1e-3, 0.5, 1, 3, 8, 30, 49.9, 50.1, 1e3, 1e5, 1e8, 1e10].filter((z) => z <= reach)
  const gaps = [...distances.map((z) => -z), ...distances]
  return [
    {
      name: `value and slopes are finite to |z| = ${reach}`,
      run() {
        const acquisition = make()
        for (const gap of gaps) {
          for (const deviation of [1e-6, 1, 1e3]) {
            const result = acquisition.evaluate(gap * deviation, deviation)
            for (const [key, value] of Object.entries(result)) {
              require(Number.isFinite(
                value,
              ), `${key} at z = ${gap}, s = ${deviation} is ${value}; expected a finite number`)
            }
          }
        }
      },
    },
    {
      name: 'never falls as the mean rises',
      run() {
        const acquisition = make()
        const values = gaps.sort((a, b) => a - b).map((gap) => acquisition.evaluate(gap, 1).value)
        for (let i = 1; i < values.length; i++) {
          require(values[i]! >= values[i - 1]!, `value falls from ${values[i - 1]} to ${values[i]} at z = ${gaps[i]}`)
        }
      },
    },
    {
      name: 'slopes match finite differences',
      run() {
        const acquisition = make()
        for (const mean of [-60, -20, -3, -1.0001, -0.9999, -0.2, 0, 0.7, 4]) {
          for (const deviation of [0.5, 1, 2]) {
            const { meanSlope, deviationSlope } = acquisition.evaluate(mean, deviation)
            const step = 1e-5
            const value = (m: number, s: number) => acquisition.evaluate(m, s).value
            const byMean = (value(mean + step, deviation) - value(mean - step, deviation)) / (2 * step)
            const byDeviation = (value(mean, deviation + step) - value(mean, deviation - step)) / (2 * step)
            requireClose(`∂/∂mean at (${mean}, ${deviation})`, meanSlope, byMean, 1e-5)
            requireClose(`∂/∂deviation at (${mean}, ${deviation})`, deviationSlope, byDeviation, 1e-5)
          }
        }
      },
    },
    {
      name: 'says something where the posterior is certain',
      run() {
        for (const mean of [-1, 0, 1]) {
          const { value } = make().evaluate(mean, 0)
          require(!Number.isNaN(value) &&
            value < Number.POSITIVE_INFINITY, `value at s = 0 is ${value}; expected no NaN`)
        }
      },
    },
  ]
}
