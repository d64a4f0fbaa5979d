import { InvalidArgumentError } from '../errors.ts'
import { logSumExp } from '../numerics/special/index.ts'
import type { Posterior } from '../surrogate/posterior.ts'

/**
 * Log expected improvement over whichever observed point is truly best, when observations are noisy: the threshold is
 * random too, and correlated with the candidates. Mean over joint samples of max(f(x) − max_i f(x_i), 0), smoothed as
 * in B. Letham et al., "Constrained Bayesian optimization with noisy experiments" (2019), and taken in logarithms with
 * S. Ament et al. (2023)'s softplus, so that it ranks points no sample of which improves.
 *
 * @param posterior - joint over the observed points first, then the candidates.
 * @param observed - how many of the posterior's points have been observed.
 * @param normal - draws independent standard normals.
 * @param options.samples - default 128.
 * @param options.temperature - softplus width relative to the targets' unit. Default 1e-3.
 * @returns one value per candidate.
 * @example
 * const joint = surrogate.posterior(points([[0], [0.5], [1], [0.2], [0.4]])) // three observed points, two new ones
 * noisyLogExpectedImprovement(joint, 3, random.normal).length // 2
 */
export function noisyLogExpectedImprovement(
  posterior: Posterior,
  observed: number,
  normal: () => number,
  options: { readonly samples?: number; readonly temperature?: number } = {},
): Float64Array {
  const { samples = 128, temperature = 1e-3 } = options
  const candidates = posterior.count - observed
  if (!(observed >= 1 && candidates >= 0)) {
    throw new InvalidArgumentError(
      `observed is ${observed}; expected from 1 to ${posterior.count}, the posterior's points`,
    )
  }
  const draws = posterior.sample(samples, normal)
  const terms = new Float64Array(samples)
  const best = new Float64Array(samples).fill(Number.NEGATIVE_INFINITY)
  for (let s = 0; s < samples; s++) {
    for (let i = 0; i < observed; i++) best[s] = Math.max(best[s]!, draws[s * posterior.count + i]!)
  }
  return Float64Array.from({ length: candidates }, (_, c) => {
    for (let s = 0; s < samples; s++) {
      terms[s] = logSoftplus((draws[s * posterior.count + observed + c]! - best[s]!) / temperature)
    }
    return Math.log(temperature) + logSumExp(terms) - Math.log(samples)
  })
}

/** log log(1 + e^x), which is x for very negative x. */
function logSoftplus(x: number): number {
  if (x < -30) return x
  return Math.log(x > 30 ? x : Math.log1p(Math.exp(x)))
}
