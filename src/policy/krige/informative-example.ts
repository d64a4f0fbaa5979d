/**
 * Which example to measure a prompt on next: the one whose outcome tells most about the prompt.
 *
 * Notation: p predicted success, s = p(1 − p) the likelihood's curvature, v_b variance of the example's easiness. The
 * outcome is worth an observation of f with precision s / (1 + s v_b). Nothing is learned from an example every prompt
 * gets right, and little from one whose easiness is unknown.
 *
 * Where n prompts of one kind share an example's interaction of variance v, together they say n s/(1 + n s v) about
 * their kind. One more adds s/((1 + n s v)(1 + (n + 1) s v)) of that.
 *
 * @module
 */
import type { PromptBeliefs } from '../../surrogate/prompt/prompt-model.ts'
import { expectedLogistic } from '../../surrogate/prompt/prompt-scores.ts'

export interface ExampleBeliefs {
  /** By example. */
  readonly easiness: Float64Array
  readonly variance: Float64Array
}

/** Easiness of every example, measured or not. */
export function exampleBeliefs(beliefs: PromptBeliefs, exampleCount: number): ExampleBeliefs {
  const unseen = beliefs.easinessDistribution
  const easiness = new Float64Array(exampleCount).fill(unseen.mean)
  const variance = new Float64Array(exampleCount).fill(unseen.variance)
  beliefs.outcomes.examples.forEach((example, column) => {
    if (example < 0 || example >= exampleCount) return
    easiness[example] = beliefs.easiness[column]!
    variance[example] = beliefs.easinessVariance[column]!
  })
  return { easiness, variance }
}

/**
 * The most informative of the examples that are free, first in `order` among equals; −1 when none is free.
 *
 * @param isFree Whether the cell may still be asked for.
 * @param shared Variance v of what similar prompts share on an example, and their number n by example, 0 where none is given.
 */
export function mostInformativeExample(
  ability: number,
  examples: ExampleBeliefs,
  order: readonly number[],
  isFree: (example: number) => boolean,
  shared?: { readonly variance: number; readonly redundancy: ReadonlyMap<number, number> },
): number {
  let best = -1
  let most = -1
  let last: { readonly easiness: number; readonly variance: number; readonly alike: number } | undefined
  for (const example of order) {
    const easiness = examples.easiness[example]!
    const variance = examples.variance[example]!
    const alike = shared?.redundancy.get(example) ?? 0
    // Nothing is known of most of a million examples: they are as good as the first of them.
    if (last && easiness === last.easiness && variance === last.variance && alike === last.alike) continue
    if (!isFree(example)) continue
    last = { easiness, variance, alike }
    const p = expectedLogistic(ability + easiness, variance)
    const curvature = p * (1 - p)
    const repeated = shared ? curvature * shared.variance : 0
    const information = curvature / ((1 + curvature * variance) * (1 + alike * repeated) * (1 + (alike + 1) * repeated))
    if (information > most + 1e-9) {
      most = information
      best = example
    }
  }
  return best
}
