import { estimateTokens } from '../evaluation/estimate-tokens.ts'
import type { TextModel } from '../evaluation/text-model.ts'
import type { Task } from '../task/task.ts'

/**
 * Tokens that a question to a generator takes, and that each prompt takes, in its answer as in an evaluation. A guess that
 * sets a scale: small models write short prompts. An output token takes the price of several input tokens, on a local model
 * the time of more.
 */
const REMOTE = { question: 600, prompt: 120, outputWeight: 4 }
const LOCAL = { question: 300, prompt: 50, outputWeight: 10 }

/** Tokens of an answer where nothing says how long it may be. */
const SHORT_ANSWER = 16

/**
 * What one call of a generator for `count` prompts costs, in evaluations of the task: as the budget counts it. Where only
 * calls are limited that is one; else, and on a local model, whose calls take nothing but time, it goes by tokens.
 */
export function callCost(
  task: Pick<Task, 'examples' | 'template'> & Partial<Pick<Task, 'budget' | 'sampling'>>,
  generator: Pick<TextModel, 'local'> | undefined,
  count: number,
): number {
  const isLocal = generator?.local ?? false
  const { calls, inputTokens, outputTokens, usd } = task.budget ?? {}
  const onlyCalls = calls !== undefined && [inputTokens, outputTokens, usd].every((limit) => limit === undefined)
  if (onlyCalls && !isLocal) return 1
  const [example] = task.examples
  const { template } = task
  const shown = `${template?.system?.source ?? ''}${template?.source ?? ''}${JSON.stringify(example?.input ?? '')}`
  const longest = task.sampling?.maxOutputTokens ?? SHORT_ANSWER
  const expected = example?.expected === undefined ? longest : estimateTokens(JSON.stringify(example.expected))
  const { question, prompt, outputWeight } = isLocal ? LOCAL : REMOTE
  const evaluation = estimateTokens(shown) + prompt + outputWeight * Math.min(longest, expected)
  return (question + outputWeight * prompt * count) / evaluation
}
