import { promptTraitNames, promptTraits } from '../../features/prompt-traits.ts'
import { remembered } from '../../features/remembered.ts'
import { candidateText, type PoolEntry } from '../../prompt/candidate.ts'
import type { LearnedPrior } from './learned-prior.ts'

/** {@link promptTraits} of a pool's prompts, each computed once. */
export const traitsOf = remembered((entry: PoolEntry) => promptTraits(candidateText(entry.candidate)))

/**
 * What a learned prior expects of prompts: abilities in standard deviations of the pool's abilities. Traits tell the
 * worse half of a pool apart and not the better one, so whatever exceeds the mean counts as the mean. Otherwise a prior
 * that raised the longest prompts, say, would have them recommended for it.
 *
 * @param basis How many of the first prompts have mean 0: what the pool began with.
 * @returns one number per prompt
 * @example
 * expectedAbilities(prior, pool, pool.length).length // 4
 */
export function expectedAbilities(prior: LearnedPrior, pool: readonly PoolEntry[], basis: number): Float64Array {
  const weights = promptTraitNames.map((name) => prior.traits[name] ?? 0)
  const expected = Float64Array.from(pool, (entry) =>
    traitsOf(entry).reduce((sum, trait, k) => sum + weights[k]! * trait, 0),
  )
  const average = (values: Float64Array) =>
    values.subarray(0, basis).reduce((sum, value) => sum + value, 0) / Math.max(1, basis)
  const level = average(expected)
  const capped = expected.map((value) => Math.min(0, value - level))
  const rest = average(capped)
  return capped.map((value) => value - rest)
}
