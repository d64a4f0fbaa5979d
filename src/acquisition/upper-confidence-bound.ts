import { InvalidArgumentError } from '../errors.ts'
import { showValue } from '../text/show-value.ts'
import type { AnalyticAcquisition } from './acquisition.ts'

/**
 * μ + √β s.
 *
 * @param beta - squared width; see {@link confidenceSchedule}.
 * @throws InvalidArgumentError when beta is negative.
 * @example
 * upperConfidenceBound(4).evaluate(1, 0.5).value // 2
 */
export function upperConfidenceBound(beta: number): AnalyticAcquisition {
  if (!(typeof beta === 'number' && beta >= 0)) {
    throw new InvalidArgumentError(`beta is ${showValue(beta)}; expected a number that is not negative`)
  }
  const width = Math.sqrt(beta)
  return {
    name: 'upper-confidence-bound',
    evaluate: (mean, deviation) => ({ value: mean + width * deviation, meanSlope: 1, deviationSlope: width }),
  }
}

/**
 * β_t = 2 log(|D| t² π² / 6δ): with it, regret is bounded with probability 1 − δ over |D| candidates.
 * N. Srinivas et al., "Gaussian process optimization in the bandit setting" (2010), theorem 1.
 *
 * @param round - t, from 1.
 * @param candidates - |D|.
 * @param delta - default 0.1.
 * @example
 * confidenceSchedule(10, 250) // ≈ 25.854
 */
export function confidenceSchedule(round: number, candidates: number, delta = 0.1): number {
  if (!(round >= 1)) throw new InvalidArgumentError(`round is ${round}; expected 1 or more`)
  return Math.max(0, 2 * Math.log((candidates * round * round * Math.PI * Math.PI) / (6 * delta)))
}
