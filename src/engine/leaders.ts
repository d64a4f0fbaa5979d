import { candidateText } from '../prompt/candidate.ts'
import type { StudyState } from '../study/state.ts'

/** Posterior of every candidate, by index. */
interface Beliefs {
  readonly means: ArrayLike<number>
  readonly standardDeviations: ArrayLike<number>
}

/** A prompt near the top of a search. */
export interface Leader {
  readonly id: string
  readonly text: string
  /** Of its estimated score: posterior mean and standard deviation. */
  readonly mean: number
  readonly standardDeviation: number
  /** Times it was measured, failures left out. */
  readonly evaluations: number
  readonly isBaseline: boolean
}

/**
 * The leading prompts of those measured, best first; the baseline last, where it is not among them.
 *
 * @example
 * const action = study.ask()
 * study.tell(action.id, action.examples!.map(() => 1))
 * leadersOf(study.state, study.recommend()!, 3)[0]?.isBaseline // false
 */
export function leadersOf(state: StudyState, { means, standardDeviations }: Beliefs, most: number): Leader[] {
  const { candidates, observations, config } = state
  const evaluations = new Uint32Array(candidates.length)
  for (let k = 0; k < observations.length; k++) {
    if (!Number.isNaN(observations.score(k))) evaluations[observations.candidate(k)]! += observations.count(k)
  }
  const sign = config.direction === 'minimize' ? -1 : 1
  const measured = [...evaluations.keys()].filter((index) => evaluations[index]! > 0 && index < means.length)
  const ranked = measured.sort((a, b) => sign * (means[b]! - means[a]!))
  const baseline = ranked.find((index) => candidates[index]!.id === config.baseline)
  const shown = ranked.slice(0, most)
  if (baseline !== undefined && !shown.includes(baseline)) shown.splice(most - 1, 1, baseline)
  return shown.map((index) => ({
    id: candidates[index]!.id,
    text: candidateText(candidates[index]!),
    mean: means[index]!,
    standardDeviation: standardDeviations[index]!,
    evaluations: evaluations[index]!,
    isBaseline: index === baseline,
  }))
}
