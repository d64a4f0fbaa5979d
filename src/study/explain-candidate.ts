/**
 * What speaks for a candidate: its own outcomes, what its text alone says, and its neighbors.
 *
 * @module
 */
import { viewFactories } from '../features/views.ts'
import { createObservationLog, type ObservationHistory } from '../history/observation-log.ts'
import type { Candidate, PoolEntry } from '../prompt/candidate.ts'
import { checkIndex } from './checks.ts'
import type { StudyState } from './state.ts'
import type { Judge, TextPosterior } from './text-posterior.ts'

/** What speaks for a candidate: its own outcomes, and what prompts that read alike reached. */
export interface CandidateExplanation {
  readonly candidate: Candidate
  /** All that is known of it together. */
  readonly posterior: TextPosterior
  /** What its text alone says, its own outcomes left out; `undefined` where nothing else was scored. */
  readonly byText?: TextPosterior
  /** What its own outcomes alone say: how many have a score, and their mean; no mean without any. */
  readonly own: { readonly scored: number; readonly mean?: number }
  /** Measured candidates that read most like it, nearest first: cosine of character n-grams, and posterior mean. */
  readonly nearest: readonly { readonly candidate: Candidate; readonly similarity: number; readonly mean: number }[]
}

/** How many neighbors an explanation names. */
const NEAREST = 3

interface ExplanationSources {
  readonly state: StudyState
  readonly pool: readonly PoolEntry[]
  readonly judge: Judge
  readonly judgeBy: (observations: ObservationHistory) => Judge
}

const characters = viewFactories.characters()

/**
 * @param judge What is expected of entries by all that was told.
 * @param judgeBy The same by other observations.
 */
export function explainCandidate(
  index: number,
  { state, pool, judge, judgeBy }: ExplanationSources,
): CandidateExplanation | undefined {
  checkIndex(index, pool.length)
  const asked = [{ entry: pool[index]!, candidate: index }]
  const known = judge(asked)
  if (!known) return undefined
  const { scores, others } = apart(state.observations, index)
  const [byText] = judgeBy(others)(asked)?.texts ?? []
  const places = Array.from({ length: others.length }, (_, k) => k).filter((k) => !Number.isNaN(others.score(k)))
  const neighbors = [...new Set(places.map((k) => others.candidate(k)))]
  const distances = characters.distancesFrom(pool)(
    pool[index]!,
    neighbors.map((i) => pool[i]!),
  )
  const nearest = neighbors
    .map((i, k) => ({ index: i, similarity: 1 - distances[k]! / 2 }))
    .filter(({ similarity }) => similarity > 0)
    .sort((a, b) => b.similarity - a.similarity || a.index - b.index)
    .slice(0, NEAREST)
  const means = judge(nearest.map(({ index }) => ({ entry: pool[index]!, candidate: index })))!.texts
  return {
    candidate: pool[index]!.candidate,
    posterior: known.texts[0]!.posterior,
    ...(byText ? { byText: byText.posterior } : {}),
    own: { scored: scores.length, ...(scores.length > 0 ? { mean: state.turned(meanOf(scores)) } : {}) },
    nearest: nearest.map(({ index, similarity }, k) => ({
      candidate: pool[index]!.candidate,
      similarity,
      mean: means[k]!.posterior.mean,
    })),
  }
}

/** Also of scores whose sum no number can hold. */
function meanOf(scores: readonly number[]): number {
  const sum = scores.reduce((total, score) => total + score, 0)
  return Number.isFinite(sum) ? sum / scores.length : scores.reduce((mean, score) => mean + score / scores.length, 0)
}

/** Scores of a candidate, and a history of all others. */
function apart(observations: ObservationHistory, index: number) {
  const scores: number[] = []
  const others = createObservationLog()
  for (let k = 0; k < observations.length; k++) {
    const [candidate, score, standardError] = [
      observations.candidate(k),
      observations.score(k),
      observations.standardError(k),
    ]
    const count = observations.count(k)
    if (candidate !== index) {
      others.append({
        candidate,
        example: observations.example(k),
        repeat: observations.repeat(k),
        score: Number.isNaN(score) ? null : score,
        count,
        ...(Number.isNaN(standardError) ? {} : { standardError }),
      })
    } else if (!Number.isNaN(score)) for (let cell = 0; cell < count; cell++) scores.push(score)
  }
  return { scores, others }
}
