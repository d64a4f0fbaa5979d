import type { Failure } from '../history/failure.ts'
import type { Measurement } from '../history/measurement.ts'
import type { CallRole, CallTrace } from '../history/trace.ts'
import type { Candidate } from '../prompt/candidate.ts'
import type { Split } from '../study/events.ts'
import type { CallCost, Reservation } from '../study/ledger.ts'

/** What one call is for, as far as who makes it knows. */
export interface CallLabel {
  /** @defaultValue 'task' */
  readonly role?: CallRole
  /** Stage of a program. */
  readonly stage?: string
  /** What is asked, as a hash: a call that an earlier process left out is known by it. */
  readonly content?: string
}

export interface CallReservation extends Reservation {
  /** As of any reservation; resolves when that is on the disk. */
  sentIn(batch: string): Promise<void>
  /** It is out, in a batch: it stays open, for a later process to take up. */
  leaveOpen(): void
  /** What the call took, and why it brought no answer: where many in a row bring none, the run pauses. */
  settle(cost: CallCost, failure?: Failure): void
}

/**
 * Reserves the worst case of one call and makes that durable. Waits while only other calls in flight stand in the way.
 * `undefined`: the budget does not allow it, nothing may be sent. A reservation that is neither settled nor released when
 * its work ends is charged in full.
 */
export type Reserve = (worst: CallCost, label?: CallLabel) => Promise<CallReservation | undefined>

/** One cell to be measured, and the gate its calls go through. */
export interface CellRequest {
  /** The action it belongs to, and its place among the cells of it: its name in the study. */
  readonly action: number
  readonly position: number
  readonly candidate: Candidate
  /** Index of the candidate in the pool. */
  readonly index: number
  /** With it the cell is a comparison: the score is 1 where the candidate wins, 0 where the rival does, or between. */
  readonly rival?: Candidate
  /** Index among the examples of the split. */
  readonly example: number
  readonly repeat: number
  readonly split: Split
  readonly signal: AbortSignal
  readonly reserve: Reserve
}

/** A measurement, with the calls behind it in texts. */
export type CellMeasurement = Measurement & { readonly traces?: readonly CallTrace[] }

/**
 * Measures cells. What a model does wrong is a measurement without a score; a throw is a programmer's error and ends the
 * run. What the kind of a failure means to the loop:
 *
 * - `cancelled`: it was not sent, or not wanted any more; the cell stays open.
 * - `budget`, with no call sent: the evaluation is given back.
 * - retryable: the server's fault, not the prompt's; many in a row stop the run. `authentication`, `not-found`: stops it
 *   at once.
 */
export type CellEvaluator = (request: CellRequest) => Promise<CellMeasurement>
