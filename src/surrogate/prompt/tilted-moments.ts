/**
 * Mean and variance of every prompt's ability under its own likelihood instead of the Gaussian site that stood for it.
 *
 * Notation
 *   q(f) = N(m, v)                              posterior with the site in it
 *   t(f) ∝ exp(−s f²/2 + h f)                   the site: precision s, shift h
 *   p(f) ∝ q(f) / t(f) · Π_e p(y_e | f, b_e)    "tilted": the likelihood itself in place of the site
 *
 * A site is symmetric, the likelihood is not: twelve successes out of twelve say that ability is high, and not how high.
 * Laplace's mode lies below the mean then, and winners are such prompts. This is the last step of expectation propagation
 * (Minka 2001; Rasmussen & Williams 2006, §3.6), by quadrature on a grid.
 *
 * @module
 */

import type { Sites } from './gaussian-sites.ts'
import type { Outcomes } from './outcomes.ts'

const POINTS = 21
const REACH = 4
/** What is left of q when its site is taken out has at least this precision: mixtures may be wider than their site. */
const LEAST_CAVITY_PRECISION = 0.05

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
  const scale = easinessVariance.map((v) => 1 / Math.sqrt(1 + (Math.PI / 8) * v))
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
      let value = -0.5 * precision * d * d + 0.5 * s * f * f - sites.shift[i]! * f
      for (let cell = from; cell < to; cell++) {
        const c = outcomes.column[cell]!
        const z = (f + easiness[c]!) * scale[c]!
        value +=
          outcomes.successes[cell]! * z - outcomes.trials[cell]! * (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))))
      }
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
