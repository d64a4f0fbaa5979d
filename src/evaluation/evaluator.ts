import type { Failure } from '../history/failure.ts'
import type { Measurement } from '../history/measurement.ts'
import type { CallRole, CallTrace } from '../history/trace.ts'
import type { Candidate } from '../prompt/candidate.ts'
import type { Example } from '../prompt/example.ts'
import type { CallTicket, Usage } from './text-model.ts'

/** What one call may cost at most, and what it is for; asked before every single attempt, retries included. */
export interface CallEstimate {
  readonly model: string
  readonly inputTokens: number
  readonly maxOutputTokens: number
  /** 0 for the first attempt of a call. */
  readonly attempt: number
  readonly role: CallRole
  /** Stage of a program. */
  readonly stage?: string
  /** What is asked, as a hash: a call that an earlier process left out in a batch is known by it. */
  readonly content?: string
}

/** What one attempt took, told as soon as it is known. */
export interface CallReport {
  readonly usage: Usage
  /** The answer, without what the model thought before it. */
  readonly text?: string
  readonly failure?: Failure
  readonly milliseconds: number
}

/** The right to send one attempt. */
export interface CallReservation {
  /** It was sent: what it took. Called once, unless released. */
  settle(report: CallReport): void | Promise<void>
  /** It was for certain not sent. */
  release(): void
  /** How it is named to who sends it in a batch. @defaultValue it cannot be taken up again */
  readonly ticket?: CallTicket
  /** It is out, in a batch: it stays open, for a later process to take up. */
  leaveOpen?(): void
}

/**
 * Reserves the worst case of a call before each attempt; cache hits do not ask. `undefined` means it must not be sent:
 * the cell fails with kind `budget`.
 */
export type ReserveCall = (estimate: CallEstimate) => CallReservation | undefined | Promise<CallReservation | undefined>

/** The name of a cell in its study, for those who hand it on: an action, and a place in it. */
export interface CellName {
  readonly action: number
  readonly position: number
}

export interface EvaluationRequest {
  readonly cell?: CellName
  readonly candidate: Candidate
  readonly example: Example
  /** 0 unless sampling is random. */
  readonly repeat: number
  readonly seed: number
  readonly signal?: AbortSignal
  /** @defaultValue every call is allowed */
  readonly reserve?: ReserveCall
}

/** What the measurement of a cell took. */
export interface EvaluationCost {
  readonly usage: Usage
  /** Requests that were sent, failed ones included. */
  readonly calls: number
  /** True when everything came from the response cache. */
  readonly cached: boolean
  readonly milliseconds: number
  /** True when an answer reached its limit of tokens. */
  readonly cut?: boolean
  /** Stages of a program whose answer did. */
  readonly cutStages?: readonly string[]
}

/** A measurement, what it took, and the calls behind it in texts. */
export type Evaluation = Measurement & EvaluationCost & { readonly traces?: readonly CallTrace[] }

/** Measures cells. Safe to call concurrently; `concurrency` says how far that helps. */
export interface Evaluator {
  /** Everything the scores depend on (model identity, template, metric, sampling): two evaluators with one id agree. */
  readonly id: string
  readonly concurrency: number
  /** How many calls its models send together, at most. @defaultValue each is sent alone */
  readonly batch?: number
  /** The `identity` of its model, when there is one model. */
  readonly modelIdentity?: string
  /** False when every repeat of a cell gives the same score, so that measuring it twice is a waste. */
  readonly random: boolean
  /** Worst-case calls and tokens of one cell without retries, for plans and cost estimates. */
  estimate(candidate: Candidate, example: Example): { calls: number; inputTokens: number; outputTokens: number }
  /** Never throws for what a model, a server or a metric does; resolves to a failure instead. */
  evaluate(request: EvaluationRequest): Promise<Evaluation>
  /**
   * Has a judge compare the answers of two candidates: the score is 1 where the candidate won, 0 where its rival did, or
   * between. Only where the metric compares.
   */
  compare?(request: EvaluationRequest & { readonly rival: Candidate }): Promise<Evaluation>
  close(): Promise<void>
}
