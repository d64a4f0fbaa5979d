/**
 * Closed-form posterior of abilities given one Gaussian pseudo-observation ("site") per prompt.
 *
 * Notation
 *   f = m + F w + δ, w ~ N(0, I_r), δ_i ~ N(0, d_i) prior of abilities; m is 0 unless given
 *   z_i ~ N(f_i, 1/s_i)                             site: likelihood of prompt i linearized at some f; s_i = 0 when unmeasured
 *   q_i = s_i / (1 + s_i d_i)                       precision of z_i about m_i + F_i w
 *   M = I + Fᵀ diag(q) F                            posterior precision of w
 *
 * One setting of the hyper-parameters costs O(P r²) and no iteration, so a whole grid of them can be averaged by evidence.
 * Woodbury's identity and the matrix determinant lemma give log N(z; m, F Fᵀ + diag(d + 1/s)).
 *
 * @module
 */
import type { AbilityPrior } from './ability-fit.ts'
import { addWeightedGram, cholesky, logDeterminant, solveLower, solveLowerFour, solveUpper } from './dense.ts'

export interface Sites {
  /** s_i, at least 0. */
  readonly precision: Float64Array
  /** s_i z_i: stays finite where s_i is 0. */
  readonly shift: Float64Array
}

export interface SitePosterior {
  readonly prior: AbilityPrior
  readonly sites: Sites
  /** Lower Cholesky factor of M. */
  readonly factor: Float64Array
  /** Posterior mean of w. */
  readonly weights: Float64Array
  /** Posterior mean of f. */
  readonly mean: Float64Array
  /** Up to a constant that depends on the sites alone. */
  readonly logEvidence: number
}

export function conditionOnSites(prior: AbilityPrior, sites: Sites, priorMean?: Float64Array): SitePosterior {
  if (priorMean) return conditionAbout(priorMean, prior, sites)
  const { factor, rank, independent } = prior
  const prompts = independent.length
  const { precision, shift } = sites
  const gram = new Float64Array(rank * rank)
  const q = new Float64Array(prompts)
  const weights = new Float64Array(rank)
  let logEvidence = 0
  for (let k = 0; k < rank; k++) gram[k * rank + k] = 1
  for (let i = 0; i < prompts; i++) {
    const s = precision[i]!
    if (s === 0) continue
    const shrink = 1 / (1 + s * independent[i]!)
    q[i] = s * shrink
    // q z² = (s z)² / (s (1 + s d)); the sites' own Σ s z² is left out as a constant, which keeps this finite as s → 0.
    logEvidence += 0.5 * Math.log(shrink) + 0.5 * shift[i]! * shift[i]! * independent[i]! * shrink
    const pull = shift[i]! * shrink
    const row = i * rank
    for (let k = 0; k < rank; k++) weights[k]! += factor[row + k]! * pull
  }
  addWeightedGram(factor, q, prompts, rank, gram, rank)
  cholesky(gram, rank)
  solveLower(gram, rank, weights)
  for (let k = 0; k < rank; k++) logEvidence += 0.5 * weights[k]! * weights[k]!
  solveUpper(gram, rank, weights)
  logEvidence -= 0.5 * logDeterminant(gram, rank)
  const mean = new Float64Array(prompts)
  for (let i = 0; i < prompts; i++) {
    let shared = 0
    for (let k = 0; k < rank; k++) shared += factor[i * rank + k]! * weights[k]!
    const d = independent[i]!
    mean[i] = (shared + d * shift[i]!) / (1 + precision[i]! * d)
  }
  return { prior, sites, factor: gram, weights, mean, logEvidence }
}

/** Conditions f − m on sites at z − m. */
function conditionAbout(priorMean: Float64Array, prior: AbilityPrior, sites: Sites): SitePosterior {
  const { precision, shift } = sites
  const moved = shift.map((x, i) => x - precision[i]! * priorMean[i]!)
  const posterior = conditionOnSites(prior, { precision, shift: moved })
  let { logEvidence } = posterior
  // ½ Σ s z² − ½ Σ s (z − m)²: the constant left out must be the same for every prior mean.
  for (let i = 0; i < moved.length; i++) logEvidence += 0.5 * priorMean[i]! * (shift[i]! + moved[i]!)
  return { ...posterior, sites, mean: posterior.mean.map((x, i) => x + priorMean[i]!), logEvidence }
}

/**
 * Marginal variances of f: d_i/(1 + s_i d_i) + ‖R_i‖², R as in {@link siteLoadings}.
 *
 * @param from First prompt that is of interest; entries before it say nothing. @defaultValue 0
 */
export function siteVariances(posterior: SitePosterior, from = 0): Float64Array {
  const { prior, sites } = posterior
  const { rank, independent } = prior
  const loadings = siteLoadings(posterior, from)
  return independent.map((d, i) => {
    let sum = 0
    for (let k = i * rank; k < (i + 1) * rank; k++) sum += loadings[k]! * loadings[k]!
    return d / (1 + sites.precision[i]! * d) + sum
  })
}

/**
 * What posterior abilities share, R: row i is L⁻¹ F_i / (1 + s_i d_i), P × r, L Lᵀ = M.
 *
 * @param from First prompt that is of interest; rows before it are left 0. @defaultValue 0
 */
export function siteLoadings({ prior, sites, factor: lower }: SitePosterior, from = 0): Float64Array {
  const { factor, rank, independent } = prior
  const prompts = independent.length
  const loadings = new Float64Array(prompts * rank)
  const lanes = new Float64Array(4 * rank)
  for (let start = from; start < prompts; start += 4) {
    const end = Math.min(start + 4, prompts)
    for (let i = start; i < end; i++) {
      for (let k = 0; k < rank; k++) lanes[4 * k + i - start] = factor[i * rank + k]!
    }
    solveLowerFour(lower, rank, lanes)
    for (let i = start; i < end; i++) {
      const shrink = 1 / (1 + sites.precision[i]! * independent[i]!)
      for (let k = 0; k < rank; k++) loadings[i * rank + k] = shrink * lanes[4 * k + i - start]!
    }
  }
  return loadings
}
