/**
 * What a prompt's own likelihood says instead of the Gaussian site that stood for it. It gives mean and variance of the
 * ability, and how much the site misjudges the evidence.
 *
 * Notation
 *   q(f) = N(m, v)                              posterior with the site in it
 *   t(f) ∝ exp(−s f²/2 + h f)                   the site: precision s, shift h
 *   p(f) ∝ q(f) / t(f) · Π_e p(y_e | f, b_e)    "tilted": the likelihood itself in place of the site
 *   κ_e = 1/√(1 + π v_e/8)                      for an easiness known to within v_e: p(y_e = 1) ≈ σ(κ_e (f + b_e))
 *
 * A site is symmetric, the likelihood is not: twelve successes out of twelve say that ability is high, and not how
 * high. Laplace's mode lies below the mean then, and winners are such prompts. Where prompts have an outcome or two
 * each, sites make them look more alike than they are. The evidence then prefers a variance of abilities that is too
 * small (Breslow & Lin 1995). Both are the last step of expectation propagation (Minka 2001; Rasmussen & Williams 2006,
 * §3.6), by quadrature.
 *
 * @module
 */
import { HERMITE_NODES, HERMITE_WEIGHTS } from './gauss-hermite.ts'
import { type SitePosterior, type Sites, siteVariances } from './gaussian-sites.ts'
import type { Outcomes } from './outcomes.ts'

const POINTS = 21
const REACH = 4
/** What is left of q when its site is taken out has at least this precision: mixtures may be wider than their site. */
const LEAST_CAVITY_PRECISION = 0.05
const LOG_WEIGHTS = HERMITE_WEIGHTS.map(Math.log)
/** A product of probabilities is taken apart before it overflows. */
const LARGEST_PRODUCT = 1e200

/** Replaces mean and variance of measured prompts in place. */
export function tiltMoments(
  outcomes: Outcomes,
  sites: Sites,
  easiness: Float64Array,
  easinessVariance: Float64Array,
  mean: Float64Array,
  variance: Float64Array,
): void {
  const logWeights = new Float64Array(POINTS)
  const scale = easinessVariance.map(attenuation)
  for (let i = 0; i < outcomes.prompts; i++) {
    const from = outcomes.offsets[i]!
    const to = outcomes.offsets[i + 1]!
    if (from === to) continue
    const s = sites.precision[i]!
    const precision = Math.max(1 / variance[i]!, s + LEAST_CAVITY_PRECISION)
    const m = mean[i]!
    const step = (2 * REACH) / (POINTS - 1) / Math.sqrt(precision)
    let top = Number.NEGATIVE_INFINITY
    for (let k = 0; k < POINTS; k++) {
      const d = (k - (POINTS - 1) / 2) * step
      const f = m + d
      const value =
        -0.5 * precision * d * d +
        0.5 * s * f * f -
        sites.shift[i]! * f +
        logLikelihood(outcomes, i, f, easiness, scale)
      logWeights[k] = value
      if (value > top) top = value
    }
    let total = 0
    let first = 0
    let second = 0
    for (let k = 0; k < POINTS; k++) {
      const w = Math.exp(logWeights[k]! - top)
      const d = (k - (POINTS - 1) / 2) * step
      total += w
      first += w * d
      second += w * d * d
    }
    first /= total
    mean[i] = m + first
    variance[i] = Math.max(1e-6, second / total - first * first)
  }
}

/** Σ_i log E_q[Π_e p(y_e | f_i, b_e) / t_i(f_i)]: to be added to the evidence of the sites, up to a constant of theirs. */
export function evidenceCorrection(
  outcomes: Outcomes,
  easiness: Float64Array,
  easinessVariance: Float64Array,
  posterior: SitePosterior,
): number {
  const { sites, mean } = posterior
  const variance = siteVariances(posterior)
  const scale = easinessVariance.map(attenuation)
  const values = new Float64Array(HERMITE_NODES.length)
  let sum = 0
  for (let i = 0; i < outcomes.prompts; i++) {
    if (outcomes.offsets[i] === outcomes.offsets[i + 1]) continue
    const deviation = Math.sqrt(variance[i]!)
    let top = Number.NEGATIVE_INFINITY
    for (let k = 0; k < HERMITE_NODES.length; k++) {
      const f = mean[i]! + deviation * HERMITE_NODES[k]!
      const logSite = sites.shift[i]! * f - 0.5 * sites.precision[i]! * f * f
      const value = LOG_WEIGHTS[k]! + logLikelihood(outcomes, i, f, easiness, scale) - logSite
      values[k] = value
      if (value > top) top = value
    }
    let total = 0
    for (const value of values) total += Math.exp(value - top)
    sum += top + Math.log(total)
  }
  return sum
}

/** κ: by how much an uncertain easiness flattens the success probability as a function of ability. */
export function attenuation(variance: number): number {
  return 1 / Math.sqrt(1 + (Math.PI / 8) * variance)
}

function logLikelihood(
  { offsets, column, trials, successes }: Outcomes,
  prompt: number,
  ability: number,
  easiness: Float64Array,
  scale: Float64Array,
): number {
  let value = 0
  // One logarithm for many outcomes: this is where a fit spends its time.
  let product = 1
  for (let cell = offsets[prompt]!; cell < offsets[prompt + 1]!; cell++) {
    const c = column[cell]!
    const z = (ability + easiness[c]!) * scale[c]!
    const n = trials[cell]!
    value += successes[cell]! * z
    if (n !== 1 || z > 200) value -= n * (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))))
    else product *= 1 + Math.exp(z)
    if (product > LARGEST_PRODUCT) {
      value -= Math.log(product)
      product = 1
    }
  }
  return value - Math.log(product)
}
