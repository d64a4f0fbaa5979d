/**
 * How easy a new example may be, given those measured.
 *
 * Notation
 *   b_k, π_k   a grid of easinesses in logits, and their probabilities
 *   φ_k        N(0, v_b) on that grid
 *   L_e(b)     likelihood of the outcomes observed on example e, were b its easiness
 *   c, E       pseudo-examples of the prior, measured examples
 *
 * Easinesses are seldom normal: on many a task most examples are passed by all prompts or by none. A normal distribution
 * of the same variance then misplaces the score of every prompt on new examples alike. Expectation maximization on the grid,
 *   π_k ← (c φ_k + Σ_e π_k L_e(b_k) / Σ_l π_l L_e(b_l)) / (c + E),
 * leads from φ toward the distribution of greatest likelihood, whatever its shape (Bock & Aitkin 1981; Laird 1978); a few
 * steps keep it smooth.
 *
 * @module
 */
import { logLogistic } from '../../numerics/special/logistic.ts'
import type { PromptBeliefs } from './prompt-model.ts'
import { attenuation } from './tilted-moments.ts'

export interface EasinessDistribution {
  /** b_k, ascending. */
  readonly values: Float64Array
  /** π_k; sums to 1. */
  readonly probabilities: Float64Array
  /** Measured examples it rests on, those known in part for that part; the prior counts as one more. */
  readonly examples: number
}

const NODES = 33
/** Standard deviations of the prior to either side. */
const REACH = 4
const STEPS = 4
/** c. */
const PRIOR_EXAMPLES = 1

/** Of the population of examples; summaries over several examples say nothing of it. */
export function easinessDistribution(beliefs: PromptBeliefs): EasinessDistribution {
  const { outcomes, easinessVariance, unseenVariance } = beliefs
  const step = (2 * REACH * Math.sqrt(unseenVariance)) / (NODES - 1)
  const values = Float64Array.from({ length: NODES }, (_, k) => (k - (NODES - 1) / 2) * step)
  const prior = normalized(values.map((b) => Math.exp((-0.5 * b * b) / unseenVariance)))
  const likelihoods = likelihoodsOn(values, beliefs).filter((_, c) => outcomes.examples[c]! >= 0)
  let probabilities = prior
  for (let round = 0; round < STEPS; round++) {
    const mixed = prior.map((p) => PRIOR_EXAMPLES * p)
    for (const likelihood of likelihoods) {
      const posterior = normalized(likelihood.map((l, k) => l * probabilities[k]!))
      for (let k = 0; k < NODES; k++) mixed[k]! += posterior[k]!
    }
    probabilities = normalized(mixed)
  }
  let examples = 1
  outcomes.examples.forEach((example, c) => {
    // Share of an example's easiness that its own outcomes tell: 1 when measured well, 0 when not at all.
    if (example >= 0) examples += Math.max(0, 1 - easinessVariance[c]! / unseenVariance)
  })
  return { values, probabilities, examples }
}

/** L_e on the grid, by column, each relative to its largest. */
function likelihoodsOn(values: Float64Array, { outcomes, ability, abilityVariance }: PromptBeliefs): Float64Array[] {
  const scale = abilityVariance.map(attenuation)
  const logs = outcomes.examples.map(() => new Float64Array(NODES))
  for (let i = 0; i < outcomes.prompts; i++) {
    for (let cell = outcomes.offsets[i]!; cell < outcomes.offsets[i + 1]!; cell++) {
      const log = logs[outcomes.column[cell]!]!
      for (let k = 0; k < NODES; k++) {
        const z = scale[i]! * (ability[i]! + values[k]!)
        // log σ(−z) = log σ(z) − z.
        const failures = outcomes.trials[cell]! - outcomes.successes[cell]!
        log[k]! += outcomes.trials[cell]! * logLogistic(z) - failures * z
      }
    }
  }
  return logs.map((log) => {
    const top = Math.max(...log)
    return log.map((value) => Math.exp(value - top))
  })
}

function normalized(weights: Float64Array): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}
