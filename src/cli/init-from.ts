/**
 * A task from one prompt and a file of examples.
 *
 * @module
 */
import { stringify } from 'yaml'
import { InvalidInputError } from '../errors.ts'
import { answerFormOf } from '../proposer/answer-form.ts'
import { readExamples } from '../task/read-examples.ts'
import { type Line, readLines } from '../task/read-lines.ts'

export interface TaskFromOptions {
  readonly from: string
  readonly prompt: string
  readonly model: string
  readonly generator?: string
  /** @defaultValue `auto` */
  readonly embedder?: string
  readonly name: string
}

export interface TaskFrom {
  readonly task: string
  /** JSON Lines. */
  readonly examples: string
  /** What was guessed, for people. */
  readonly notes: readonly string[]
}

const INPUT_NAMES = [
  'input',
  'question',
  'query',
  'text',
  'prompt',
  'sentence',
  'message',
  'ticket',
  'review',
  'content',
]
const EXPECTED_NAMES = [
  'expected',
  'answer',
  'label',
  'output',
  'target',
  'class',
  'category',
  'completion',
  'response',
]
/** A search of some ten prompts a round wants a few looks at each. */
const EVALUATIONS_PER_EXAMPLE = 5
const FEWEST_EVALUATIONS = 100
const MOST_EVALUATIONS = 1000

const METRICS = { labels: 'label-match', number: 'numeric', json: 'json-fields', text: 'exact-match' } as const

/**
 * Writes a task that starts from one prompt. Which columns hold input and answer, and how answers are compared, follows from
 * the examples.
 *
 * @throws InvalidInputError when the file holds no examples that can be used.
 */
export function taskFrom({ from, prompt, model, generator, embedder, name }: TaskFromOptions): TaskFrom {
  if (prompt.trim() === '') throw new InvalidInputError('--prompt is empty; expected the prompt in use now')
  const { lines, warnings } = readLines(from, 'examples', '--from')
  const first = lines[0]?.value
  if (typeof first !== 'object' || first === null) {
    throw new InvalidInputError(`${from} holds no examples${first === undefined ? '' : ' with keys'}`, {
      remedy: 'Give it columns such as input and expected, or lines such as {"input": "…", "expected": "…"}.',
    })
  }
  const keys = [...new Set(lines.flatMap(({ value }) => Object.keys((value ?? {}) as object)))]
  const input = columnOf(keys, INPUT_NAMES) ?? keys.find((key) => key !== 'id')!
  const expected = columnOf(keys, EXPECTED_NAMES) ?? keys.findLast((key) => key !== input && key !== 'id')
  const examples = lines.map(({ value, where }): Line => {
    const { [input]: given, ...rest } = value as Record<string, unknown>
    const answer = expected === undefined ? undefined : rest[expected]
    if (expected !== undefined) delete rest[expected]
    return { where, value: { input: given, ...(answer === undefined ? {} : { expected: answer }), ...rest } }
  })
  readExamples(examples, { name: 'program', options: {} }, from)
  const values = examples.map(({ value }) => value as { input: unknown; expected?: never })
  const form = answerFormOf('', values)
  const metric = METRICS[form.kind]
  const isTemplate = /\{\{[^{}]+\}\}/.test(prompt)
  const evaluations = Math.min(MOST_EVALUATIONS, Math.max(FEWEST_EVALUATIONS, EVALUATIONS_PER_EXAMPLE * values.length))
  const task = stringify(
    {
      name,
      examples: 'examples.jsonl',
      split: { search: 0.5, holdout: 0.5, seed: 1 },
      ...(isTemplate
        ? { promptVariables: true }
        : { template: '{{instruction}}\n\n{{demonstrations}}\nInput: {{input}}\nAnswer:' }),
      metric,
      model,
      ...(generator === undefined ? {} : { generator }),
      baseline: prompt,
      proposers: 'auto',
      budget: { evaluations },
      ...(embedder === undefined ? {} : { embedder }),
    },
    { lineWidth: 0 },
  )
  const says = (key: string, role: string) =>
    key === role ? [] : [`Column ${JSON.stringify(key)} is taken for ${role}.`]
  return {
    task: `# From one prompt to a better one. Every key: krige help task-file.\n${task}`,
    examples: values.map((value) => `${JSON.stringify(value)}\n`).join(''),
    notes: [
      ...warnings,
      ...says(input, 'input'),
      ...(expected === undefined
        ? ['No column holds a right answer: name a metric that needs none, such as judge.']
        : says(expected, 'expected')),
      `Answers are compared by ${metric}: change metric: in the task where that is wrong.`,
    ],
  }
}

function columnOf(keys: readonly string[], names: readonly string[]): string | undefined {
  for (const name of names) {
    const key = keys.find((one) => one.trim().toLowerCase() === name)
    if (key !== undefined) return key
  }
  return undefined
}
