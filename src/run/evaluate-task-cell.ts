import type { CellEvaluator } from '../engine/cell.ts'
import { InvalidArgumentError } from '../errors.ts'
import type { EvaluationRequest, Evaluator } from '../evaluation/evaluator.ts'
import type { Task } from '../task/task.ts'
import { type PriceOf, taskPrices } from './prices.ts'
import type { AnswerWatch } from './watch-answers.ts'

/** Joins a task's evaluator to the loop: gives it the cell's candidate and example, and prices its calls. */
export function evaluateTaskCell(
  task: Task,
  evaluator: Evaluator,
  listPriceOf: PriceOf,
  seed: number,
  watch?: AnswerWatch,
): CellEvaluator {
  const priceOf = taskPrices(task, listPriceOf)
  const usdOf = (model: string, inputTokens: number, outputTokens: number) => {
    const price = priceOf(model) ?? (task.model === undefined ? undefined : priceOf(task.model))
    return price === undefined ? 0 : (inputTokens * price.input + outputTokens * price.output) / 1e6
  }
  const hasOwnModels = task.program?.stages.some(({ model }) => model !== undefined) ?? false
  const taskPrice = task.model === undefined ? undefined : priceOf(task.model)

  return async ({ action, position, candidate, rival, example, repeat, split, signal, reserve }) => {
    const request: EvaluationRequest = {
      cell: { action, position },
      candidate,
      example: task.examples[task.split[split][example]!]!,
      repeat,
      seed,
      signal,
      reserve: async ({ model, inputTokens, maxOutputTokens, role, ...label }) => {
        const usd = usdOf(model, inputTokens, maxOutputTokens)
        const worst = { inputTokens, outputTokens: maxOutputTokens, usd }
        const { stage, content } = label
        const held = await reserve(worst, {
          role,
          ...(stage === undefined ? {} : { stage }),
          ...(content === undefined ? {} : { content }),
        })
        return (
          held && {
            settle: ({ usage: { inputTokens, outputTokens }, failure }) =>
              held.settle({ inputTokens, outputTokens, usd: usdOf(model, inputTokens, outputTokens) }, failure),
            release: () => held.release(),
            ticket: {
              call: held.call,
              sentIn: (batch) => held.sentIn(batch),
              ...(held.batch === undefined ? {} : { batch: held.batch }),
            },
            leaveOpen: () => held.leaveOpen(),
          }
        )
      },
    }
    if (rival && !evaluator.compare) {
      throw new InvalidArgumentError('the evaluator cannot compare; expected one with compare')
    }
    const evaluation = await (rival ? evaluator.compare!({ ...request, rival }) : evaluator.evaluate(request))
    watch?.look(evaluation)
    if (hasOwnModels) {
      const answers = (evaluation.traces ?? []).filter(({ role }) => role === 'task')
      const usd = answers.reduce(
        (sum, { model, usage }) => sum + usdOf(model, usage.inputTokens, usage.outputTokens),
        0,
      )
      return { ...evaluation, metrics: { usd, ...evaluation.metrics } } as typeof evaluation
    }
    const { inputTokens, outputTokens } = evaluation.metrics ?? {}
    if (taskPrice === undefined || inputTokens === undefined || outputTokens === undefined) return evaluation
    const usd = (inputTokens * taskPrice.input + outputTokens * taskPrice.output) / 1e6
    return { ...evaluation, metrics: { usd, ...evaluation.metrics } }
  }
}
