import type { Failure } from '../history/failure.ts'
import type { Measurements } from '../history/measurement.ts'
import type { Candidate } from '../space/candidate.ts'
import type { Example } from '../space/example.ts'
import type { Usage } from './text-model.ts'

/** What one call may cost at most; asked before every single attempt, retries included. */
export interface CallEstimate {
  readonly model: string
  readonly inputTokens: number
  readonly maxOutputTokens: number
  /** 0 for the first attempt of a call. */
  readonly attempt: number
}

/** What one attempt cost, told as soon as it is known. */
export interface CallReport {
  readonly model: string
  readonly usage: Usage
  readonly attempt: number
  readonly failure?: Failure
  readonly milliseconds: number
}

export interface EvaluationRequest {
  readonly candidate: Candidate
  readonly example: Example
  /** 0 unless sampling is random. */
  readonly repeat: number
  readonly seed: number
  readonly signal?: AbortSignal
  /**
   * Reserves the worst case of a call. `false` means it must not be sent: the cell fails with kind `budget`.
   * Called before each attempt; cache hits do not ask.
   */
  readonly reserve?: (estimate: CallEstimate) => boolean | Promise<boolean>
  /** Settles a reservation; called exactly once for each granted one. */
  readonly settle?: (report: CallReport) => void | Promise<void>
}

interface EvaluationBase {
  readonly usage: Usage
  /** Requests that were sent, failed ones included. */
  readonly calls: number
  /** True when everything came from the response cache. */
  readonly cached: boolean
  readonly milliseconds: number
  /** What the model said, when it said something. */
  readonly output?: string
}

export type Evaluation =
  | (EvaluationBase & {
      readonly kind: 'score'
      readonly score: number
      /** Tokens, calls and latency of the answers, and whatever the metric or program names. */
      readonly metrics?: Measurements
    })
  | (EvaluationBase & { readonly kind: 'failure'; readonly failure: Failure })

/** Measures cells. Safe to call concurrently; `concurrency` says how far that helps. */
export interface Evaluator {
  /** Everything the scores depend on (model identity, template, metric, sampling): two evaluators with one id agree. */
  readonly id: string
  readonly concurrency: number
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
