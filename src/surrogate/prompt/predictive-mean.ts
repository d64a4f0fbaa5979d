import type { PromptBeliefs } from './prompt-model.ts'
import { expectedLogistic } from './prompt-scores.ts'

/**
 * What is expected of the mean score of a prompt over given examples, its outcomes' own noise included: the predictive
 * distribution before the first look.
 *
 * Notation: f ~ N(ability, variance), p_e = E σ(f + b_e); mean Σ p_e / n, variance (mean slope)² variance + Σ p_e (1 − p_e) / n².
 *
 * @param ability Mean of f, in logits.
 * @param variance Variance of f.
 */
export function predictiveMean(
  beliefs: PromptBeliefs,
  ability: number,
  variance: number,
  examples: readonly number[],
): { readonly mean: number; readonly standardDeviation: number } {
  const { scale, outcomes, easiness, easinessVariance, unseenVariance } = beliefs
  const columns = new Map(outcomes.examples.map((example, column) => [example, column]))
  let sum = 0
  let slope = 0
  let noise = 0
  for (const example of examples) {
    const column = columns.get(example)
    const location = ability + (column === undefined ? 0 : easiness[column]!)
    const own = column === undefined ? unseenVariance : easinessVariance[column]!
    const p = expectedLogistic(location, variance + own)
    sum += p
    slope += p * (1 - p)
    noise += p * (1 - p)
  }
  const count = examples.length
  const span = scale.high - scale.low
  return {
    mean: scale.low + (span * sum) / count,
    standardDeviation: (span * Math.sqrt(slope * slope * variance + noise)) / count,
  }
}
