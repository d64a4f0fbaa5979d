/**
 * What a study expects of texts, measured or not.
 *
 * @module
 */

import * as z from 'zod'
import { logExpectedImprovement } from '../acquisition/log-expected-improvement.ts'
import { checkInput, showValue } from '../check-input.ts'
import { InvalidArgumentError } from '../errors.ts'
import { type Candidate, candidateText, contentKey, isBlank, type PoolEntry } from '../prompt/candidate.ts'
import { withPredictions } from '../surrogate/prompt/predicted-beliefs.ts'
import { createPromptModel, type PromptBeliefs, type PromptModel } from '../surrogate/prompt/prompt-model.ts'
import { populationScores } from '../surrogate/prompt/prompt-scores.ts'
import { setScores } from '../surrogate/prompt/set-scores.ts'
import type { ProposedCandidate } from './new-candidates.ts'
import type { StudyState } from './state.ts'

/** What is expected of the score of a text, in the units and the direction of the scores told. */
export interface TextPosterior {
  readonly text: string
  /** Its place in the texts that were given. */
  readonly index: number
  readonly mean: number
  readonly standardDeviation: number
  /** Index of the candidate of the pool that reads the same. */
  readonly candidate?: number
  /** Cells of it that were measured; 0 where the text alone speaks. */
  readonly measured: number
}

/** A text and how much trying it is worth. */
export interface TextProspect extends TextPosterior {
  /** By how much it is expected to be better than the best measured candidate, worse counted as 0; in units of the scores. */
  readonly expectedImprovement: number
}

export interface TextPredictor {
  /** See `Study.posterior`. */
  posterior(texts: readonly (string | ProposedCandidate)[]): TextPosterior[] | undefined
  /** See `Study.rank`. */
  rank(texts: readonly (string | ProposedCandidate)[]): TextProspect[] | undefined
}

const textsSchema = z.array(z.unknown())

/**
 * The prompt model of a study's pool, whatever its policy: fitted when asked, and kept until something is told or added.
 *
 * @param entryOf Makes an entry of a candidate, with its embedding where that is known.
 */
export function createTextPredictor(
  state: StudyState,
  pool: readonly PoolEntry[],
  entryOf: (candidate: Candidate, embedding?: Float64Array) => PoolEntry,
): TextPredictor {
  let kept: Fit | undefined

  const fit = (): Fit => {
    const { observations } = state
    if (kept?.pool.length === pool.length && kept.told === observations.length) return kept
    const model = kept?.pool.length === pool.length ? kept.model : createPromptModel(pool.slice())
    kept = { pool: pool.slice(), told: observations.length, model, beliefs: fitted(model, state) }
    return kept
  }

  function predict(given: readonly (string | ProposedCandidate)[]) {
    checkInput<unknown>(textsSchema, given, 'texts')
    if (state.duels.length > 0 || state.config.policy === 'duels') {
      throw new InvalidArgumentError('this study compares prompts in duels; expected one whose prompts are scored', {
        remedy: 'Ask for its recommendation instead.',
      })
    }
    const read = given.map((item, index) => readText(item, index, state, entryOf))
    if (!state.hasScore || state.observations.length === 0) return undefined
    const { model, beliefs } = fit()
    const { offsets } = beliefs.outcomes
    const measured = (candidate: number) => offsets[candidate + 1]! - offsets[candidate]!
    // A prompt of the pool that nobody measured is told by its text, as one outside it.
    const unmeasured = read.filter(({ candidate }) => candidate === undefined || measured(candidate) === 0)
    const entries = unmeasured.map(({ entry, candidate }) => (candidate === undefined ? entry : pool[candidate]!))
    const predicted = withPredictions(beliefs, model.predict(beliefs, entries) ?? withoutModel(pool, state, entries))
    const { config } = state
    const scores = config.estimand === 'set' ? setScores(predicted, config.exampleCount) : populationScores(predicted)
    const places = new Map(unmeasured.map((text, k) => [text, pool.length + k]))
    const texts = read.map((text, index) => {
      const { candidate, entry } = text
      const place = places.get(text) ?? candidate!
      const [mean, standardDeviation] = [scores.means[place]!, scores.standardDeviations[place]!]
      // Which examples were measured moves every prompt alike, and none ahead of another.
      const own = Math.sqrt(Math.max(0, standardDeviation ** 2 - (scores.sampling?.[place] ?? 0) ** 2))
      const posterior: TextPosterior = {
        text: candidateText(entry.candidate),
        index,
        mean: state.turned(mean),
        standardDeviation,
        ...(candidate === undefined ? {} : { candidate }),
        measured: candidate === undefined ? 0 : measured(candidate),
      }
      return { posterior, mean, own }
    })
    let incumbent = Number.NEGATIVE_INFINITY
    for (let i = 0; i < pool.length; i++) if (measured(i) > 0) incumbent = Math.max(incumbent, scores.means[i]!)
    return { texts, incumbent }
  }

  return {
    posterior: (given) => predict(given)?.texts.map(({ posterior }) => posterior),
    rank(given) {
      const predicted = predict(given)
      if (!predicted) return undefined
      const improvement = logExpectedImprovement(predicted.incumbent)
      return predicted.texts
        .map(({ posterior, mean, own }) => ({ posterior, value: improvement.evaluate(mean, own).value }))
        .sort((a, b) => (a.value === b.value ? a.posterior.index - b.posterior.index : b.value - a.value))
        .map(({ posterior, value }) => ({ ...posterior, expectedImprovement: Math.exp(value) }))
    },
  }
}

interface Fit {
  readonly pool: readonly PoolEntry[]
  readonly told: number
  readonly model: PromptModel
  readonly beliefs: PromptBeliefs
}

/** By the evidence that a recommendation is weighed by, so that the two say the same. */
function fitted(model: PromptModel, { observations }: StudyState): PromptBeliefs {
  return model.fit(observations, observations.length, 'likelihood')
}

/** Where too few prompts were measured to learn what texts tell: what the pool's model says of prompts that join it. */
function withoutModel(pool: readonly PoolEntry[], state: StudyState, entries: readonly PoolEntry[]) {
  const { ability, abilityVariance } = fitted(createPromptModel([...pool, ...entries]), state)
  return entries.map((_, k) => ({ mean: ability[pool.length + k]!, variance: abilityVariance[pool.length + k]! }))
}

function readText(
  item: string | ProposedCandidate,
  index: number,
  { config, candidates, indexById, indexByContent }: StudyState,
  entryOf: (candidate: Candidate, embedding?: Float64Array) => PoolEntry,
): { readonly entry: PoolEntry; readonly candidate: number | undefined } {
  if (typeof item !== 'string' && (typeof item !== 'object' || item === null)) {
    throw new InvalidArgumentError(`texts[${index}] is ${showValue(item)}; expected a text, or { text } or { slots }`)
  }
  const { embedding, ...content } = typeof item === 'string' ? { text: item } : item
  // As a proposer's: a text without parameters has those of the baseline.
  const parameters = content.parameters ?? candidates[indexById.get(config.baseline ?? '') ?? -1]?.parameters
  const origin = { by: 'proposer' } as const
  const given: Candidate = { id: `texts[${index}]`, origin, ...content, ...(parameters ? { parameters } : {}) }
  if (isBlank(given) || (given.text === undefined && given.slots === undefined)) {
    throw new InvalidArgumentError(`texts[${index}] is empty; expected a text`)
  }
  return { entry: entryOf(given, embedding), candidate: indexByContent.get(contentKey(given)) }
}
