/**
 * How well the score of a draft is predicted before it is measured. Every prompt of a stream is predicted from all
 * outcomes of those before it.
 *
 * @module
 */

import { createObservationLog } from '../../history/observation-log.ts'
import { normalQuantile } from '../../numerics/special/normal-quantile.ts'
import { rankCorrelation } from '../../numerics/special/rank-correlation.ts'
import type { PoolEntry } from '../../prompt/candidate.ts'
import { measuredExamples, outcomeOf, type Stream } from '../../recording/stream.ts'
import { createDraftPredictor } from '../../surrogate/prompt/draft-model.ts'
import { WITHOUT_TEXT } from '../../surrogate/prompt/hyperparameters.ts'
import { predictiveMean } from '../../surrogate/prompt/predictive-mean.ts'
import { createPromptModel } from '../../surrogate/prompt/prompt-model.ts'

/** Predictions begin when so many prompts have been measured. */
const EARLIER_PROMPTS = 30
const LEVEL = 0.9

export interface StreamPredictions {
  /** Spearman's, of predicted and measured scores freed of the easiness of the examples; null where there are too few. */
  readonly rankCorrelation: number | null
  /** Share of measured scores inside the 90% predictive interval. */
  readonly coverage: number | null
}

/** Weights of kernels are fitted again after so many prompts. */
const FITTED_EVERY = 10

export function predictStream(stream: Stream, entries: readonly PoolEntry[]): StreamPredictions {
  const observations = createObservationLog()
  const ability = abilitiesOf(stream)
  const predictor = createDraftPredictor()
  const predicted: number[] = []
  const measured: number[] = []
  let parameters: Float64Array | undefined
  let inside = 0
  stream.prompts.forEach((_, prompt) => {
    const examples = measuredExamples(stream, prompt)
    if (prompt >= EARLIER_PROMPTS && examples.length > 0) {
      const pool = entries.slice(0, prompt)
      const beliefs = createPromptModel(pool, { grid: WITHOUT_TEXT }).fit(observations, observations.length)
      const again = (prompt - EARLIER_PROMPTS) % FITTED_EVERY === 0
      const model = predictor.fit(pool, beliefs, again ? undefined : parameters)
      parameters = model?.parameters
      const draft = model?.predict(entries[prompt]!)
      if (draft) {
        const { mean, standardDeviation } = predictiveMean(beliefs, draft.mean, draft.variance, examples)
        predicted.push(draft.mean)
        measured.push(ability[prompt]!)
        const score = examples.reduce((sum, example) => sum + outcomeOf(stream, prompt, example), 0) / examples.length
        const reach = normalQuantile(0.5 + LEVEL / 2) * standardDeviation
        // Scores come in steps of one outcome.
        if (Math.abs(score - mean) <= reach + 0.5 / examples.length) inside++
      }
    }
    for (const example of examples) {
      observations.append({ candidate: prompt, example, repeat: 0, score: outcomeOf(stream, prompt, example) })
    }
  })
  return {
    rankCorrelation: rankCorrelation(predicted, measured),
    coverage: predicted.length > 0 ? inside / predicted.length : null,
  }
}

const ROUNDS = 50

/**
 * Effects of prompts in the additive model score = a_i + b_e, by alternating least squares. Prompts are measured on
 * different examples, and some of those are easier. One more outcome of the mean keeps b of rarely measured examples
 * small.
 */
function abilitiesOf(stream: Stream): Float64Array {
  const examples = stream.prompts.map((_, prompt) => measuredExamples(stream, prompt))
  const easiness = new Float64Array(stream.examples)
  const ability = new Float64Array(stream.prompts.length)
  for (let round = 0; round < ROUNDS; round++) {
    const sums = new Float64Array(stream.examples)
    const counts = new Float64Array(stream.examples).fill(1)
    examples.forEach((measured, prompt) => {
      let sum = 0
      for (const example of measured) sum += outcomeOf(stream, prompt, example) - easiness[example]!
      ability[prompt] = sum / measured.length
      for (const example of measured) {
        sums[example]! += outcomeOf(stream, prompt, example) - ability[prompt]!
        counts[example]!++
      }
    })
    for (let example = 0; example < easiness.length; example++) easiness[example] = sums[example]! / counts[example]!
  }
  return ability
}
