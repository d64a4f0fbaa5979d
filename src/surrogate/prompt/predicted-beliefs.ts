import type { DraftPrediction } from './draft-model.ts'
import type { PromptBeliefs } from './prompt-model.ts'

/**
 * Beliefs with prompts outside the pool added behind it, as they were predicted: for their scores. What the settings say
 * (`components`) is that of the pool.
 *
 * @example
 * const model = createPromptModel(pool)
 * const beliefs = model.fit(observations, observations.length)
 * const predictions = model.predict(beliefs, [{ candidate: { id: 'new', text: 'Name the label, please.' } }])!
 * populationScores(withPredictions(beliefs, predictions)).means.length // 5
 */
export function withPredictions(beliefs: PromptBeliefs, predictions: readonly DraftPrediction[]): PromptBeliefs {
  const { ability, abilityVariance, outcomes } = beliefs
  const offsets = Array.from(predictions, () => outcomes.offsets.at(-1)!)
  return {
    ...beliefs,
    ability: Float64Array.from([...ability, ...predictions.map(({ mean }) => mean)]),
    abilityVariance: Float64Array.from([...abilityVariance, ...predictions.map(({ variance }) => variance)]),
    outcomes: {
      ...outcomes,
      prompts: outcomes.prompts + predictions.length,
      offsets: Int32Array.from([...outcomes.offsets, ...offsets]),
    },
  }
}
