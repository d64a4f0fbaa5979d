/**
 * What earlier studies say about the prompts of a new one.
 *
 * Every earlier history is fitted by the prompt model over its own prompts and the new ones together. A prompt that
 * recurs brings its ability, others what their text predicts. The new model may assume that these abilities still hold,
 * up to a discrepancy it learns, or start afresh. New outcomes decide, and a history that predicts nothing soon counts
 * for nothing. Hyper-parameters that explained the old history well start with more weight.
 *
 * @module
 */

import { createObservationLog, type ObservationHistory } from '../../history/observation-log.ts'
import { candidateText, type PoolEntry } from '../../prompt/candidate.ts'
import { createPromptModel, type PromptModel, type PromptModelOptions } from '../../surrogate/prompt/prompt-model.ts'
import type { EarlierBeliefs } from '../../surrogate/prompt/settings.ts'
import type { PriorHistory } from '../policy.ts'

/** Share of the prior weight of hyper-parameters that follows the old histories. */
const TRUST = 0.2

type CarriedOver = Pick<PromptModelOptions, 'logPriors'> & { readonly earlier: readonly EarlierBeliefs[] }

export interface WarmStart {
  /** Options of the prompt model that carry over what the histories know; none without usable histories. */
  of(pool: readonly PoolEntry[]): CarriedOver
}

/**
 * Fits the histories once. Prompts that join the pool later are known to them by their text, or predicted from it.
 *
 * @param basis What the pool began with: at least one prompt.
 */
export function createWarmStart(
  basis: readonly PoolEntry[],
  priors: readonly PriorHistory[],
  options: PromptModelOptions,
): WarmStart {
  const studies: ((pool: readonly PoolEntry[]) => EarlierBeliefs)[] = []
  let weights: number[] | undefined
  let count = 0
  for (const prior of priors) {
    const joint = joinPools(basis, prior)
    if (joint.observations.length === 0) continue
    const model = createPromptModel(joint.pool, options)
    const beliefs = model.fit(joint.observations, joint.observations.length)
    const { ability, abilityVariance } = beliefs
    const level = ability.subarray(0, basis.length).reduce((sum, value) => sum + value, 0) / basis.length
    studies.push((pool) => {
      const moments = pool.map((entry, i) => {
        const known = i < basis.length ? i : joint.byText.get(candidateText(entry.candidate))
        if (known !== undefined) return { mean: ability[known]!, variance: abilityVariance[known]! }
        return model.predict(beliefs, [entry])?.[0] ?? { mean: level, variance: UNKNOWN_VARIANCE }
      })
      return {
        ability: Float64Array.from(moments, ({ mean }) => mean - level),
        variance: Float64Array.from(moments, ({ variance }) => variance),
      }
    })
    const fitted = model.settings.map(
      (setting) => beliefs.components.find((component) => component.setting === setting)?.weight ?? 0,
    )
    if (weights && weights.length !== fitted.length) continue
    weights = fitted.map((weight, k) => weight + (weights?.[k] ?? 0))
    count++
  }
  const logPriors = weights && mixedPriors(createPromptModel(basis, options), weights, count)
  return {
    of: (pool) => ({ earlier: studies.map((study) => study(pool)), ...(logPriors ? { logPriors } : {}) }),
  }
}

/** Variance of an ability of which an earlier study says nothing. */
const UNKNOWN_VARIANCE = 1

function mixedPriors(model: PromptModel, weights: readonly number[], count: number): number[] | undefined {
  const before = model.settings.map((setting) => Math.exp(setting.logPrior))
  if (before.length !== weights.length) return undefined
  const total = before.reduce((sum, weight) => sum + weight, 0)
  return before.map((weight, k) => Math.log(((1 - TRUST) * weight) / total + (TRUST * weights[k]!) / count))
}

/** The new pool followed by prompts that only the history knows; its observations with indices into that. */
function joinPools(
  pool: readonly PoolEntry[],
  prior: PriorHistory,
): {
  readonly pool: readonly PoolEntry[]
  readonly observations: ObservationHistory
  readonly byText: ReadonlyMap<string, number>
} {
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
      standardError: prior.observations.standardError(k),
    })
  }
  return { pool: joined, observations, byText }
}
