import { logistic, logit } from '../../numerics/special/logistic.ts'
import type { EasinessDistribution } from './easiness-distribution.ts'
import { siteLoadings } from './gaussian-sites.ts'
import type { PromptBeliefs } from './prompt-model.ts'

export interface ScoreMoments {
  readonly means: Float64Array
  readonly standardDeviations: Float64Array
  /** d score / d ability, by prompt. */
  readonly slopes: Float64Array
  /** Part of the deviations that is the same draw for every prompt: which examples happened to be measured. None for the `set`. */
  readonly sampling?: Float64Array
  /**
   * Interval of a prompt's score, `deviations` standard deviations to either side of a normal distribution. It never
   * leaves the range of the scores, nor, for the `set`, what the outcomes already seen leave possible.
   */
  interval(prompt: number, deviations: number): [number, number]
  /** What scores on new examples were made with. */
  readonly easiness?: EasinessDistribution
}

/** mean ± deviations × standard deviation of a share, carried to the logit scale by the slope at its mean, and back. */
export function logitInterval(mean: number, standardDeviation: number, deviations: number): [number, number] {
  const p = Math.min(1 - 1e-9, Math.max(1e-9, mean))
  const reach = (deviations * standardDeviation) / (p * (1 - p))
  return [logistic(logit(p) - reach), logistic(logit(p) + reach)]
}

/**
 * What scores share: the level of the pool, which examples were measured, and what the text of several prompts says.
 * The last is as the likeliest setting of the hyper-parameters has it. One row of loadings per prompt.
 */
export function sharedDeviations({ components }: PromptBeliefs, moments: ScoreMoments) {
  const { slopes, sampling } = moments
  const posterior = components[0]!.posterior
  const { rank } = posterior.prior
  const loadings = siteLoadings(posterior)
  const values = new Float64Array(slopes.length * (rank + 1))
  slopes.forEach((slope, i) => {
    for (let k = 0; k < rank; k++) values[i * (rank + 1) + k] = slope * loadings[i * rank + k]!
    values[i * (rank + 1) + rank] = sampling?.[i] ?? 0
  })
  return { rank: rank + 1, values }
}
