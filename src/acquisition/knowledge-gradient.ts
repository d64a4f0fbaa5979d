/**
 * Notation
 *   μ      posterior means of a finite pool
 *   σ̃(x)   how all means move per standard normal unit when x is observed: Σ[:,x]/√(Σ[x,x] + λ)
 *   λ      variance of the observation noise
 *
 * @module
 */

import type { Posterior } from '../surrogate/posterior.ts'
import { logImprovement } from './log-expected-improvement.ts'

/**
 * Knowledge gradient over a finite pool: E[max_i (μ_i + σ̃_i(x) Z)] − max_i μ_i for every x, exactly. It values a
 * measurement by the better decision it allows, wherever that decision then falls.
 *
 * P. Frazier, W. Powell, S. Dayanik, "The knowledge-gradient policy for correlated normal beliefs" (2009), algorithm 1.
 *
 * @param noise - λ of one more observation; may differ by point.
 * @returns values in the units of the posterior, never negative. O(m² log m).
 * @example
 * knowledgeGradient(surrogate.posterior(points([[0.1], [0.4], [0.5]])), 0.01) // ≈ [0.035, 0.097, 0.000]
 */
export function knowledgeGradient(posterior: Posterior, noise: number | ArrayLike<number>): Float64Array {
  const { count: m, mean } = posterior
  const covariance = posterior.covariance()
  const values = new Float64Array(m)
  const slopes = new Float64Array(m)
  for (let x = 0; x < m; x++) {
    const total = covariance[x * m + x]! + (typeof noise === 'number' ? noise : noise[x]!)
    if (!(total > 0)) continue
    const scale = 1 / Math.sqrt(total)
    for (let i = 0; i < m; i++) slopes[i] = covariance[i * m + x]! * scale
    values[x] = expectedMaximumGain(mean, slopes)
  }
  return values
}

/**
 * E[max_i (a_i + b_i Z)] − max_i a_i for Z ~ N(0, 1): walks the upper envelope of the lines. The terms (b' − b) h(−|c|)
 * are sums of positives, so nothing cancels. Frazier et al. (2009), equation 14.
 *
 * @example
 * expectedMaximumGain([0, 0], [0, 1]) // ≈ 0.3989: 1/√(2π)
 */
export function expectedMaximumGain(intercepts: ArrayLike<number>, slopes: ArrayLike<number>): number {
  const order = Array.from({ length: intercepts.length }, (_, i) => i).sort(
    (i, j) => slopes[i]! - slopes[j]! || intercepts[i]! - intercepts[j]!,
  )
  const envelope: number[] = []
  const from: number[] = []
  for (const line of order) {
    while (envelope.length > 0) {
      const top = envelope[envelope.length - 1]!
      const rise = slopes[line]! - slopes[top]!
      if (rise <= 0) {
        // Same slope, and sorted by intercept: the later one is at least as high everywhere.
        envelope.pop()
        from.pop()
        continue
      }
      const crossing = (intercepts[top]! - intercepts[line]!) / rise
      if (crossing > from[from.length - 1]!) {
        envelope.push(line)
        from.push(crossing)
        break
      }
      envelope.pop()
      from.pop()
    }
    if (envelope.length === 0) {
      envelope.push(line)
      from.push(Number.NEGATIVE_INFINITY)
    }
  }
  let gain = 0
  for (let k = 1; k < envelope.length; k++) {
    const rise = slopes[envelope[k]!]! - slopes[envelope[k - 1]!]!
    gain += rise * Math.exp(logImprovement(-Math.abs(from[k]!)).value)
  }
  return gain
}
