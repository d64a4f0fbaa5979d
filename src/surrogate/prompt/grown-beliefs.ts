/**
 * Posteriors of a pool that grew. Prompts that came later and have no outcome yet change nothing about the others. So a
 * fit is extended by one row per new prompt instead of being repeated. It says what a fit of the larger pool to the
 * same outcomes would, to the last bit: sums are taken in the order in which a fit takes them. A study that is opened
 * again refits, and must decide the same.
 *
 * @module
 */
import type { WeightedPosterior } from './average-settings.ts'
import { siteVariances } from './gaussian-sites.ts'
import { mixtureVariance } from './mixture-variance.ts'
import type { PromptBeliefs, PromptModel } from './prompt-model.ts'

/**
 * @param from The model that `beliefs` were fitted by; its pool is the beginning of the larger one.
 * @param to The model of the larger pool, with the same basis and options.
 */
export function extendBeliefs(beliefs: PromptBeliefs, from: PromptModel, to: PromptModel): PromptBeliefs {
  const before = beliefs.ability.length
  const components = beliefs.components.map(({ setting: old, weight, posterior }): WeightedPosterior => {
    const setting = to.settings[from.settings.indexOf(old)]!
    const { factor, rank, independent } = setting
    const size = independent.length
    const mean = extended(posterior.mean, size)
    for (let i = before; i < size; i++) {
      for (let k = 0; k < rank; k++) mean[i]! += factor[i * rank + k]! * posterior.weights[k]!
      mean[i]! += setting.belief?.ability[i] ?? 0
    }
    const sites = {
      precision: extended(posterior.sites.precision, size),
      shift: extended(posterior.sites.shift, size),
    }
    return { setting, weight, posterior: { ...posterior, prior: setting, sites, mean } }
  })
  const size = components[0]!.posterior.mean.length
  const ability = extended(beliefs.ability, size)
  const place = ({ setting }: WeightedPosterior) => to.settings.indexOf(setting)
  for (const { weight, posterior } of components.toSorted((a, b) => place(a) - place(b))) {
    for (let i = before; i < size; i++) ability[i]! += weight * posterior.mean[i]!
  }
  const abilityVariance = mixtureVariance(components, ability, (posterior) => siteVariances(posterior, before), before)
  abilityVariance.set(beliefs.abilityVariance)
  const { outcomes } = beliefs
  const offsets = new Int32Array(size + 1).fill(outcomes.offsets[before]!)
  offsets.set(outcomes.offsets)
  return {
    ...beliefs,
    components,
    ability,
    abilityVariance,
    outcomes: { ...outcomes, prompts: size, offsets },
    sites: { precision: extended(beliefs.sites.precision, size), shift: extended(beliefs.sites.shift, size) },
  }
}

/** Zeros for the new prompts. */
function extended(values: Float64Array, size: number): Float64Array {
  const out = new Float64Array(size)
  out.set(values)
  return out
}
