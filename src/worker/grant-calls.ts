/**
 * Calls of workers: each is asked for, granted where budget and rate limits allow it, and settled by what the worker says.
 *
 * @module
 */
import type { CallReport, CallReservation, EvaluationRequest } from '../evaluation/evaluator.ts'
import { publicModelName } from '../evaluation/models/model-name.ts'
import type { Generation } from '../evaluation/text-model.ts'
import { createThrottle, type Throttle, type ThrottleOptions } from '../evaluation/throttle.ts'
import { failure as failureOf } from '../history/failure.ts'
import type { Task } from '../task/task.ts'
import type { Ask, ToWorker } from './messages.ts'

/** How a call ended, as far as it is known. */
export type CallEnd = { readonly report: CallReport } | 'unsent' | 'unknown'

/** The calls of one cell. */
export interface CellCalls {
  /** Has a call granted or refused. */
  grant(ask: Ask, answer: (said: ToWorker['answer']) => void): Promise<void>
  end(ask: string, end: CallEnd): void
  /** The cell is done: what was granted and not ended is charged in full. */
  close(): void
}

export interface CallGrants {
  open(request: Pick<EvaluationRequest, 'reserve' | 'signal'>): CellCalls
  close(): void
}

/** @param limits What the task's model takes, from all workers together. */
export function createCallGrants(
  task: Task,
  limits: Pick<ThrottleOptions, 'requestsPerMinute' | 'tokensPerMinute'> | undefined,
): CallGrants {
  const throttles = new Map<string, Throttle>()
  const throttleOf = (model: string): Throttle => {
    let throttle = throttles.get(model)
    if (!throttle) {
      const isOwn = task.model !== undefined && model === publicModelName(task.model)
      throttle = createThrottle({ concurrency: Number.POSITIVE_INFINITY, ...(isOwn ? limits : undefined) })
      throttles.set(model, throttle)
    }
    return throttle
  }
  return {
    open({ reserve, signal }) {
      const granted = new Map<string, (end: CallEnd) => void>()
      return {
        async grant({ ask, estimate }, answer) {
          let answered = false
          const say = (said: ToWorker['answer']) => {
            answered = true
            answer(said)
          }
          const send = async (): Promise<Generation> => {
            const held = granted.has(ask) ? undefined : await reserve?.(estimate)
            if (!held) {
              say(signal?.aborted ? 'gone' : 'refused')
              return UNSENT
            }
            say('granted')
            return settle(held, await new Promise<CallEnd>((resolve) => granted.set(ask, resolve)))
          }
          await throttleOf(estimate.model).run(send, {
            tokens: estimate.inputTokens + estimate.maxOutputTokens,
            ...(signal ? { signal } : {}),
          })
          if (!answered) say('gone')
        },
        end(ask, end) {
          granted.get(ask)?.(end)
          granted.delete(ask)
        },
        close() {
          for (const end of granted.values()) end('unknown')
        },
      }
    },
    close() {
      for (const throttle of throttles.values()) throttle.close()
    },
  }
}

const UNSENT: Generation = {
  kind: 'failure',
  failure: failureOf('cancelled', 'it was not sent'),
  usage: { inputTokens: 0, outputTokens: 0 },
}

/** Settles a call that was granted; one without a report is charged in full when its cell ends. */
function settle(held: CallReservation, end: CallEnd): Generation {
  if (end === 'unknown') return UNSENT
  if (end === 'unsent') {
    held.release()
    return UNSENT
  }
  const { report } = end
  void held.settle(report)
  return report.failure
    ? { kind: 'failure', failure: report.failure, usage: report.usage }
    : { kind: 'text', text: '', usage: report.usage, reason: 'stop' }
}
