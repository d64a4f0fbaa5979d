/**
 * Average over settings by evidence.
 *
 * @module
 */
import { conditionOnSites, type SitePosterior, type Sites } from './gaussian-sites.ts'
import type { Setting } from './settings.ts'

export interface WeightedPosterior {
  readonly setting: Setting
  readonly weight: number
  readonly posterior: SitePosterior
}

/** Settings lighter than this are dropped between passes. */
const NEGLIGIBLE = 2e-3

/** By how much evidence overstates what is known: of texts, and of each earlier study's abilities. */
interface DesignEffects {
  readonly texts: number
  readonly beliefs: ReadonlyMap<Float64Array, number>
}

export function averageSettings(
  settings: readonly Setting[],
  sites: Sites,
  designEffects: DesignEffects,
  correction: (posterior: SitePosterior) => number,
): WeightedPosterior[] {
  const conditioned = new Map<Setting, { readonly posterior: SitePosterior; readonly evidence: number }>()
  const condition = (setting: Setting) => {
    const known = conditioned.get(setting)
    if (known) return known
    const posterior = conditionOnSites(setting, sites, setting.belief?.ability)
    const fresh = { posterior, evidence: posterior.logEvidence + correction(posterior) }
    conditioned.set(setting, fresh)
    return fresh
  }
  const logWeights = settings.map((setting) => {
    const { evidence } = condition(setting)
    if (!setting.belief) return evidence / designEffects.texts + setting.logPrior
    const { afresh, ability } = setting.belief
    const without = condition(afresh).evidence
    const gain = (evidence - without) / Math.max(designEffects.texts, designEffects.beliefs.get(ability)!)
    return without / designEffects.texts + gain + setting.logPrior
  })
  const top = Math.max(...logWeights)
  const weights = logWeights.map((logWeight) => Math.exp(logWeight - top))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const kept = settings.flatMap((setting, k) => {
    const weight = weights[k]! / total
    return weight > NEGLIGIBLE ? [{ setting, weight, posterior: condition(setting).posterior }] : []
  })
  const rest = kept.reduce((sum, component) => sum + component.weight, 0)
  return kept.map((component) => ({ ...component, weight: component.weight / rest }))
}

export function meanAbility(components: readonly WeightedPosterior[], out: Float64Array): void {
  out.fill(0)
  for (const { weight, posterior } of components) {
    for (let i = 0; i < out.length; i++) out[i]! += weight * posterior.mean[i]!
  }
}
