/**
 * What a study asks for and answers.
 *
 * @module
 */
import type { GenerateAction, Reason, Recommendation } from '../policy/policy.ts'
import type { Candidate } from '../prompt/candidate.ts'
import type { Split } from './events.ts'

/** What the log says of a result beside the result. */
export interface ToldNote {
  /** The texts behind it are kept beside the log. */
  readonly traced?: boolean
}

/** Measure these cells. */
export interface AskedEvaluation {
  readonly kind: 'evaluate'
  readonly id: number
  readonly candidate: Candidate
  /** Index of the candidate in the pool. */
  readonly index: number
  readonly examples: readonly number[]
  readonly repeat: number
  readonly split: Split
  readonly reason?: Reason
}

/** Let a judge compare two candidates on these examples. Tell 1 where the candidate won, 0 where its rival did, or between. */
export interface AskedComparison extends Omit<AskedEvaluation, 'kind'> {
  readonly kind: 'compare'
  readonly rival: { readonly candidate: Candidate; readonly index: number }
}

/** Make new candidates. */
export interface AskedGeneration extends GenerateAction {
  readonly id: number
}

export type AskedAction = AskedEvaluation | AskedComparison | AskedGeneration

/** What the log says of a generation beside its candidates. */
export interface GenerationNote {
  /** How many proposals did not get this far, by reason. */
  readonly rejected?: Readonly<Record<string, number>>
  /** Why it ended early. */
  readonly error?: string
}

/** The answer of {@link Study.next}. */
export type Next =
  | { readonly kind: 'act'; readonly action: AskedAction }
  /** Nothing can be proposed until something pending is told. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'done'; readonly reason: string }

/** What a study recommends, with the candidate itself. */
export interface StudyRecommendation extends Recommendation {
  readonly winner: Candidate
}
