import type { SitePosterior } from './gaussian-sites.ts'

/** Components lighter than this are left out. */
const MINOR = 0.02

/**
 * Marginal variances of a mixture of posteriors, heaviest component first.
 *
 * @param mean Of the mixture.
 * @param variancesOf Marginal variances of a component.
 * @param from First prompt that is of interest; entries before it are left 0. @defaultValue 0
 */
export function mixtureVariance(
  components: readonly { readonly weight: number; readonly posterior: SitePosterior }[],
  mean: Float64Array,
  variancesOf: (posterior: SitePosterior) => Float64Array,
  from = 0,
): Float64Array {
  const variance = new Float64Array(mean.length)
  let total = 0
  for (const { weight, posterior } of components) {
    if (weight < MINOR && total > 0.5) continue
    total += weight
    const own = variancesOf(posterior)
    for (let i = from; i < mean.length; i++) variance[i]! += weight * (own[i]! + (posterior.mean[i]! - mean[i]!) ** 2)
  }
  return variance.map((value) => value / total)
}
