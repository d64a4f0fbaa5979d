import type { PromptBeliefs } from './prompt-model.ts'
import { sumMoments } from './set-scores.ts'
import { attenuation } from './tilted-moments.ts'

/**
 * What is expected of the mean score of a prompt over given examples, its outcomes' own noise included: the predictive
 * distribution before the first look.
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
  const { scale, outcomes, easiness, easinessVariance, easinessDistribution } = beliefs
  const columns = new Map(outcomes.examples.map((example, column) => [example, column]))
  const count = examples.length
  const rest = { count, easiness: new Float64Array(count), slope: new Float64Array(count) }
  examples.forEach((example, j) => {
    const column = columns.get(example)
    rest.easiness[j] = column === undefined ? easinessDistribution.mean : easiness[column]!
    rest.slope[j] = attenuation(column === undefined ? easinessDistribution.variance : easinessVariance[column]!)
  })
  const sum = sumMoments(rest, ability, variance, outcomes.dispersion)
  const span = scale.high - scale.low
  return {
    mean: scale.low + (span * sum.mean) / count,
    standardDeviation: (span * Math.sqrt(sum.variance)) / count,
  }
}
