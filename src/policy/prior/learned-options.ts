import type { PoolEntry } from '../../prompt/candidate.ts'
import { basisOf } from '../../surrogate/prompt/pool-factors.ts'
import { createPromptModel, type PromptModelOptions } from '../../surrogate/prompt/prompt-model.ts'
import { expectedAbilities } from './expected-abilities.ts'
import type { LearnedPrior } from './learned-prior.ts'

/** Tasks after which learned hyper-parameters weigh as much as the prompt model's own. */
const HALF_TRUSTED = 4
/** Neither an expectation that always helped nor one that never did is certain. */
const LEAST_DOUBT = 0.05

/**
 * Options of the prompt model that carry over what was learned across tasks.
 *
 * @param options Of the model without it.
 */
export function learnedOptions(
  prior: LearnedPrior,
  pool: readonly PoolEntry[],
  options: PromptModelOptions,
): Pick<PromptModelOptions, 'expected' | 'logPriors'> {
  const standardized = expectedAbilities(prior, pool, basisOf(pool))
  const trust = Math.min(1 - LEAST_DOUBT, Math.max(LEAST_DOUBT, prior.trust))
  const logPriors = learnedWeights(prior, pool, options)

  return {
    ...(standardized.some((value) => value !== 0) ? { expected: { standardized, trust } } : {}),
    ...(logPriors ? { logPriors } : {}),
  }
}

/** Log prior weights of the model's settings, mixed with those that were learned. */
function learnedWeights(
  { settings, tasks }: LearnedPrior,
  pool: readonly PoolEntry[],
  options: PromptModelOptions,
): number[] | undefined {
  const own = createPromptModel(pool, options).settings
  const learned = own.map(({ abilityVariance, independentShare }) =>
    settings
      .filter((known) => known.abilityVariance === abilityVariance && known.independentShare === independentShare)
      .reduce((sum, { weight }) => sum + weight, 0),
  )
  const found = learned.reduce((sum, weight) => sum + weight, 0)
  if (!(found > 0)) return undefined
  const before = own.map(({ logPrior }) => Math.exp(logPrior))
  const total = before.reduce((sum, weight) => sum + weight, 0)
  const share = tasks.length / (tasks.length + HALF_TRUSTED)
  return before.map((weight, k) => Math.log(((1 - share) * weight) / total + (share * learned[k]!) / found))
}
