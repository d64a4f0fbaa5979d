import { logistic, logit } from '../../numerics/special/logistic.ts'

export interface ScoreMoments {
  readonly means: Float64Array
  readonly standardDeviations: Float64Array
  /**
   * Interval of a prompt's score, `deviations` standard deviations to either side of a normal distribution: it never leaves
   * the range of the scores, nor, for the `set`, what the outcomes already seen leave possible.
   */
  interval(prompt: number, deviations: number): [number, number]
}

/** mean ± deviations × standard deviation of a share, carried to the logit scale by the slope at its mean, and back. */
export function logitInterval(mean: number, standardDeviation: number, deviations: number): [number, number] {
  const p = Math.min(1 - 1e-9, Math.max(1e-9, mean))
  const reach = (deviations * standardDeviation) / (p * (1 - p))
  return [logistic(logit(p) - reach), logistic(logit(p) + reach)]
}
