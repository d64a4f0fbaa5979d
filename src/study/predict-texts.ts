/**
 * What a study expects of texts, measured or not.
 *
 * @module
 */

import * as z from 'zod'
import { logExpectedImprovement } from '../acquisition/log-expected-improvement.ts'
import { checkInput, showValue } from '../check-input.ts'
import { InvalidArgumentError } from '../errors.ts'
import type { ObservationHistory } from '../history/observation-log.ts'
import { createScoreUnits, timesPowerOfTwo } from '../history/score-unit.ts'
import { type Candidate, candidateText, contentKey, isBlank, type PoolEntry } from '../prompt/candidate.ts'
import { candidateSchema } from '../prompt/candidate-schema.ts'
import { createDraftPredictor } from '../surrogate/prompt/draft-model.ts'
import { withPredictions } from '../surrogate/prompt/predicted-beliefs.ts'
import { createPromptModel, type PromptBeliefs, type PromptModel } from '../surrogate/prompt/prompt-model.ts'
import { populationScores } from '../surrogate/prompt/prompt-scores.ts'
import type { ScoreMoments } from '../surrogate/prompt/score-moments.ts'
import { setScores } from '../surrogate/prompt/set-scores.ts'
import { type CandidateExplanation, explainCandidate } from './explain-candidate.ts'
import type { ProposedCandidate } from './new-candidates.ts'
import type { StudyState } from './state.ts'
import type { Judge, ReadText, TextPosterior, TextProspect } from './text-posterior.ts'

export interface TextPredictor {
  /** See `Study.posterior`. */
  posterior(texts: readonly (string | ProposedCandidate)[]): TextPosterior[] | undefined
  /** See `Study.rank`. */
  rank(texts: readonly (string | ProposedCandidate)[]): TextProspect[] | undefined
  /** See `Study.explain`. */
  explain(candidate: number): CandidateExplanation | undefined
}

/** Texts outside the pool that are kept. */
const MOST_KEPT = 2_000

const textsSchema = z.array(z.unknown())

/**
 * The prompt model of a study's pool, whatever its policy: fitted when asked, and kept until something is told or added.
 *
 * @param entryOf Makes an entry of a candidate, with its embedding where that is known.
 * @param observations What it learns from; by default all that the study was told.
 */
export function createTextPredictor(
  state: StudyState,
  pool: readonly PoolEntry[],
  entryOf: (candidate: Candidate, embedding?: Float64Array) => PoolEntry,
  observations: ObservationHistory = state.observations,
): TextPredictor & { readonly judge: Judge } {
  let kept: Fit | undefined
  /** Entries of texts outside the pool, the latest last: what is computed of a text is kept with its entry. */
  const entries = new Map<string, PoolEntry>()
  const units = createScoreUnits()
  const drafts = createDraftPredictor()

  const fit = (): Fit => {
    if (kept?.pool.length === pool.length && kept.told === observations.length) return kept
    const model = kept?.pool.length === pool.length ? kept.model : createPromptModel(pool.slice(), { drafts })
    const { history, exponent } = units.of(observations)
    const beliefs = fitted(model, history)
    const { estimand, exampleCount } = state.config
    const scoresOf = (predicted: PromptBeliefs, known?: ScoreMoments) =>
      estimand === 'set' ? setScores(predicted, exampleCount, known) : populationScores(predicted, known)
    const ofPool = scoresOf(beliefs)
    kept = {
      pool: pool.slice(),
      told: observations.length,
      model,
      beliefs,
      scoresOf: (predicted) => scoresOf(predicted, ofPool),
      history,
      exponent,
    }
    return kept
  }

  function predict(given: readonly (string | ProposedCandidate)[]) {
    checkInput<unknown>(textsSchema, given, 'texts')
    return judge(given.map((item, index) => readText(item, index, state, keptEntryOf)))
  }

  function keptEntryOf(candidate: Candidate, embedding?: Float64Array): PoolEntry {
    if (embedding) return entryOf(candidate, embedding)
    const key = JSON.stringify([candidate.text, candidate.slots, candidate.parameters])
    const entry = entries.get(key) ?? entryOf(candidate)
    entries.delete(key)
    entries.set(key, entry)
    if (entries.size > MOST_KEPT) entries.delete(entries.keys().next().value!)
    return entry
  }

  const judgeBy = (other: ObservationHistory) => createTextPredictor(state, pool, entryOf, other).judge

  const judge: Judge = (read) => {
    if (state.config.response === 'comparison') {
      throw new InvalidArgumentError(
        'the response of this study is comparison; expected one whose prompts are scored',
        {
          remedy: 'Ask for its recommendation instead.',
        },
      )
    }
    if (!state.hasScore || !hasScore(observations)) return undefined
    const { model, beliefs, scoresOf, history, exponent } = fit()
    const ownUnits = (x: number) => timesPowerOfTwo(x, exponent)
    const { offsets } = beliefs.outcomes
    const measured = (candidate: number) => offsets[candidate + 1]! - offsets[candidate]!
    // A prompt of the pool that was not measured is predicted from its text, as one outside it.
    const unmeasured = read.filter(({ candidate }) => candidate === undefined || measured(candidate) === 0)
    const entries = unmeasured.map(({ entry, candidate }) => (candidate === undefined ? entry : pool[candidate]!))
    const predicted = withPredictions(beliefs, model.predict(beliefs, entries) ?? withoutModel(pool, history, entries))
    const scores = scoresOf(predicted)
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
        mean: state.turned(ownUnits(mean)),
        standardDeviation: ownUnits(standardDeviation),
        ...(candidate === undefined ? {} : { candidate }),
        measured: candidate === undefined ? 0 : measured(candidate),
      }
      return { posterior, mean, own }
    })
    let incumbent = Number.NEGATIVE_INFINITY
    for (let i = 0; i < pool.length; i++) if (measured(i) > 0) incumbent = Math.max(incumbent, scores.means[i]!)
    return { texts, incumbent, ownUnits }
  }

  return {
    judge,
    explain: (index) => explainCandidate(index, { state, pool, judge, judgeBy }),
    posterior: (given) => predict(given)?.texts.map(({ posterior }) => posterior),
    rank(given) {
      const predicted = predict(given)
      if (!predicted) return undefined
      const improvement = logExpectedImprovement(predicted.incumbent)
      return predicted.texts
        .map(({ posterior, mean, own }) => ({ posterior, value: improvement.evaluate(mean, own).value }))
        .sort((a, b) => (a.value === b.value ? a.posterior.index - b.posterior.index : b.value - a.value))
        .map(({ posterior, value }) => ({ ...posterior, expectedImprovement: predicted.ownUnits(Math.exp(value)) }))
    },
  }
}

interface Fit {
  readonly pool: readonly PoolEntry[]
  readonly told: number
  readonly model: PromptModel
  readonly beliefs: PromptBeliefs
  /** Scores of the pool and of texts that were predicted by these beliefs. */
  readonly scoresOf: (predicted: PromptBeliefs) => ScoreMoments
  /** What was told, in a unit that suits it. */
  readonly history: ObservationHistory
  readonly exponent: number
}

/** By the evidence that a recommendation is weighed by, so that the two say the same. */
function fitted(model: PromptModel, observations: ObservationHistory): PromptBeliefs {
  return model.fit(observations, observations.length, 'likelihood')
}

/** Where too few prompts were measured to learn what texts tell: what the pool's model says of prompts that join it. */
function withoutModel(pool: readonly PoolEntry[], observations: ObservationHistory, entries: readonly PoolEntry[]) {
  const { ability, abilityVariance } = fitted(createPromptModel([...pool, ...entries]), observations)
  return entries.map((_, k) => ({ mean: ability[pool.length + k]!, variance: abilityVariance[pool.length + k]! }))
}

function readText(
  item: string | ProposedCandidate,
  index: number,
  { config, candidates, indexById, indexByContent }: StudyState,
  entryOf: (candidate: Candidate, embedding?: Float64Array) => PoolEntry,
): ReadText {
  if (typeof item !== 'string' && (typeof item !== 'object' || item === null)) {
    throw new InvalidArgumentError(`texts[${index}] is ${showValue(item)}; expected a text, or { text } or { slots }`)
  }
  const { embedding, ...content } = typeof item === 'string' ? { text: item } : item
  checkInput<unknown>(candidateSchema, content, `texts[${index}]`)
  // As a proposer's: a text without parameters has those of the baseline.
  const parameters = content.parameters ?? candidates[indexById.get(config.baseline ?? '') ?? -1]?.parameters
  const origin = { by: 'proposer' } as const
  const given: Candidate = { id: `texts[${index}]`, origin, ...content, ...(parameters ? { parameters } : {}) }
  if (isBlank(given) || (given.text === undefined && given.slots === undefined)) {
    throw new InvalidArgumentError(`texts[${index}] is empty; expected a text`)
  }
  return { entry: entryOf(given, embedding), candidate: indexByContent.get(contentKey(given)) }
}

function hasScore(observations: ObservationHistory): boolean {
  for (let k = 0; k < observations.length; k++) if (!Number.isNaN(observations.score(k))) return true
  return false
}
