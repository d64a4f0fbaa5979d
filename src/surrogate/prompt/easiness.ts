/**
 * How easy examples are, given abilities, by a normal prior: while a search goes on. What is recommended has the fitted
 * shape of `easiness-distribution.ts`; a search that has it too measures what tells less of scores (docs/experiments.md).
 *
 * @module
 */
import { logistic } from '../../numerics/special/logistic.ts'
import type { Outcomes } from './outcomes.ts'

/** Variance that stands for "all examples are equally easy". */
export const NO_EFFECT = 1e-6
/** A Newton step in logits from a saturated point may be arbitrarily long. */
const LARGEST_STEP = 2
/** How many examples the prior of the easiness variance is worth. */
const PRIOR_EXAMPLES = 4

/**
 * One Newton step of every b_e, given abilities; leaves the conditional variances behind. A summary is over examples of all
 * easinesses: its own is 0, and varies as theirs do.
 */
export function improveEasiness(
  outcomes: Outcomes,
  ability: Float64Array,
  easiness: Float64Array,
  variance: Float64Array,
  prior: number,
): void {
  const columns = easiness.length
  const gradient = new Float64Array(columns)
  const precision = new Float64Array(columns)
  for (let c = 0; c < columns; c++) {
    const fixed = outcomes.examples[c]! < 0
    precision[c] = fixed ? 1e8 : 1 / prior
    gradient[c] = -easiness[c]! * precision[c]!
  }
  for (let i = 0; i < outcomes.prompts; i++) {
    for (let cell = outcomes.offsets[i]!; cell < outcomes.offsets[i + 1]!; cell++) {
      const c = outcomes.column[cell]!
      const p = logistic(ability[i]! + easiness[c]!)
      gradient[c]! += outcomes.successes[cell]! - outcomes.trials[cell]! * p
      precision[c]! += outcomes.trials[cell]! * p * (1 - p)
    }
  }
  for (let c = 0; c < columns; c++) {
    easiness[c]! += Math.min(LARGEST_STEP, Math.max(-LARGEST_STEP, gradient[c]! / precision[c]!))
    variance[c] = outcomes.examples[c]! < 0 ? prior : 1 / precision[c]!
  }
}

/** Variance of easiness over examples: one step of expectation maximization, pulled toward its prior. */
export function spreadOf(outcomes: Outcomes, easiness: Float64Array, variance: Float64Array, prior: number): number {
  let sum = PRIOR_EXAMPLES * prior
  let count = PRIOR_EXAMPLES
  outcomes.examples.forEach((example, c) => {
    if (example < 0) return
    sum += easiness[c]! * easiness[c]! + variance[c]!
    count++
  })
  return sum / count
}
