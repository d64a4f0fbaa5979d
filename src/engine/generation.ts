/**
 * How new candidates come about. A `generate` action is given to what makes candidates, together with the gate of its
 * calls and the answers it has paid for already.
 *
 * @module
 */
import type { Failure } from '../history/failure.ts'
import type { CallTrace, TraceRecord } from '../history/trace.ts'
import type { CallCost, Reservation } from '../study/ledger.ts'
import type { ProposedCandidate } from '../study/new-candidates.ts'
import type { AskedGeneration } from '../study/study.ts'
import type { CallGate } from './call-gate.ts'
import type { CallLabel } from './cell.ts'
import type { Journal } from './journal.ts'

/** A reservation whose answer outlives the process. */
export interface GenerationReservation extends Reservation {
  /**
   * What the call took and what came back. Wait for it before the answer is used: it resolves when both are durable, in
   * one append.
   */
  settle(cost: CallCost, answer?: CallTrace): Promise<void>
}

/** What identifies a question to a model. */
export type Question = Pick<CallTrace, 'model' | 'system' | 'prompt'>

export interface GenerationRequest {
  readonly action: AskedGeneration
  readonly signal: AbortSignal
  /** Reserves one call, as that of a proposer; `undefined`: the budget does not allow it. */
  reserve(worst: CallCost, label?: CallLabel): Promise<GenerationReservation | undefined>
  /**
   * An answer to this question that was paid for before the generation was interrupted. Each is given once, oldest
   * first, so that a question asked three times finds three answers. What was told in between may have changed what the
   * question shows: one that ends in the same line asks for the same, and its answer is taken.
   */
  recall(question: Question): CallTrace | undefined
}

export interface GenerationOutcome {
  readonly candidates: readonly ProposedCandidate[]
  /** How many proposals were refused, by reason. */
  readonly rejected?: Readonly<Record<string, number>>
  /**
   * Why it ended early, with what it has so far. `cancelled`: the generation stays open. `authentication` and `not-found`
   * stop the run.
   */
  readonly failure?: Failure
}

/** Makes candidates. What a model does wrong is an outcome; a throw is a programmer's error and ends the run. */
export type GenerateCandidates = (request: GenerationRequest) => Promise<GenerationOutcome>

/** What a generation is given: its gate, with answers kept in the journal. */
export async function openGeneration(
  action: AskedGeneration,
  gate: CallGate,
  journal: Journal,
  signal: AbortSignal,
): Promise<GenerationRequest> {
  // A proposer reads the texts of what was told. Those of the last cells are on their way to the disk only now.
  await journal.commit()
  const earlier = await journal.recall(action.id)
  const unused = earlier.flatMap(({ trace }) => trace.calls)
  let position = 1 + earlier.reduce((last, record) => Math.max(last, record.position), -1)
  return {
    action,
    signal,
    async reserve(worst, label) {
      const reservation = await gate.reserve(worst, { role: 'proposer', ...label })
      if (!reservation) return undefined
      return {
        ...reservation,
        async settle(cost, answer) {
          reservation.settle(cost)
          if (!answer) return
          const record: TraceRecord = { action: action.id, position: position++, trace: { calls: [answer] } }
          journal.keep(record)
          await journal.commit()
        },
      }
    },
    recall({ model, system, prompt }) {
      const known = unused.filter((call) => call.text !== undefined && call.model === model && call.system === system)
      const found =
        known.find((call) => call.prompt === prompt) ?? known.find((call) => lastLine(call.prompt) === lastLine(prompt))
      if (found) unused.splice(unused.indexOf(found), 1)
      return found
    },
  }
}

function lastLine(prompt: string): string {
  return prompt.trimEnd().split('\n').at(-1)!
}
