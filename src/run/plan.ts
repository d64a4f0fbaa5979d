/**
 * What a run is going to do and cost, before it does it.
 *
 * @module
 */
import * as z from 'zod'
import { checkInput, functionSchema, objectWith } from '../check-input.ts'
import { BudgetError, InvalidInputError } from '../errors.ts'
import type { Evaluator } from '../evaluation/evaluator.ts'
import { publicModelName } from '../evaluation/models/model-name.ts'
import type { ProposerInfo } from '../policy/policy.ts'
import { LARGEST_HOLDOUT_SHARE } from '../study/allowance.ts'
import type { Budget } from '../study/ledger.ts'
import { sampleSizeWarnings } from '../study/sample-size.ts'
import type { Task } from '../task/task.ts'
import { holdoutSize, neededForHoldout } from './holdout-budget.ts'
import { type Price, type PriceOf, taskPrices } from './prices.ts'

/** A comparison on fewer pairs is not worth its calls. */
const SMALLEST_HOLDOUT = 5

export interface Cost {
  readonly evaluations: number
  readonly calls: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** Absent when the price of the model is not known. */
  readonly usd?: number
}

export interface Plan {
  readonly prompts: number
  readonly searchExamples: number
  /** What the search may spend. */
  readonly searchEvaluations: number
  /** Examples on which winner and baseline are compared; of a program at least, as it may leave calls for more. */
  readonly holdoutExamples: number
  /** Evaluations set aside for that. */
  readonly holdoutEvaluations: number
  readonly callsPerEvaluation: number
  /** The limits of the task, with the number of evaluations that tokens and money allow. */
  readonly budget: Budget
  /** At most, without retries: average prompt, longest answer. */
  readonly cost: Cost
  /** Every prompt on every search example. */
  readonly exhaustive: Cost
  /** Where prompts are written: calls left to that where the holdout is sized; 0 where no model is asked. The search decides. */
  readonly proposing?: { readonly calls: number }
  /** Where calls are sent in batches: how many at most in one. */
  readonly batch?: number
  readonly warnings: readonly string[]
}

/** Of a budget in calls, what the holdout is sized to leave to the writing of prompts. */
const PROPOSING_SHARE = 0.15
/** Evaluations per search example, where prompts are written and nothing limits the search. */
export const DEFAULT_LOOKS = 10

/**
 * @param proposers What writes further prompts. @defaultValue none
 * @throws InvalidArgumentError for what is no task, evaluator or price list; BudgetError when the budget cannot pay for
 * two evaluations; InvalidInputError when money is limited and the model's price is unknown.
 * @example
 * makePlan(task, evaluator, createPriceList()) // { prompts: 4, searchExamples: 7, … }
 */
export function makePlan(
  task: Task,
  evaluator: Pick<Evaluator, 'estimate' | 'compare' | 'batch'>,
  priceOf: PriceOf,
  proposers: readonly ProposerInfo[] = [],
): Plan {
  checkInput<unknown>(inputSchema, { task, evaluator, priceOf }, '')
  const each = averageEstimate(task, evaluator)
  const price = taskPrice(task, taskPrices(task, priceOf))
  if (task.budget.usd !== undefined && price === undefined) {
    throw new InvalidInputError(`the budget limits money, but the price of ${unpriced(task, priceOf)} is not known`, {
      remedy:
        'State it in dollars per million tokens (--price INPUT,OUTPUT, or priceOf in code), or limit calls or tokens instead.',
    })
  }
  if (price === undefined && task.constraints?.some(({ metric }) => metric === 'usd')) {
    throw new InvalidInputError(`a constraint limits usd, but the price of ${unpriced(task, priceOf)} is not known`, {
      remedy:
        'State it in dollars per million tokens (--price INPUT,OUTPUT, or priceOf in code), or take the constraint out.',
    })
  }
  const usd = price && (each.inputTokens * price.input + each.outputTokens * price.output) / 1e6
  const costOf = (evaluations: number): Cost => ({
    evaluations,
    calls: evaluations * each.calls,
    inputTokens: Math.round(evaluations * each.inputTokens),
    outputTokens: Math.round(evaluations * each.outputTokens),
    ...(usd === undefined ? {} : { usd: evaluations * usd }),
  })

  const { budget } = task
  const isWritten = proposers.length > 0
  const proposing = proposers.some((proposer) => proposer.calls(1) > 0)
  const calls = budget.calls ?? Number.POSITIVE_INFINITY
  const unlimited = isWritten && Object.keys(budget).length === 0
  const paid = Math.min(
    budget.evaluations ?? (unlimited ? DEFAULT_LOOKS * task.split.search.length : Number.POSITIVE_INFINITY),
    quotient(budget.inputTokens, each.inputTokens),
    quotient(budget.outputTokens, each.outputTokens),
    quotient(budget.usd, usd ?? 0),
  )
  const total = Math.min(paid, Math.floor(calls / each.calls))
  // Stages whose input is as before take no call: what they save buys more evaluations, as long as calls are left.
  const mayTakeFewer = each.calls > 1 && isProgram(task)
  const most = mayTakeFewer ? paid : total
  // The search is expected to get along with less, which is what the holdout is weighed against.
  const measuring = proposing ? 1 - PROPOSING_SHARE : 1
  const expected = Math.min(total, Math.floor((measuring * calls) / each.calls))
  const isLimitedByCalls = expected < total || total === Math.floor(calls / each.calls)
  const searchExamples = task.split.search.length
  const isComparison = evaluator.compare !== undefined
  // Comparisons: every prompt is compared with the baseline on every example; on the holdout one comparison measures both.
  const everything = (task.pool.length - (isComparison ? 1 : 0)) * searchExamples
  const finalists = task.baseline === undefined || isComparison ? 1 : 2
  const sizes = { finalists, everything: isWritten ? Number.POSITIVE_INFINITY : everything }
  const available = task.split.holdout.length
  const compared = holdoutSize({ total: expected, searchExamples, available, ...sizes })
  // A program seldom takes the calls that are set aside for it: what is left at the end goes to more held-out examples.
  const sparing = mayTakeFewer
    ? Math.ceil((SMALLEST_HOLDOUT * finalists) / LARGEST_HOLDOUT_SHARE)
    : Number.POSITIVE_INFINITY
  const planned = total >= sparing && available >= SMALLEST_HOLDOUT ? Math.max(SMALLEST_HOLDOUT, compared) : compared
  const holdoutExamples = planned < SMALLEST_HOLDOUT ? 0 : planned
  const holdoutEvaluations = holdoutExamples * finalists
  const needed = neededForHoldout(SMALLEST_HOLDOUT, sizes)
  const enough = isLimitedByCalls
    ? `${Math.min(Math.ceil((needed * each.calls) / measuring), sparing * each.calls)} calls`
    : `${Math.min(needed, sparing)} evaluations`
  const searchEvaluations = Math.min(total - holdoutEvaluations, sizes.everything)
  if (searchEvaluations < 2) {
    throw new BudgetError(
      `the budget allows ${searchEvaluations === 1 ? '1 evaluation' : `${Math.max(0, searchEvaluations)} evaluations`}; nothing can be chosen with fewer than 2`,
      {
        remedy:
          'Raise evaluations, calls, tokens or usd in the budget. A search worth making takes some 2 to 10 evaluations per prompt.',
      },
    )
  }
  return {
    prompts: task.pool.length,
    searchExamples,
    searchEvaluations,
    holdoutExamples,
    holdoutEvaluations,
    callsPerEvaluation: each.calls,
    budget: Number.isFinite(most) ? { ...budget, evaluations: most } : budget,
    cost: costOf(searchEvaluations + holdoutEvaluations),
    exhaustive: costOf(everything),
    ...(isWritten
      ? {
          proposing: {
            calls: proposing ? Math.ceil(PROPOSING_SHARE * Math.min(total * each.calls, calls)) : 0,
          },
        }
      : {}),
    ...(evaluator.batch === undefined ? {} : { batch: evaluator.batch }),
    warnings: [
      ...task.warnings,
      ...(unlimited ? [`No budget is set: the search stops after ${total} evaluations.`] : []),
      ...planWarnings(task, holdoutExamples, searchEvaluations, { isWritten, mayTakeFewer }),
      ...(available > 0 && holdoutExamples === 0 ? [whyNoHoldout(available, enough)] : []),
    ],
  }
}

function whyNoHoldout(available: number, enough: string): string {
  const smallest = `fewer than ${SMALLEST_HOLDOUT} decide nothing`
  if (available < SMALLEST_HOLDOUT) {
    const held = available === 1 ? 'example is' : 'examples are'
    return `The ${available} held-out ${held} not used: ${smallest}. Hold out more.`
  }
  return `The held-out examples are not used: the budget pays for too few, and ${smallest}. With ${enough} they are.`
}

function isProgram({ program, evaluate }: Task): boolean {
  return evaluate !== undefined || (program !== undefined && program.stages.length > 1)
}

function planWarnings(
  task: Task,
  holdoutExamples: number,
  searchEvaluations: number,
  { isWritten, mayTakeFewer }: { readonly isWritten: boolean; readonly mayTakeFewer: boolean },
): string[] {
  // Without a baseline the holdout compares nothing: it cannot be too small for that. A program's grows with what is left.
  const isOpen = task.baseline === undefined || mayTakeFewer
  const compared = isOpen && holdoutExamples > 0 ? Number.POSITIVE_INFINITY : holdoutExamples
  const warnings = sampleSizeWarnings(task.split.search.length, compared)
  if (task.pool.length === 1 && !isWritten) warnings.push('There is one prompt: nothing to choose from.')
  if (searchEvaluations < task.pool.length) {
    warnings.push(
      `The search may make ${searchEvaluations} evaluations for ${task.pool.length} prompts: most are judged by their text alone. Raise the budget or shorten the pool.`,
    )
  }
  if (task.baseline === undefined) {
    warnings.push('No baseline prompt: the verdict stays undecided. Name the prompt in use now as `baseline`.')
  }
  if (task.evaluate !== undefined && task.model !== undefined && task.limits?.calls === undefined) {
    warnings.push(
      'One call per evaluation is planned. If the program makes more, state how many as `limits: { calls: … }`.',
    )
  }
  return warnings
}

/** The price of the model; where stages ask models of their own, the highest, and unknown where one is. */
function taskPrice(task: Task, priceOf: PriceOf): Price | undefined {
  const models = task.program?.stages.map(({ model }) => model ?? task.model) ?? [task.model]
  const prices = models.map((model) => (model === undefined ? undefined : priceOf(model)))
  if (prices.includes(undefined)) return undefined
  const known = prices as readonly Price[]
  return {
    input: Math.max(...known.map(({ input }) => input)),
    output: Math.max(...known.map(({ output }) => output)),
  }
}

/** Whose price is missing. */
function unpriced(task: Task, priceOf: PriceOf): string {
  const models = task.program?.stages.map(({ model }) => model ?? task.model) ?? [task.model]
  const model = models.find((name) => name !== undefined && priceOf(name) === undefined)
  return model === undefined ? 'the program' : publicModelName(model)
}

const EXPECTED_TASK = 'expected a task, as defineTask or loadTask give it'
const isObject = (value: unknown) => typeof value === 'object' && value !== null
const inputSchema = z.object({
  task: z.custom<Task>(
    (task) => isObject(task) && Array.isArray((task as Task).pool) && isObject((task as Task).split),
    EXPECTED_TASK,
  ),
  evaluator: objectWith('estimate'),
  priceOf: functionSchema,
})

/** Prompts and examples looked at for the average; more would not change it much. */
const SAMPLED_PROMPTS = 50
const SAMPLED_EXAMPLES = 20

function averageEstimate(task: Task, evaluator: Pick<Evaluator, 'estimate'>) {
  const prompts = everyFew(task.pool, SAMPLED_PROMPTS)
  const examples = everyFew(task.split.search, SAMPLED_EXAMPLES)
  let calls = 1
  let inputTokens = 0
  let outputTokens = 0
  const size = Math.max(1, prompts.length * examples.length)
  for (const candidate of prompts) {
    for (const index of examples) {
      const estimate = evaluator.estimate(candidate, task.examples[index]!)
      calls = Math.max(calls, estimate.calls)
      inputTokens += estimate.inputTokens
      outputTokens += estimate.outputTokens
    }
  }
  return { calls, inputTokens: inputTokens / size, outputTokens: outputTokens / size }
}

function everyFew<Item>(items: readonly Item[], count: number): Item[] {
  const step = Math.max(1, Math.ceil(items.length / count))
  return items.filter((_, index) => index % step === 0)
}

function quotient(limit: number | undefined, each: number): number {
  return limit === undefined || each === 0 ? Number.POSITIVE_INFINITY : Math.floor(limit / each)
}
