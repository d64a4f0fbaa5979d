/**
 * From abilities to scores: what is expected of a prompt over the whole example set, or on a new example, in the units of
 * the observed scores.
 *
 * Notation: T_i = (Σ_seen y_ie + Σ_unseen σ(f_i + b_e)) / E for the `set`, θ_i = Σ_k π_k σ(f_i + b_k) for the
 * `population`; E σ(x) for x ~ N(m, v) ≈ σ(m / √(1 + πv/8)) (MacKay 1992).
 *
 * @module
 */
import { logistic, logit } from '../../numerics/special/logistic.ts'
import { type EasinessDistribution, easinessDistribution } from './easiness-distribution.ts'
import type { PromptBeliefs } from './prompt-model.ts'
import { attenuation } from './tilted-moments.ts'

export interface ScoreMoments {
  readonly means: Float64Array
  readonly standardDeviations: Float64Array
  /**
   * Interval of a prompt's score, `deviations` standard deviations to either side on the logit scale: it never leaves the
   * range of the scores, nor, for the `set`, what the outcomes already seen leave possible.
   */
  interval(prompt: number, deviations: number): [number, number]
}

/** E σ(x), x ~ N(mean, variance). */
export function expectedLogistic(mean: number, variance: number): number {
  return 1 / (1 + Math.exp(-mean / Math.sqrt(1 + (Math.PI / 8) * variance)))
}

/** Mean and standard deviation of every prompt's mean over exactly `exampleCount` examples. */
export function setScores(beliefs: PromptBeliefs, exampleCount: number): ScoreMoments {
  const { outcomes, ability, abilityVariance, easiness, easinessVariance, unseenVariance, scale } = beliefs
  const columns = outcomes.examples.length
  let known = 0
  for (const example of outcomes.examples) if (example >= 0) known++
  const unmeasured = Math.max(0, exampleCount - known)
  const means = new Float64Array(outcomes.prompts)
  const standardDeviations = new Float64Array(outcomes.prompts)
  const seenSums = new Float64Array(outcomes.prompts)
  const seenCounts = new Float64Array(outcomes.prompts)
  const seen = new Uint8Array(columns)
  const span = scale.high - scale.low
  for (let i = 0; i < outcomes.prompts; i++) {
    const variance = abilityVariance[i]!
    seen.fill(0)
    let sum = 0
    let slope = 0
    let spread = 0
    for (let cell = outcomes.offsets[i]!; cell < outcomes.offsets[i + 1]!; cell++) {
      const c = outcomes.column[cell]!
      if (outcomes.examples[c]! < 0) continue
      seen[c] = 1
      sum += outcomes.successes[cell]! / outcomes.trials[cell]!
      seenCounts[i]!++
    }
    seenSums[i] = sum
    for (let c = 0; c < columns; c++) {
      if (seen[c] === 1 || outcomes.examples[c]! < 0) continue
      const p = expectedLogistic(ability[i]! + easiness[c]!, variance + easinessVariance[c]!)
      sum += p
      slope += p * (1 - p)
      spread += p * (1 - p)
    }
    if (unmeasured > 0) {
      const p = expectedLogistic(ability[i]!, variance + unseenVariance)
      sum += unmeasured * p
      slope += unmeasured * p * (1 - p)
      spread += unmeasured * p * (1 - p)
    }
    means[i] = scale.low + (span * sum) / exampleCount
    standardDeviations[i] = (span * Math.sqrt(slope * slope * variance + spread)) / exampleCount
  }
  const interval = (i: number, deviations: number): [number, number] => {
    const left = exampleCount - seenCounts[i]!
    if (left <= 0) return [means[i]!, means[i]!]
    // Only the mean over the examples not yet seen is uncertain.
    const mean = (exampleCount * (means[i]! - scale.low)) / span - seenSums[i]!
    const [low, high] = logitInterval(mean / left, (exampleCount * standardDeviations[i]!) / (span * left), deviations)
    const total = (share: number) => scale.low + (span * (seenSums[i]! + left * share)) / exampleCount
    return [total(low), total(high)]
  }
  return { means, standardDeviations, interval }
}

/** mean ± deviations × standard deviation of a share, carried to the logit scale by the slope at its mean, and back. */
function logitInterval(mean: number, standardDeviation: number, deviations: number): [number, number] {
  const p = Math.min(1 - 1e-9, Math.max(1e-9, mean))
  const reach = (deviations * standardDeviation) / (p * (1 - p))
  return [logistic(logit(p) - reach), logistic(logit(p) + reach)]
}

/**
 * Mean and standard deviation of every prompt's expected score on a new example like these. The general level is known
 * only as well as the measured examples represent the others: the variance of their mean score is added.
 */
export function populationScores(beliefs: PromptBeliefs): ScoreMoments {
  const { ability, abilityVariance, scale } = beliefs
  const easiness = easinessDistribution(beliefs)
  const span = scale.high - scale.low
  const means = new Float64Array(ability.length)
  const standardDeviations = new Float64Array(ability.length)
  for (let i = 0; i < ability.length; i++) {
    const { mean, variance, slope } = scoreAt(easiness, ability[i]!, abilityVariance[i]!)
    means[i] = scale.low + span * mean
    standardDeviations[i] = span * Math.sqrt(slope * slope * abilityVariance[i]! + variance / easiness.examples)
  }
  const interval = (i: number, deviations: number): [number, number] => {
    const [low, high] = logitInterval((means[i]! - scale.low) / span, standardDeviations[i]! / span, deviations)
    return [scale.low + span * low, scale.low + span * high]
  }
  return { means, standardDeviations, interval }
}

/** Score on a new example of an ability N(f, variance): its mean, how it varies over examples, and dmean/df. */
function scoreAt({ values, probabilities }: EasinessDistribution, f: number, variance: number) {
  const k = attenuation(variance)
  let mean = 0
  let squares = 0
  let slope = 0
  for (let j = 0; j < values.length; j++) {
    const p = 1 / (1 + Math.exp(-k * (f + values[j]!)))
    const weight = probabilities[j]!
    mean += weight * p
    squares += weight * p * p
    slope += weight * k * p * (1 - p)
  }
  return { mean, variance: squares - mean * mean, slope }
}
