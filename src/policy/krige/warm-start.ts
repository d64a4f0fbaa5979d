/**
 * What earlier studies say about the prompts of a new one.
 *
 * Every earlier history is fitted by the prompt model over its own prompts and the new ones together: a prompt that recurs
 * brings its ability, others what their text predicts. The new model may believe that these abilities still hold, up to a
 * discrepancy it learns, or start afresh: new outcomes decide, and a history that predicts nothing soon counts for nothing.
 * Hyper-parameters that explained the old history well start with more weight.
 *
 * @module
 */

import { createObservationLog, type ObservationHistory } from '../../history/observation-log.ts'
import { candidateText, type PoolEntry } from '../../prompt/candidate.ts'
import { createPromptModel, type EarlierBeliefs, type PromptModelOptions } from '../../surrogate/prompt/prompt-model.ts'
import type { PriorHistory } from '../policy.ts'

/** Share of the prior weight of hyper-parameters that follows the old histories. */
const TRUST = 0.2

/** Options of the prompt model that carry over what the histories know; none without usable histories. */
export function warmStart(
  pool: readonly PoolEntry[],
  priors: readonly PriorHistory[],
  options: PromptModelOptions,
): Pick<PromptModelOptions, 'logPriors'> & { readonly earlier: readonly EarlierBeliefs[] } {
  const earlier: EarlierBeliefs[] = []
  let weights: number[] | undefined
  let count = 0
  for (const prior of priors) {
    const joint = joinPools(pool, prior)
    if (joint.observations.length === 0) continue
    const model = createPromptModel(joint.pool, options)
    const beliefs = model.fit(joint.observations, joint.observations.length)
    const ability = beliefs.ability.slice(0, pool.length)
    const level = ability.reduce((sum, value) => sum + value, 0) / pool.length
    earlier.push({
      ability: ability.map((value) => value - level),
      variance: beliefs.abilityVariance.slice(0, pool.length),
    })
    const fitted = model.settings.map(
      (setting) => beliefs.components.find((component) => component.setting === setting)?.weight ?? 0,
    )
    if (weights && weights.length !== fitted.length) continue
    weights = fitted.map((weight, k) => weight + (weights?.[k] ?? 0))
    count++
  }
  if (!weights) return { earlier }
  const before = createPromptModel(pool, options).settings.map((setting) => Math.exp(setting.logPrior))
  if (before.length !== weights.length) return { earlier }
  const total = before.reduce((sum, weight) => sum + weight, 0)
  const logPriors = before.map((weight, k) => Math.log(((1 - TRUST) * weight) / total + (TRUST * weights[k]!) / count))
  return { earlier, logPriors }
}

/** The new pool followed by prompts that only the history knows; its observations with indices into that. */
function joinPools(
  pool: readonly PoolEntry[],
  prior: PriorHistory,
): { readonly pool: readonly PoolEntry[]; readonly observations: ObservationHistory } {
  const joined = [...pool]
  const byText = new Map(pool.map((entry, i) => [candidateText(entry.candidate), i]))
  const indices = prior.pool.map((entry) => {
    const text = candidateText(entry.candidate)
    const known = byText.get(text)
    if (known !== undefined) return known
    byText.set(text, joined.length)
    return joined.push(entry) - 1
  })
  const observations = createObservationLog()
  for (let k = 0; k < prior.observations.length; k++) {
    const score = prior.observations.score(k)
    const candidate = indices[prior.observations.candidate(k)]
    if (!Number.isFinite(score) || candidate === undefined) continue
    observations.append({
      candidate,
      example: prior.observations.example(k),
      repeat: prior.observations.repeat(k),
      score,
      count: prior.observations.count(k),
    })
  }
  return { pool: joined, observations }
}
