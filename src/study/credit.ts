import { createScoreUnits, timesPowerOfTwo } from '../history/score-unit.ts'
import { fitStageCredit, type PartCredit } from '../surrogate/credit/stage-credit.ts'
import type { StudyState } from './state.ts'

/** Which part of a program scores depend on, and which stage is to blame for what a prompt lacks. */
export interface StudyCredit {
  /** Stages, parameters that belong to none, and what they do together; shares sum to 1. */
  readonly parts: readonly PartCredit[]
  /** By stage: the probability that a new text for it gains most over the candidate the credit is of. */
  readonly blame: Readonly<Record<string, number>>
}

/**
 * Credit by stage, of a study whose prompts are programs; `undefined` where they are not, or fewer than two were measured.
 *
 * @param candidate Index of the prompt whose stages are to blame. @defaultValue the winner, before the end the first
 * @example
 * creditOf(study.state) // undefined: these prompts have no stages
 */
export function creditOf(
  state: StudyState,
  candidate = state.conclusion?.winner.candidate ?? 0,
): StudyCredit | undefined {
  const { stages } = state.config
  if (!stages || state.observations.length === 0) return undefined
  const pool = state.candidates.map((one) => ({ candidate: one }))
  const { history, exponent } = createScoreUnits().of(state.observations)
  const credit = fitStageCredit(pool, history, stages)
  const parts = credit?.parts.map((part) => ({ ...part, deviation: timesPowerOfTwo(part.deviation, exponent) }))
  return credit && parts && { parts, blame: Object.fromEntries(credit.blame(candidate)) }
}
