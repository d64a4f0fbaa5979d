import { InvalidArgumentError } from '../errors.ts'
import type { GaussianProcess } from '../surrogate/gaussian-process/gaussian-process.ts'
import { type Points, row } from '../surrogate/points.ts'
import type { Posterior } from '../surrogate/posterior.ts'
import { indexOfLargest } from './acquisition.ts'

/**
 * A batch by conditioning (kriging believer): picks the best point, imputes its mean, picks the next. After each pick the uncertainty
 * around it is gone, so the picks spread. D. Ginsbourger, R. Le Riche, L. Carraro, "Kriging is well-suited to
 * parallelize optimization" (2010).
 *
 * @param size - q, at most the pool's size.
 * @param values - the acquisition under a (fantasized) process.
 * @returns q distinct indices into the pool, best first.
 * @throws InvalidArgumentError when the batch is larger than the pool.
 * @example
 * const improvement = logExpectedImprovement(0.7)
 * const valuesOf = (process: GaussianProcess) => acquisitionOnPool(process, improvement).values(candidates)
 * batchByConditioning(surrogate, candidates, 3, valuesOf) // [5, …]
 */
export function batchByConditioning(
  process: GaussianProcess,
  pool: Points,
  size: number,
  values: (process: GaussianProcess) => Float64Array,
): number[] {
  checkBatchSize(size, pool.count)
  const chosen: number[] = []
  let imputed = process
  while (chosen.length < size) {
    const value = values(imputed).slice()
    for (const index of chosen) value[index] = Number.NaN
    const next = indexOfLargest(value)
    chosen.push(next)
    imputed = imputed.fantasize({ count: 1, dimension: pool.dimension, data: row(pool, next).slice() })
  }
  return chosen
}

/**
 * A batch by joint sampling. It greedily adds the point that most raises q-expected improvement, the mean over joint
 * samples of max(0, max of the batch − τ). J. Wilson, F. Hutter, M. Deisenroth, "Maximizing acquisition functions for
 * Bayesian optimization" (2018): the greedy batch is within 1 − 1/e of the best.
 *
 * @param normal - draws independent standard normals.
 * @param options.samples - default 256.
 * @returns q distinct indices into the posterior, and the estimated q-expected improvement after each.
 * @throws InvalidArgumentError when the batch is larger than the pool.
 * @example
 * batchBySampling(surrogate.posterior(candidates), 4, 0.7, random.normal).indices.length // 4
 */
export function batchBySampling(
  posterior: Posterior,
  size: number,
  threshold: number,
  normal: () => number,
  options: { readonly samples?: number } = {},
): { indices: number[]; improvement: number[] } {
  const { samples = 256 } = options
  const m = posterior.count
  checkBatchSize(size, m)
  const draws = posterior.sample(samples, normal)
  const best = new Float64Array(samples).fill(threshold)
  const indices: number[] = []
  const improvement: number[] = []
  while (indices.length < size) {
    const gains = new Float64Array(m)
    for (let s = 0; s < samples; s++) {
      for (let i = 0; i < m; i++) gains[i]! += Math.max(draws[s * m + i]! - best[s]!, 0)
    }
    // Where no sample improves any more, the highest mean is the next best thing.
    if (!gains.some((gain) => gain > 0)) gains.set(posterior.mean)
    for (const index of indices) gains[index] = Number.NaN
    const next = indexOfLargest(gains)
    indices.push(next)
    let total = 0
    for (let s = 0; s < samples; s++) {
      best[s] = Math.max(best[s]!, draws[s * m + next]!)
      total += best[s]! - threshold
    }
    improvement.push(total / samples)
  }
  return { indices, improvement }
}

function checkBatchSize(size: number, available: number): void {
  if (!(Number.isInteger(size) && size >= 0 && size <= available)) {
    throw new InvalidArgumentError(`size is ${size}; expected a whole number up to ${available}, the size of the pool`)
  }
}
