import { InvalidArgumentError } from '../errors.ts'
import type { Posterior } from '../surrogate/posterior.ts'
import { indexOfLargest } from './acquisition.ts'

/**
 * Thompson sampling on a finite pool: the best point of one joint sample; `count` independent draws for a batch.
 * W. R. Thompson (1933).
 *
 * @param normal - draws independent standard normals.
 * @returns indices into the posterior, possibly repeated.
 * @example
 * thompson(surrogate.posterior(candidates), random.normal, 4).length // 4: points to try side by side
 */
export function thompson(posterior: Posterior, normal: () => number, count = 1): number[] {
  const samples = posterior.sample(count, normal)
  return Array.from({ length: count }, (_, s) =>
    indexOfLargest(samples.subarray(s * posterior.count, (s + 1) * posterior.count)),
  )
}

/**
 * Top-two Thompson sampling: the leader of a sample with probability `beta`, otherwise the first leader of a later
 * sample that differs from it. Puts effort on telling the two best apart. D. Russo, "Simple Bayesian algorithms for
 * best-arm identification" (2016).
 *
 * @param uniform - draws from [0, 1).
 * @param options.beta - default 0.5.
 * @param options.attempts - samples drawn to find a challenger before taking the runner-up of the last. Default 32.
 * @returns leader, challenger, and the one chosen.
 * @example
 * const { leader, challenger, chosen } = topTwoThompson(surrogate.posterior(candidates), random.normal, random.uniform)
 * chosen === leader || chosen === challenger // true
 */
export function topTwoThompson(
  posterior: Posterior,
  normal: () => number,
  uniform: () => number,
  options: { readonly beta?: number; readonly attempts?: number } = {},
): { leader: number; challenger: number; chosen: number } {
  const { beta = 0.5, attempts = 32 } = options
  if (posterior.count < 2) {
    throw new InvalidArgumentError(`posterior has ${posterior.count} points; expected at least two`)
  }
  const [leader] = thompson(posterior, normal) as [number]
  let challenger = leader
  let last = posterior.sample(1, normal)
  for (let attempt = 0; attempt < attempts; attempt++) {
    challenger = indexOfLargest(last)
    if (challenger !== leader) break
    if (attempt + 1 < attempts) last = posterior.sample(1, normal)
  }
  if (challenger === leader) {
    const others = last.slice()
    others[leader] = Number.NEGATIVE_INFINITY
    challenger = indexOfLargest(others)
  }
  return { leader, challenger, chosen: uniform() < beta ? leader : challenger }
}
