/**
 * The one interface behind every way of choosing what to measure next: prompt policies and numeric samplers alike.
 *
 * A policy is a pure function of its context (seed, space, budget …) and the state it is shown. It may remember what it
 * computed for a prefix of the history, but a fresh instance shown the same state must decide the same.
 *
 * @module
 */

import type { Comparison, PendingComparison } from '../history/comparison.ts'
import type { ObservationHistory } from '../history/observation-log.ts'
import type { Backend } from '../numerics/linalg/backend.ts'
import type { Candidate, PoolEntry } from '../prompt/candidate.ts'
import type { Space } from '../space/parameter.ts'
import type { LearnedPrior } from './prior/learned-prior.ts'

/** What "best" means: expected score on examples like these, or the mean over exactly these examples. */
export type Estimand = 'population' | 'set'

export interface PolicyContext {
  readonly seed: number
  /** Numeric and categorical parameters; empty for a pure prompt search. */
  readonly space: Space
  /** How many examples there are; 1 for a plain objective function. */
  readonly exampleCount: number
  /** The whole budget of the run in evaluations (cells); `Infinity` when unlimited. */
  readonly evaluationBudget: number
  readonly estimand: Estimand
  /** The numeric backend, created at the edge. */
  readonly backend: Backend
  /** What a score of 1 stands for; a power of two, other than 1 where scores are beyond 1e38. @defaultValue 1 */
  readonly scoreUnit?: number
  /** Index of the baseline prompt in the pool, when there is one. */
  readonly baseline?: number
  /** Policy-specific settings, already validated by the policy's own schema. */
  readonly options?: Readonly<Record<string, unknown>>
  /** Earlier studies or tables to learn from. */
  readonly priors?: readonly PriorHistory[]
  /** What was learned across tasks. */
  readonly prior?: LearnedPrior
  /** What `generate` actions may ask. @defaultValue none: the pool is all there is */
  readonly proposers?: readonly ProposerInfo[]
  /** Stages of a program, each with slots called after it, up to a dot. @defaultValue prompts have no stages */
  readonly stages?: readonly string[]
  /** @defaultValue every stage runs for every candidate, and which is scored is unknown */
  readonly program?: ProgramInfo
}

/** What a policy is told of a program beside the names of its stages. */
export interface ProgramInfo {
  /** Stages whose answer is scored: of these alone the examples tell what they should answer. */
  readonly scored: readonly string[]
  /** Stages that may run for a candidate: a new text for another one changes nothing. */
  runs(candidate: Candidate): readonly string[]
}

/** A proposer as policies see it. */
export interface ProposerInfo {
  readonly name: string
  /** The proposers it stands for, by name: what they brought in earlier studies tells of this one. @defaultValue none */
  readonly members?: readonly string[]
  /** Calls that `count` candidates take at most, retries aside; 0 for a proposer that asks no model. */
  calls(count: number): number
  /** What they cost, in evaluations: an answer that holds prompts is longer than a label. @defaultValue {@link calls} */
  cost?(count: number): number
}

/** A `generate` action that is over. */
export interface Generation {
  readonly action: number
  readonly proposer: string
  readonly parents: readonly number[]
  /** Indices of the candidates that joined the pool. */
  readonly added: readonly number[]
  /** How many were in the pool already, by text. */
  readonly duplicates: number
  /** How many were refused, by reason. */
  readonly rejected: Readonly<Record<string, number>>
  /** Calls it took. */
  readonly calls: number
  /** Why it ended early. */
  readonly error?: string
}

/** An earlier study or a table, given to a policy as a warm start. */
export interface PriorHistory {
  readonly name: string
  readonly pool: readonly PoolEntry[]
  readonly observations: ObservationHistory
  readonly exampleCount: number
}

/** A cell that has been asked for and not told yet. */
export interface PendingCell {
  readonly candidate: number
  readonly example: number
  readonly repeat: number
}

export interface PolicyState {
  /** Append-only: an index keeps its meaning for the life of a study. */
  readonly pool: readonly PoolEntry[]
  readonly observations: ObservationHistory
  readonly pending: readonly PendingCell[]
  /** Evaluations that are neither spent nor reserved. */
  readonly evaluationsLeft: number
  /** Hyper-parameters fitted earlier in this study, oldest first, so that a replay repeats them. */
  readonly fits: readonly Fit[]
  /** Candidates that are not worth another evaluation, because they break a constraint. A policy may use it. */
  readonly excluded?: ReadonlySet<number>
  /** Comparisons told so far, oldest first. */
  readonly comparisons?: readonly Comparison[]
  readonly pendingComparisons?: readonly PendingComparison[]
  /** Calls that proposers may still make: what the budget has left beside pending cells and the holdout's share. */
  readonly callsLeft?: number
  /** Generations that are over, oldest first. */
  readonly generations?: readonly Generation[]
  /** Generations that are asked for and not over. */
  readonly pendingGenerations?: number
}

/** Hyper-parameters a policy fitted after a number of observations. */
export interface Fit {
  readonly observations: number
  readonly hyperparameters: Readonly<Record<string, number | readonly number[]>>
}

/** Why an action was proposed, for people. */
export interface Reason {
  readonly summary: string
  /** Expected gain in score of the recommended candidate, per evaluation; of a search that writes prompts, per call. */
  readonly expectedGain?: number
}

/** Measure a candidate on examples. A candidate that is not in the pool yet joins it when the action is asked. */
export interface EvaluateAction {
  readonly kind: 'evaluate'
  readonly candidate: number | Candidate
  readonly examples: readonly number[]
  readonly repeat?: number
  readonly reason?: Reason
}

/** Make new candidates. */
export interface GenerateAction {
  readonly kind: 'generate'
  readonly proposer: string
  /** Indices in the pool of the candidates to work from. */
  readonly parents: readonly number[]
  /** Indices of the search examples to learn from. @defaultValue the proposer chooses */
  readonly examples?: readonly number[]
  /** The slot to rewrite, or the stage whose slots these are. @defaultValue the proposer chooses */
  readonly slot?: string
  /** How many candidates are wanted. */
  readonly count: number
  readonly reason?: Reason
}

/** Let a judge decide between two candidates on examples. */
export interface CompareAction {
  readonly kind: 'compare'
  readonly candidates: readonly [number, number]
  readonly examples: readonly number[]
  readonly reason?: Reason
}

export type Action = EvaluateAction | GenerateAction | CompareAction

export type Decision =
  | { readonly kind: 'act'; readonly action: Action; readonly fit?: Fit }
  /** Nothing to propose now, but a pending cell may change that, told or given back. Only while something is pending. */
  | { readonly kind: 'wait' }
  /** Nothing will be proposed any more, whatever is told. A policy that merely ran out of cells waits for pending ones. */
  | { readonly kind: 'done'; readonly reason: string }

export { INTERVAL_LEVEL, INTERVAL_QUANTILE } from '../surrogate/interval-level.ts'

export interface Recommendation {
  /** Index into the pool. */
  readonly candidate: number
  /** Posterior mean of the estimand. */
  readonly mean: number
  /** Credible interval at {@link level}, allowing for the candidate having been selected as the best of many. */
  readonly interval: readonly [number, number]
  readonly level: number
  readonly probabilityBest: number
  /** Expected improvement of the recommended candidate's true mean from 100 further evaluations. */
  readonly expectedGainOf100: number
  /** Posterior of every candidate in the pool, by index. */
  readonly means: Float64Array
  readonly standardDeviations: Float64Array
  /**
   * What candidates share of the standard deviations, where the posterior is a joint one that shrinks toward the pool
   * and so allows for selection. Only then is a difference of two means evidence beside a holdout.
   */
  readonly shared?: SharedDeviations
}

/** Loadings of standard normal variables that several candidates share: one row of `rank` numbers per candidate. */
export interface SharedDeviations {
  readonly rank: number
  readonly values: Float64Array
}

export interface Policy {
  readonly name: string
  /**
   * The next action. Must not exceed `state.evaluationsLeft`, and must not repeat an observed or pending cell.
   */
  next(state: PolicyState): Decision
  /** `undefined` before anything has been observed. */
  recommend(state: PolicyState): Recommendation | undefined
}

export type PolicyFactory = (context: PolicyContext) => Policy
