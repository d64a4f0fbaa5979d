/**
 * What children take after: the difference between a measured child and the better of its parents, over what this study has
 * seen and a prior.
 *
 * @module
 */
import type { PoolEntry } from '../../prompt/candidate.ts'
import type { PromptBeliefs } from '../../surrogate/prompt/prompt-model.ts'

export interface Inheritance {
  /** Mean of ability(child) − ability(best parent), in logits. */
  readonly mean: number
  /** Variance of that difference among children. */
  readonly variance: number
}

/** Children are worth a little less than what they were made from, and differ as much as prompts of a pool do. */
const PRIOR_MEAN = -0.2
const PRIOR_VARIANCE = 0.4
const PRIOR_CHILDREN = 4

export function inheritance(pool: readonly PoolEntry[], beliefs: PromptBeliefs): Inheritance {
  const { offsets } = beliefs.outcomes
  let count = PRIOR_CHILDREN
  let sum = PRIOR_CHILDREN * PRIOR_MEAN
  let squares = PRIOR_CHILDREN * (PRIOR_VARIANCE + PRIOR_MEAN ** 2)
  pool.forEach(({ candidate }, child) => {
    const parents = (candidate.origin?.parents ?? []).filter((parent) => parent < beliefs.ability.length)
    if (parents.length === 0 || offsets[child + 1] === offsets[child]) return
    const best = Math.max(...parents.map((parent) => beliefs.ability[parent]!))
    const difference = beliefs.ability[child]! - best
    count++
    sum += difference
    squares += difference * difference + beliefs.abilityVariance[child]!
  })
  const mean = sum / count
  return { mean, variance: Math.max(1e-3, squares / count - mean * mean) }
}
