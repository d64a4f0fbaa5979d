/**
 * Measures a cell by the `evaluate` of {@link optimize}.
 *
 * @module
 */
import { withoutUndefined } from '../check-input.ts'
import type { CellEvaluator } from '../engine/cell.ts'
import { orAborted } from '../evaluation/or-aborted.ts'
import { failure, NO_CALL_LEFT } from '../history/failure.ts'
import { checkMeasurementKeys, type Measurements, readMeasurement } from '../history/measurement.ts'
import { candidateText } from '../prompt/candidate.ts'
import { type CallCost, checkCost, NO_COST } from '../study/ledger.ts'
import { messageOf } from '../text/message-of.ts'
import type { OptimizeOptions } from './optimize-options.ts'

/**
 * One call per cell. The worst case of tokens and money is unknown beforehand: reserved is what the dearest call took
 * so far, so that a limit is exceeded by no more than what a call takes beyond that. A call that is cut off is settled at
 * that, too.
 *
 * @param said What of a call's cost `evaluate` has returned so far.
 */
export function evaluateByFunction<Example>(
  { evaluate, examples, holdout = [], limits: { timeout } = {} }: OptimizeOptions<Example>,
  seed: number,
  said: Set<string> = new Set(),
): CellEvaluator {
  let dearest = NO_COST
  return async ({ candidate, example, repeat, split, signal, reserve }) => {
    const worst = dearest
    const reservation = await reserve(worst)
    if (!reservation) return { failure: failure('budget', NO_CALL_LEFT) }
    const shown = (split === 'search' ? examples : holdout)[example]!
    const started = performance.now()
    let cost = NO_COST
    const late = new AbortController()
    const timer =
      timeout && setTimeout(() => late.abort(new Error(`evaluate took longer than ${timeout} s`)), 1000 * timeout)
    const wanted = timeout ? AbortSignal.any([signal, late.signal]) : signal
    try {
      const context = { candidate, index: example, repeat, seed, signal: wanted }
      const given = await orAborted(evaluate(candidateText(candidate), shown, context), wanted)
      const taken = (typeof given === 'object' ? (given ?? {}) : {}) as Partial<CallCost>
      const known = definedCosts(taken)
      const told = { ...NO_COST, ...known }
      checkCost(told, 'what evaluate returned')
      cost = told
      dearest = {
        inputTokens: Math.max(dearest.inputTokens, told.inputTokens),
        outputTokens: Math.max(dearest.outputTokens, told.outputTokens),
        usd: Math.max(dearest.usd, told.usd),
      }
      for (const name of Object.keys(known)) said.add(name)
      checkMeasurementKeys(given, 'result', COSTS)
      const measured = readMeasurement(given, 'what evaluate returned')
      return { ...measured, metrics: { ...measureCall(taken, performance.now() - started), ...measured.metrics } }
    } catch (error) {
      // Cut off, it may have cost as much as any.
      if (wanted.aborted && cost === NO_COST) cost = worst
      if (signal.aborted) return { failure: failure('cancelled', 'cancelled while it ran') }
      // Code that heeds its signal throws, too, and does not say how long it took.
      return { failure: failure('program', messageOf(late.signal.aborted ? late.signal.reason : error)) }
    } finally {
      clearTimeout(timer)
      reservation.settle(cost)
    }
  }
}

const COSTS = ['inputTokens', 'outputTokens', 'usd'] as const

function definedCosts({ inputTokens, outputTokens, usd }: Partial<CallCost>): Partial<CallCost> {
  return withoutUndefined({ inputTokens, outputTokens, usd }) as Partial<CallCost>
}

/** The measurements that every evaluation has, as far as `evaluate` says what it took. */
function measureCall(taken: Partial<CallCost>, latency: number): Measurements {
  const { inputTokens, outputTokens } = taken
  return {
    calls: 1,
    latency,
    ...definedCosts(taken),
    ...(inputTokens === undefined || outputTokens === undefined ? {} : { tokens: inputTokens + outputTokens }),
  }
}
