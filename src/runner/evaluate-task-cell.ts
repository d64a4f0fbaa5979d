import { InvalidArgumentError } from '../errors.ts'
import type { CallEstimate, EvaluationRequest, Evaluator } from '../evaluation/evaluator.ts'
import { isFatal } from '../history/failure.ts'
import type { Measurements } from '../history/measurement.ts'
import { BUILT_IN_MEASUREMENTS } from '../space/constraint.ts'
import type { CallCost } from '../study/ledger.ts'
import type { Task } from '../task/task.ts'
import type { CellEvaluator, CellRequest } from './cell.ts'
import type { PriceOf } from './prices.ts'

/** A call that was allowed and has not come back. */
interface OpenCall {
  readonly call: number
  readonly worst: CallCost
  readonly estimate: CallEstimate
}

/** Joins a task's evaluator to the loop: prices its calls, and translates what it says. */
export function evaluateTaskCell(task: Task, evaluator: Evaluator, priceOf: PriceOf, seed: number): CellEvaluator {
  const usd = (model: string, inputTokens: number, outputTokens: number) => {
    const price = priceOf(model) ?? (task.model === undefined ? undefined : priceOf(task.model))
    return price === undefined ? 0 : (inputTokens * price.input + outputTokens * price.output) / 1e6
  }

  return async (request: CellRequest) => {
    const open: OpenCall[] = []
    const { rival } = request
    const evaluate = (asked: EvaluationRequest) => {
      if (!rival) return evaluator.evaluate(asked)
      if (!evaluator.compare) throw new InvalidArgumentError('the evaluator cannot compare; expected one with compare')
      return evaluator.compare({ ...asked, rival })
    }
    const evaluation = await evaluate({
      candidate: request.candidate,
      example: task.examples[task.split[request.stage][request.example]!]!,
      repeat: request.repeat,
      seed,
      signal: request.signal,
      reserve: async (estimate) => {
        const { model, inputTokens, maxOutputTokens } = estimate
        const worst = { inputTokens, outputTokens: maxOutputTokens, usd: usd(model, inputTokens, maxOutputTokens) }
        const call = await request.reserve(worst)
        if (call === undefined) return false
        open.push({ call, worst, estimate })
        return true
      },
      settle: ({ model, attempt, usage }) => {
        const index = open.findIndex(({ estimate }) => estimate.model === model && estimate.attempt === attempt)
        const [settled] = open.splice(Math.max(0, index), 1)
        const { inputTokens, outputTokens } = usage
        if (settled)
          request.settle(settled.call, { inputTokens, outputTokens, usd: usd(model, inputTokens, outputTokens) })
      },
    })
    // An evaluator that forgets to settle is charged the worst case.
    for (const { call, worst } of open.splice(0)) request.settle(call, worst)

    if (evaluation.kind === 'score') {
      const kept = keptMeasurements(task, evaluation.metrics ?? {}, priceOf)
      return { kind: 'score', score: evaluation.score, ...(Object.keys(kept).length > 0 ? { metrics: kept } : {}) }
    }
    const { failure, calls } = evaluation
    if (failure.kind === 'cancelled') return { kind: 'cancelled' }
    if (failure.kind === 'budget' && calls === 0) {
      return request.signal.aborted ? { kind: 'cancelled' } : { kind: 'unaffordable' }
    }
    const message = failure.message
    if (isFatal(failure)) return { kind: 'failure', message, blame: 'fatal' }
    return failure.retryable ? { kind: 'failure', message, blame: 'transient' } : { kind: 'failure', message }
  }
}

const BUILT_IN: ReadonlySet<string> = new Set(BUILT_IN_MEASUREMENTS)

/** What the log keeps: every named measurement, and of the built-in ones those that a constraint is about. */
function keptMeasurements(task: Task, metrics: Measurements, priceOf: PriceOf): Measurements {
  const wanted = new Set((task.constraints ?? []).map(({ metric }) => metric))
  const price = task.model === undefined ? undefined : priceOf(task.model)
  const { inputTokens, outputTokens } = metrics
  const usd =
    price === undefined || inputTokens === undefined || outputTokens === undefined
      ? {}
      : { usd: (inputTokens * price.input + outputTokens * price.output) / 1e6 }
  const all = Object.entries({ ...usd, ...metrics })
  return Object.fromEntries(all.filter(([name]) => wanted.has(name) || !BUILT_IN.has(name)))
}
