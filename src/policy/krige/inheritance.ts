/**
 * What children take after: how far the estimated abilities of this study's children lie from that of
 * their best parent. A bad parent is easily improved on, a good one hardly: children of parents about as good tell most.
 *
 * Notation: d_i ability of child i minus that of its best parent a_i, in logits; w_i = exp(−(a_i − a)² / 2h²) at a parent of
 * ability a, h = 1; n₀ children that the prior (m₀, τ₀²) is worth.
 *
 *   m(a) = (n₀ m₀ + Σ w_i d_i) / (n₀ + Σ w_i): a local mean (Nadaraya 1964; Watson 1964), shrunk
 *
 * @module
 */
import type { PoolEntry } from '../../prompt/candidate.ts'
import type { PromptBeliefs } from '../../surrogate/prompt/prompt-model.ts'

export interface Inheritance {
  /** Mean of ability(child) − ability(best parent), in logits. */
  readonly mean: number
  /** Posterior variance of that difference, child by child: what texts and outcomes told. */
  readonly told: number
  /** Mean variance of what is not known of an unmeasured child. */
  readonly untold: number
}

/** Children are worth a little less than what they were made from, and differ as much as prompts of a pool do. */
const PRIOR_MEAN = -0.2
const PRIOR_TOLD = 0.1
const PRIOR_UNTOLD = 0.3
const PRIOR_CHILDREN = 4
/** Parents whose abilities are so far apart tell little of each other's children. */
const BANDWIDTH = 1

/**
 * @param beliefs In which unmeasured children are predicted by their texts.
 * @returns By the ability of the best parent.
 */
export function inheritance(pool: readonly PoolEntry[], beliefs: PromptBeliefs): (parent: number) => Inheritance {
  const { ability, abilityVariance, outcomes } = beliefs
  const children: { readonly parent: number; readonly difference: number }[] = []
  let unmeasured = PRIOR_CHILDREN
  let unknown = PRIOR_CHILDREN * PRIOR_UNTOLD
  pool.forEach(({ candidate }, child) => {
    const parent = bestParent(candidate.origin?.parents, ability)
    if (parent === undefined) return
    children.push({ parent, difference: ability[child]! - parent })
    if (outcomes.offsets[child + 1] !== outcomes.offsets[child]) return
    unmeasured++
    unknown += abilityVariance[child]!
  })
  const untold = unknown / unmeasured
  return (at) => {
    let count = PRIOR_CHILDREN
    let sum = PRIOR_CHILDREN * PRIOR_MEAN
    let squares = PRIOR_CHILDREN * (PRIOR_TOLD + PRIOR_MEAN ** 2)
    for (const { parent, difference } of children) {
      const weight = Math.exp(-0.5 * ((parent - at) / BANDWIDTH) ** 2)
      count += weight
      sum += weight * difference
      squares += weight * difference * difference
    }
    const mean = sum / count
    return { mean, told: Math.max(0, squares / count - mean * mean), untold }
  }
}

/** Ability of the best of a child's parents; undefined where it has none. */
export function bestParent(parents: readonly number[] = [], ability: Float64Array): number | undefined {
  const known = parents.flatMap((parent) => (parent < ability.length ? [ability[parent]!] : []))
  return known.length === 0 ? undefined : Math.max(...known)
}
