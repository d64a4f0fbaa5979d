/**
 * What an answer of a task looks like: worth a lot to a prompt that does not say it, and known before any call.
 *
 * @module
 */
import type { Example } from '../prompt/example.ts'

export type AnswerForm =
  | { readonly kind: 'labels'; readonly labels: readonly string[] }
  | { readonly kind: 'number' }
  | { readonly kind: 'json'; readonly keys: readonly string[] }
  | { readonly kind: 'text' }

/** More different answers than this are no list to choose from. */
const MOST_LABELS = 30

/**
 * Reads the form of answers from what the examples expect.
 *
 * @param metric Name of the metric.
 * @example
 * answerFormOf('label-match', examples) // { kind: 'labels', labels: ['billing', 'bug'] }
 */
export function answerFormOf(metric: string, examples: readonly Pick<Example, 'expected'>[]): AnswerForm {
  const expected = examples.map((example) => example.expected).filter((value) => value !== undefined)
  if (metric === 'numeric' || (expected.length > 0 && expected.every((value) => typeof value === 'number'))) {
    return { kind: 'number' }
  }
  const objects = expected.filter((value) => typeof value === 'object' && value !== null && !Array.isArray(value))
  if (objects.length > 0 && objects.length === expected.length) {
    return { kind: 'json', keys: [...new Set(objects.flatMap((value) => Object.keys(value as object)))] }
  }
  const texts = expected.filter((value): value is string => typeof value === 'string')
  const labels = [...new Set(texts)]
  const areLabels =
    labels.length > 1 &&
    labels.length <= MOST_LABELS &&
    labels.every((label) => label.length <= 60) &&
    (metric === 'label-match' || labels.length * 3 <= texts.length)
  return areLabels ? { kind: 'labels', labels: labels.toSorted() } : { kind: 'text' }
}

/**
 * The form in one sentence; empty where nothing is known.
 *
 * @example
 * describeAnswers({ kind: 'labels', labels: ['bug', 'billing'] }) // 'The answer is one of: bug, billing.'
 */
export function describeAnswers(answers: AnswerForm): string {
  switch (answers.kind) {
    case 'labels':
      return `The answer is one of: ${answers.labels.join(', ')}.`
    case 'number':
      return 'The answer is a number.'
    case 'json':
      return `The answer is a JSON object with the keys ${answers.keys.join(', ')}.`
    case 'text':
      return ''
  }
}
