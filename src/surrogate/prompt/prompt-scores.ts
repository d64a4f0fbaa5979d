/**
 * From abilities to scores: what is expected of a prompt on a new example, in the units of the observed scores.
 *
 * Notation: θ_i = Σ_k π_k σ(f_i + b_k); E σ(x) for x ~ N(m, v) ≈ σ(m / √(1 + πv/8)) (MacKay 1992).
 *
 * @module
 */
import { logistic } from '../../numerics/special/logistic.ts'
import type { EasinessDistribution } from './easiness-distribution.ts'
import type { PromptBeliefs } from './prompt-model.ts'
import { logitInterval, type ScoreMoments } from './score-moments.ts'
import { attenuation } from './tilted-moments.ts'

/** E σ(x), x ~ N(mean, variance). */
export function expectedLogistic(mean: number, variance: number): number {
  return logistic(mean / Math.sqrt(1 + (Math.PI / 8) * variance))
}

/**
 * Mean and standard deviation of every prompt's expected score on a new example like these. The general level is known
 * only as well as the measured examples represent the others: the variance of their mean score is added.
 *
 * @param known Scores of the first prompts, by the same beliefs before the pool grew: not computed again.
 */
export function populationScores(beliefs: PromptBeliefs, known?: ScoreMoments): ScoreMoments {
  const { ability, abilityVariance, scale } = beliefs
  const easiness = beliefs.easinessDistribution
  const span = scale.high - scale.low
  const means = new Float64Array(ability.length)
  const standardDeviations = new Float64Array(ability.length)
  const slopes = new Float64Array(ability.length)
  const sampling = new Float64Array(ability.length)
  if (known) {
    means.set(known.means)
    standardDeviations.set(known.standardDeviations)
    slopes.set(known.slopes)
    if (known.sampling) sampling.set(known.sampling)
  }
  for (let i = known?.means.length ?? 0; i < ability.length; i++) {
    const { mean, variance, slope } = scoreAt(easiness, ability[i]!, abilityVariance[i]!)
    means[i] = scale.low + span * mean
    standardDeviations[i] = span * Math.sqrt(slope * slope * abilityVariance[i]! + variance / easiness.examples)
    slopes[i] = span * slope
    sampling[i] = span * Math.sqrt(variance / easiness.examples)
  }
  const interval = (i: number, deviations: number): [number, number] => {
    const [low, high] = logitInterval((means[i]! - scale.low) / span, standardDeviations[i]! / span, deviations)
    return [scale.low + span * low, scale.low + span * high]
  }
  return { means, standardDeviations, slopes, sampling, easiness, interval }
}

/** Score on a new example of an ability N(f, variance): its mean, how it varies over examples, and dmean/df. */
function scoreAt({ values, probabilities }: EasinessDistribution, f: number, variance: number) {
  const k = attenuation(variance)
  let mean = 0
  let squares = 0
  let slope = 0
  for (let j = 0; j < values.length; j++) {
    const p = logistic(k * (f + values[j]!))
    const weight = probabilities[j]!
    mean += weight * p
    squares += weight * p * p
    slope += weight * k * p * (1 - p)
  }
  return { mean, variance: squares - mean * mean, slope }
}
