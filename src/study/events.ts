/**
 * What happened to a study, in order: its log. The state of a study is a fold of these events and nothing else.
 *
 * Every event carries the version of the format it was written in. A released version stays readable for ever; see
 * `test/store/fixtures`.
 *
 * @module
 */

import * as z from 'zod'
import type { Constraint } from '../history/constraint.ts'
import type { Measurements } from '../history/measurement.ts'
import type { Estimand, Fit, GenerateAction, Reason } from '../policy/policy.ts'
import type { LearnedPrior } from '../policy/prior/learned-prior.ts'
import type { Candidate } from '../prompt/candidate.ts'
import type { WrittenTemplate } from '../prompt/template-messages.ts'
import type { Space } from '../space/parameter.ts'
import type { Budget, CallCost, CallPurpose } from './ledger.ts'
import type { Preference } from './preference.ts'
import type { Conclusion } from './verdict.ts'

/**
 * The version of the format that events are written in.
 *
 * @example
 * parseLog(study.serialize()).every(({ v }) => v === EVENT_VERSION) // true
 */
export const EVENT_VERSION = 1

export const directionSchema = z.enum(['maximize', 'minimize'])

export type Direction = z.infer<typeof directionSchema>

/** `search`: the examples policies see. `holdout`: the ones kept aside for the final comparison. */
export type Split = 'search' | 'holdout'

export interface StudyConfig {
  readonly name: string
  readonly direction: Direction
  readonly seed: number
  readonly policy: string
  /** What one evaluation gives. Absent: a score. */
  readonly response?: 'comparison'
  readonly policyOptions?: Readonly<Record<string, unknown>>
  /** The name of the numeric backend: decisions are reproducible per backend. */
  readonly backend: string
  readonly estimand: Estimand
  readonly space: Space
  /** Search examples; 1 for a plain objective function. */
  readonly exampleCount: number
  readonly holdoutCount: number
  /** What makes two studies the same: hashes of task and examples, model, embedder … A resume must agree. */
  readonly fingerprint: Readonly<Record<string, string>>
  /** Id of the candidate to beat. */
  readonly baseline?: string
  /** Of the budget, set aside for the holdout. */
  readonly holdoutEvaluations: number
  /** Calls one evaluation takes when nothing is retried. */
  readonly callsPerEvaluation: number
  /** What a recommended candidate keeps beside its score. */
  readonly constraints?: readonly Constraint[]
  /** Of a program: its stages, each with slots called after it, up to a dot. */
  readonly stages?: readonly string[]
  /** Which of the candidates that cannot be told apart is recommended. @defaultValue 'score': the best expected score */
  readonly prefer?: Preference
  /** What was learned on other tasks. */
  readonly prior?: LearnedPrior
  /** How a prompt becomes what a model is sent, for whoever takes the winner away. Decides nothing. */
  readonly template?: WrittenTemplate
}

interface Versioned {
  readonly v: typeof EVENT_VERSION
}

export interface CreatedEvent extends Versioned {
  readonly type: 'created'
  readonly config: StudyConfig
  readonly budget: Budget
  /** What started it, for people. */
  readonly command?: string
}

/** The user changed the limits. */
export interface BudgetEvent extends Versioned {
  readonly type: 'budget'
  readonly budget: Budget
  /** Of the new budget, set aside for the holdout. Default: as before. */
  readonly holdoutEvaluations?: number
  /** What took it up again, for people. */
  readonly command?: string
}

/** Candidates joined the pool, in this order. */
export interface CandidatesEvent extends Versioned {
  readonly type: 'candidates'
  /** The `generate` action that made them. */
  readonly action?: number
  readonly candidates: readonly Candidate[]
}

/** A policy fitted hyper-parameters; a replay repeats them. */
export interface FitEvent extends Versioned {
  readonly type: 'fit'
  readonly fit: Fit
}

/** A user wants these cells measured next, before those of the policy. */
export interface EnqueuedEvent extends Versioned {
  readonly type: 'enqueued'
  readonly candidate: number
  readonly examples: readonly number[]
}

/** An action was handed out; its evaluations are reserved. */
export interface AskedEvent extends Versioned {
  readonly type: 'asked'
  readonly action: number
  /** `compare`: a judge decides between the candidate and its rival; what is told is 1, 0 or between. */
  readonly kind: 'evaluate' | 'compare'
  readonly candidate: number
  /** Of a `compare`. */
  readonly rival?: number
  readonly examples: readonly number[]
  readonly repeat?: number
  /** Absent: `search`. Called as the first version of the format had it. */
  readonly stage?: Split
  readonly enqueued?: true
  readonly reason?: Reason
  /** The request that asked: one that is repeated gets what it got. */
  readonly request?: string
}

/** A proposer was asked for new candidates. */
export interface AskedToGenerateEvent extends Versioned, GenerateAction {
  readonly type: 'asked'
  readonly action: number
}

/** One result of an action: the cell at `position` of its examples. */
export interface ToldEvent extends Versioned {
  readonly type: 'told'
  readonly action: number
  readonly position: number
  /** In the user's direction; of a `compare` 1 where the candidate won and 0 where its rival did; null when it failed. */
  readonly score: number | null
  /** Why it failed. */
  readonly error?: string
  /** What was measured beside the score: constrained metrics, and those the metric or program names. */
  readonly metrics?: Measurements
  /** The texts behind it are kept beside the log. */
  readonly traced?: true
}

/** One score for all cells of an action together. */
export interface SummarizedEvent extends Versioned {
  readonly type: 'summarised'
  readonly action: number
  readonly mean: number
  readonly standardError: number
  readonly count: number
}

/** A result that was not asked for, and was paid for elsewhere: it costs no budget. */
export interface ObservedEvent extends Versioned {
  readonly type: 'observed'
  readonly candidate: number
  /** With it the score is the outcome of a comparison: 1 where the candidate is the better one, 0 where its rival is. */
  readonly rival?: number
  readonly example: number
  readonly repeat?: number
  readonly score: number | null
  readonly count?: number
  readonly standardError?: number
}

/** A proposer answered. The new candidates are a `candidates` event of their own. */
export interface GeneratedEvent extends Versioned {
  readonly type: 'generated'
  readonly action: number
  /** Indices of the candidates that joined the pool; earlier versions wrote how many of the latest had. */
  readonly added: readonly number[] | number
  /** How many were in the pool already, by text. */
  readonly duplicates?: number
  /** How many were refused, by reason. */
  readonly rejected?: Readonly<Record<string, number>>
  /** Calls it took. */
  readonly calls?: number
  /** Why it ended early. */
  readonly error?: string
}

/** These cells of an action will not be measured; they were never sent. No `positions`: all that are open. */
export interface ReleasedEvent extends Versioned {
  readonly type: 'released'
  readonly action: number
  readonly positions?: readonly number[]
  readonly reason: string
}

/** A call is about to be sent; its worst cost is charged until it is settled. */
export interface ReservedEvent extends Versioned, CallCost {
  readonly type: 'reserved'
  readonly call: number
  /** What it is for; earlier versions did not say. */
  readonly for?: CallPurpose
}

/** A reserved call was sent in a batch of the provider: its answer can be fetched by that name, also after a crash. */
export interface BatchedEvent extends Versioned {
  readonly type: 'batched'
  readonly call: number
  /** As the provider names the batch. */
  readonly batch: string
  /** What was asked, as a hash: whoever asks the same may take it up. */
  readonly content?: string
}

/** A call has come back, failed, or (`lost`) will never be known: then it costs its reservation. */
export interface SettledEvent extends Versioned, CallCost {
  readonly type: 'settled'
  readonly call: number
  readonly lost?: true
  /** It was reserved, but for certain not sent: it costs nothing. */
  readonly unsent?: true
}

/** The best candidate as it was judged at this point; for people, not for policies. */
export interface ProgressEvent extends Versioned {
  readonly type: 'progress'
  readonly evaluations: number
  readonly candidate: number
  readonly mean: number
  readonly interval: readonly [number, number]
}

/** The search is over, or was taken up again after this with a larger budget. */
export interface ConcludedEvent extends Versioned {
  readonly type: 'concluded'
  readonly conclusion: Conclusion
}

/** A failure stopped the search, which can be taken up again: whatever follows says that it was. */
export interface StoppedEvent extends Versioned {
  readonly type: 'stopped'
  readonly reason: string
}

export type StudyEvent =
  | CreatedEvent
  | BudgetEvent
  | CandidatesEvent
  | FitEvent
  | EnqueuedEvent
  | AskedEvent
  | AskedToGenerateEvent
  | ToldEvent
  | SummarizedEvent
  | ObservedEvent
  | GeneratedEvent
  | ReleasedEvent
  | ReservedEvent
  | BatchedEvent
  | SettledEvent
  | ProgressEvent
  | ConcludedEvent
  | StoppedEvent
