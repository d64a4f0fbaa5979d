/**
 * What is expected of drafts that were not measured yet, by their texts or by their parents.
 *
 * @module
 */
import type { ObservationHistory } from '../../history/observation-log.ts'
import type { PoolEntry } from '../../prompt/candidate.ts'
import { createDraftPredictor, type DraftModel, type DraftPrediction } from '../../surrogate/prompt/draft-model.ts'
import type { PromptBeliefs } from '../../surrogate/prompt/prompt-model.ts'
import { bestParent, inheritance } from './inheritance.ts'

/** Keeps the draft model of a history, and what it said of each draft. */
export function createDraftModels() {
  const predictor = createDraftPredictor()
  let source: ObservationHistory | undefined
  let fitted = -1
  let model: DraftModel | undefined
  let known = new WeakMap<PoolEntry, DraftPrediction>()
  return {
    predict(
      pool: readonly PoolEntry[],
      history: ObservationHistory,
      fit: number,
      length: number,
      beliefsAt: (length: number) => PromptBeliefs,
    ): ReadonlyMap<number, DraftPrediction> {
      if (source !== history || fitted !== length) {
        source = history
        fitted = length
        model = length > 0 ? predictor.fit(pool, beliefsAt(length)) : undefined
        known = new WeakMap()
      }
      const predicted = new Map<number, DraftPrediction>()
      if (!model) return predicted
      const measured = new Set<number>()
      for (let k = 0; k < fit; k++) measured.add(history.candidate(k))
      pool.forEach((entry, i) => {
        if (measured.has(i)) return
        const prediction = known.get(entry) ?? model!.predict(entry)
        known.set(entry, prediction)
        predicted.set(i, prediction)
      })
      return predicted
    },
  }
}

/** Without screening every unmeasured child is expected to be as the measured ones are. */
export function alike(pool: readonly PoolEntry[], beliefs: PromptBeliefs): Map<number, DraftPrediction> {
  const { offsets } = beliefs.outcomes
  const isMeasured = (i: number) => offsets[i + 1] !== offsets[i]
  const measured = pool.map((entry, i) => (isMeasured(i) ? entry : { candidate: { id: entry.candidate.id } }))
  const inherited = inheritance(measured, beliefs)
  return new Map(
    pool.flatMap(({ candidate }, i): [number, DraftPrediction][] => {
      const parent = bestParent(candidate.origin?.parents, beliefs.ability)
      if (isMeasured(i) || parent === undefined) return []
      const { mean, told, untold } = inherited(parent)
      return [[i, { mean: mean + parent, variance: told + untold }]]
    }),
  )
}

/** Beliefs in which prompts not measured yet are predicted by their texts. */
export function withDrafts(beliefs: PromptBeliefs, predicted: ReadonlyMap<number, DraftPrediction>): PromptBeliefs {
  if (predicted.size === 0) return beliefs
  const ability = beliefs.ability.slice()
  const abilityVariance = beliefs.abilityVariance.slice()
  for (const [i, { mean, variance }] of predicted) {
    ability[i] = mean
    abilityVariance[i] = variance
  }
  return { ...beliefs, ability, abilityVariance }
}
