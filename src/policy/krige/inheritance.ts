/**
 * What children take after: how far the abilities of this study's children, as they are believed to be, lie from that of
 * their best parent, over a prior.
 *
 * @module
 */
import type { PoolEntry } from '../../prompt/candidate.ts'
import type { PromptBeliefs } from '../../surrogate/prompt/prompt-model.ts'

export interface Inheritance {
  /** Mean of ability(child) − ability(best parent), in logits. */
  readonly mean: number
  /** Variance of what is believed of that difference, child by child: what texts and outcomes told. */
  readonly told: number
  /** Mean variance of what is not known of an unmeasured child. */
  readonly untold: number
}

/** Children are worth a little less than what they were made from, and differ as much as prompts of a pool do. */
const PRIOR_MEAN = -0.2
const PRIOR_TOLD = 0.1
const PRIOR_UNTOLD = 0.3
const PRIOR_CHILDREN = 4

/** @param beliefs In which unmeasured children are predicted by their texts. */
export function inheritance(pool: readonly PoolEntry[], beliefs: PromptBeliefs): Inheritance {
  const { ability, abilityVariance, outcomes } = beliefs
  let count = PRIOR_CHILDREN
  let sum = PRIOR_CHILDREN * PRIOR_MEAN
  let squares = PRIOR_CHILDREN * (PRIOR_TOLD + PRIOR_MEAN ** 2)
  let unmeasured = PRIOR_CHILDREN
  let untold = PRIOR_CHILDREN * PRIOR_UNTOLD
  pool.forEach(({ candidate }, child) => {
    const best = bestParent(candidate.origin?.parents, ability)
    if (best === undefined) return
    const difference = ability[child]! - best
    count++
    sum += difference
    squares += difference * difference
    if (outcomes.offsets[child + 1] !== outcomes.offsets[child]) return
    unmeasured++
    untold += abilityVariance[child]!
  })
  const mean = sum / count
  return { mean, told: Math.max(0, squares / count - mean * mean), untold: untold / unmeasured }
}

/** Ability of the best of a child's parents; undefined where it has none. */
export function bestParent(parents: readonly number[] = [], ability: Float64Array): number | undefined {
  const known = parents.flatMap((parent) => (parent < ability.length ? [ability[parent]!] : []))
  return known.length === 0 ? undefined : Math.max(...known)
}
