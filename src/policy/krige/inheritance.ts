/**
 * What children take after: how far the abilities of this study's children, as they are believed to be, lie from that of
 * their best parent. A bad parent is easily improved on, a good one hardly: the difference is a line in the parent's ability.
 *
 * Notation: d_i ability of child i minus that of its best parent, x_i that parent's ability less the mean of measured prompts.
 *
 *   d_i = m + b x_i + e_i,  m ~ N(m₀, s_m²), b ~ N(b₀, s_b²), e_i ~ N(0, τ²): Bayesian linear regression
 *
 * @module
 */
import type { PoolEntry } from '../../prompt/candidate.ts'
import type { PromptBeliefs } from '../../surrogate/prompt/prompt-model.ts'

export interface Inheritance {
  /** Expected ability(child) − ability(best parent), in logits, by the parent's ability. */
  meanAt(parent: number): number
  /** Variance about it of what is believed, child by child: what texts and outcomes told. */
  readonly told: number
  /** Mean variance of what is not known of an unmeasured child. */
  readonly untold: number
}

/** Children are worth a little less than what they were made from, and differ as much as prompts of a pool do. */
const PRIOR_MEAN = -0.2
const PRIOR_MEAN_VARIANCE = 0.03
const PRIOR_SLOPE = -0.2
const PRIOR_SLOPE_VARIANCE = 0.1
const PRIOR_TOLD = 0.1
const PRIOR_UNTOLD = 0.3
const PRIOR_CHILDREN = 4

/** @param beliefs In which unmeasured children are predicted by their texts. */
export function inheritance(pool: readonly PoolEntry[], beliefs: PromptBeliefs): Inheritance {
  const { ability, abilityVariance, outcomes } = beliefs
  const isMeasured = (i: number) => outcomes.offsets[i + 1] !== outcomes.offsets[i]
  const known = ability.filter((_, i) => isMeasured(i))
  const center = known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length)
  const children: { readonly x: number; readonly difference: number }[] = []
  let unmeasured = PRIOR_CHILDREN
  let untold = PRIOR_CHILDREN * PRIOR_UNTOLD
  pool.forEach(({ candidate }, child) => {
    const best = bestParent(candidate.origin?.parents, ability)
    if (best === undefined) return
    children.push({ x: best - center, difference: ability[child]! - best })
    if (isMeasured(child)) return
    unmeasured++
    untold += abilityVariance[child]!
  })
  const [mean, slope] = regress(children)
  // A better parent is not expected to make a child worse.
  const b = Math.max(-1, slope)
  const squares = children.reduce((sum, { x, difference }) => sum + (difference - mean - b * x) ** 2, 0)
  return {
    meanAt: (parent) => mean + b * (parent - center),
    told: (PRIOR_CHILDREN * PRIOR_TOLD + squares) / (PRIOR_CHILDREN + children.length),
    untold: untold / unmeasured,
  }
}

/** Posterior means of m and b. */
function regress(children: readonly { readonly x: number; readonly difference: number }[]): [number, number] {
  let a11 = PRIOR_TOLD / PRIOR_MEAN_VARIANCE
  let a12 = 0
  let a22 = PRIOR_TOLD / PRIOR_SLOPE_VARIANCE
  let r1 = a11 * PRIOR_MEAN
  let r2 = a22 * PRIOR_SLOPE
  for (const { x, difference } of children) {
    a11++
    a12 += x
    a22 += x * x
    r1 += difference
    r2 += x * difference
  }
  const determinant = a11 * a22 - a12 * a12
  return [(a22 * r1 - a12 * r2) / determinant, (a11 * r2 - a12 * r1) / determinant]
}

/** Ability of the best of a child's parents; undefined where it has none. */
export function bestParent(parents: readonly number[] = [], ability: Float64Array): number | undefined {
  const known = parents.flatMap((parent) => (parent < ability.length ? [ability[parent]!] : []))
  return known.length === 0 ? undefined : Math.max(...known)
}
