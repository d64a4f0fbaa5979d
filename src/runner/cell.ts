import type { Measurements } from '../history/measurement.ts'
import type { Candidate } from '../space/candidate.ts'
import type { Stage } from '../study/events.ts'
import type { CallCost } from '../study/ledger.ts'

/** One cell to be measured, and the gate its calls go through. */
export interface CellRequest {
  readonly candidate: Candidate
  /** Index of the candidate in the pool. */
  readonly index: number
  /** With it the cell is a duel: the score is 1 where the candidate wins, 0 where the rival does, or between. */
  readonly rival?: Candidate
  /** Index among the examples of the stage. */
  readonly example: number
  readonly repeat: number
  readonly stage: Stage
  readonly signal: AbortSignal
  /**
   * Reserves the worst case of one call and makes that durable. Waits while only other calls in flight stand in the
   * way. `undefined`: the budget does not allow it, nothing may be sent.
   */
  reserve(worst: CallCost): Promise<number | undefined>
  /** Settles a reservation. */
  settle(call: number, cost: CallCost): void
}

export type CellResult =
  | { readonly kind: 'score'; readonly score: number; readonly metrics?: Measurements }
  | {
      readonly kind: 'failure'
      readonly message: string
      /** `transient`: the server's fault, not the prompt's; many in a row stop the run. `fatal`: stops it at once. */
      readonly blame?: 'transient' | 'fatal'
    }
  /** It was not sent, or not wanted any more: the cell stays open. */
  | { readonly kind: 'cancelled' }
  /** Nothing was sent, because the budget does not allow it: the evaluation is given back. */
  | { readonly kind: 'unaffordable' }

/** Measures cells. What a model does wrong is a result; a throw is a programmer's error and ends the run. */
export type CellEvaluator = (request: CellRequest) => Promise<CellResult>
