/**
 * A task from one prompt and a file of examples.
 *
 * @module
 */
import { stringify } from 'yaml'
import { InvalidInputError } from '../errors.ts'
import { readNumber } from '../evaluation/metrics/read-number.ts'
import { answerFormOf } from '../proposer/answer-form.ts'
import { counted } from '../report/numbers.ts'
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
  /** Whether the prompt is a system message. @defaultValue false */
  readonly isSystem?: boolean
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

const TEMPLATE = '{{instruction}}\n\n{{demonstrations}}\nInput: {{input}}\nAnswer:'

const METRICS = { labels: 'label-match', number: 'numeric', json: 'json-fields', text: 'exact-match' } as const

/**
 * Writes a task that starts from one prompt. Which columns hold input and answer, and how answers are compared, follows from
 * the examples.
 *
 * @throws InvalidInputError when the file holds no examples that can be used.
 */
export function taskFrom(options: TaskFromOptions): TaskFrom {
  const { from, prompt, model, generator, embedder, name, isSystem = false } = options
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
  const known = columnOf(keys, EXPECTED_NAMES)
  const named = [...prompt.matchAll(VARIABLE)].map(([, name]) => name!)
  const expected = known ?? keys.findLast((key) => key !== input && key !== 'id' && !named.includes(key))
  if (known === undefined && expected !== undefined) refuseWithoutHeader(lines, expected, from)
  const rows = lines.map(({ value, where }) => {
    const { [input]: given, ...rest } = value as Record<string, unknown>
    const answer = expected === undefined ? undefined : trimmed(rest[expected])
    if (expected !== undefined) delete rest[expected]
    return { where, value: { input: given, ...(answer === undefined ? {} : { expected: answer }), ...rest } }
  })
  const { baseline, shown, notes: written } = readPrompt(prompt, { named, input, expected, keys })
  const isTemplate = named.length > 0
  const { kept, notes: left } = usable(rows, isTemplate && !isSystem ? shown : ['input', ...shown])
  const { warnings: odd } = readExamples(kept, { name: 'program', options: {} }, from)
  const values = sameKind(kept.map(({ value }) => value))
  const metric = metricFor(values)
  const evaluations = Math.min(MOST_EVALUATIONS, Math.max(FEWEST_EVALUATIONS, EVALUATIONS_PER_EXAMPLE * values.length))
  const task = stringify(
    {
      name,
      examples: 'examples.jsonl',
      split: { search: 0.5, holdout: 0.5, seed: 1 },
      ...(isSystem ? { system: isTemplate ? '{{prompt}}' : '{{instruction}}\n{{demonstrations}}' } : {}),
      ...(isSystem ? { template: '{{input}}' } : isTemplate ? {} : { template: TEMPLATE }),
      ...(isTemplate ? { promptVariables: true } : {}),
      metric,
      model,
      ...(generator === undefined ? {} : { generator }),
      baseline,
      proposers: 'auto',
      budget: { evaluations },
      ...(embedder === undefined ? {} : { embedder }),
    },
    { lineWidth: 0 },
  )
  const hasAnswers = values.some((value) => value.expected !== undefined)
  const says = (key: string, role: string) =>
    key === role ? [] : [`Column ${JSON.stringify(key)} is taken for ${role}.`]
  return {
    task: `# From one prompt to a better one. Every key: krige help task-file.\n${task}`,
    examples: values.map((value) => `${JSON.stringify(value)}\n`).join(''),
    notes: [
      ...warnings,
      ...left,
      ...odd,
      ...written,
      ...says(input, 'input'),
      ...(hasAnswers && expected !== undefined
        ? [
            ...says(expected, 'expected'),
            `Answers are compared by ${metric}: change metric: in the task where that is wrong.`,
          ]
        : ['No column holds a right answer: in the task, name a metric that needs none, such as judge.']),
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

const VARIABLE = /\{\{\s*([A-Za-z_][\w.-]*)\s*\}\}/g
/** What other template languages would fill in. */
const FOREIGN = /\{\{[^{}]*\}\}|\{%[^{}]*%\}/

interface Columns {
  /** Those that the prompt names. */
  readonly named: readonly string[]
  readonly input: string
  readonly expected: string | undefined
  readonly keys: readonly string[]
}

/**
 * The prompt as the task has it, and the keys it shows: what it calls the column of the input is `{{input}}` there.
 *
 * @throws InvalidInputError where it names what is no column, or the right answers.
 */
function readPrompt(prompt: string, { named, input, expected, keys }: Columns) {
  const known = ['input', ...keys.filter((key) => key !== expected)]
  const unknown = named.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    const isAnswer = unknown === expected
    throw new InvalidInputError(
      `the prompt names {{${unknown}}}, which is ${isAnswer ? 'the column of right answers' : 'no column of the examples'}`,
      {
        where: '--prompt',
        remedy: isAnswer
          ? 'A model would be shown what it is asked for. If it is no answer, rename that column, or call the one with the answers expected.'
          : `Columns are ${keys.join(', ')}; {{input}} stands for ${input}.`,
      },
    )
  }
  const single = known.find((name) => named.length === 0 && prompt.includes(`{${name}}`))
  const foreign = FOREIGN.exec(prompt.replace(VARIABLE, ''))?.[0]
  return {
    baseline: prompt.replace(VARIABLE, (whole, name) => (name === input ? '{{input}}' : whole)),
    shown: named.map((name) => (name === input ? 'input' : name)),
    notes: [
      ...(single === undefined
        ? []
        : [`{${single}} stays as it stands in the prompt; {{${single}}} would be filled in from each example.`]),
      ...(foreign === undefined
        ? []
        : [`${foreign} stays as it stands in the prompt: only names of columns in plain letters are filled in.`]),
    ],
  }
}

/** @throws InvalidInputError where the first row of a CSV is an example: its answer is one of those below it. */
function refuseWithoutHeader(lines: readonly Line[], answer: string, from: string): void {
  if (!/\.[ct]sv$/i.test(from)) return
  if (!lines.some(({ value }) => String((value as Record<string, unknown>)[answer]).trim() === answer)) return
  throw new InvalidInputError(`the first row should name the columns; ${JSON.stringify(answer)} is an answer`, {
    where: `${from}:1`,
    remedy: 'Put a first row above it, such as input,expected.',
  })
}

interface Row extends Line {
  readonly value: Readonly<Record<string, unknown>> & { readonly input: unknown; readonly expected?: unknown }
}

/** What a search can use: something to show, an answer where others have one, and no example twice. */
function usable(
  rows: readonly Row[],
  shown: readonly string[],
): { readonly kept: readonly Row[]; readonly notes: readonly string[] } {
  const asks = ({ value }: Row) => shown.some((key) => isFilled(value[key]))
  const hasAnswer = ({ value }: Row) => isFilled(value.expected)
  const asking = rows.filter(asks)
  const isUsable = asking.some(hasAnswer) ? hasAnswer : () => true
  const first = new Set<string>()
  const again: Row[] = []
  const kept: Row[] = []
  for (const row of asking.filter(isUsable)) {
    const text = JSON.stringify(Object.entries({ ...row.value, id: undefined }).toSorted())
    ;(first.has(text) ? again : kept).push(row)
    first.add(text)
  }
  const leftOut = (left: readonly Row[], why: string) =>
    left.length === 0
      ? []
      : [
          `Left out ${counted(left.length, 'example')} ${why}, ${left.length === 1 ? 'at' : 'the first at'} ${left[0]!.where}.`,
        ]
  return {
    kept,
    notes: [
      ...leftOut(
        rows.filter((row) => !asks(row)),
        'without an input',
      ),
      ...leftOut(
        asking.filter((row) => !isUsable(row)),
        'without a right answer',
      ),
      ...leftOut(again, 'that stood there already'),
    ],
  }
}

function isFilled(value: unknown): boolean {
  return value !== undefined && value !== null && !(typeof value === 'string' && value.trim() === '')
}

function trimmed(answer: unknown): unknown {
  return typeof answer === 'string' ? answer.trim() || undefined : answer
}

/** True, false and numbers among texts are texts: a metric compares with one kind. */
function sameKind(values: readonly Row['value'][]): readonly (Row['value'] & { expected?: never })[] {
  const isPlain = ({ expected }: Row['value']) => ['string', 'number', 'boolean'].includes(typeof expected)
  const asTexts = values.every(isPlain) && values.some(({ expected }) => typeof expected !== 'number')
  return values.map((value) => (asTexts ? { ...value, expected: String(value.expected) } : value) as never)
}

function metricFor(values: readonly (Row['value'] & { expected?: never })[]): string {
  const answers: readonly unknown[] = values.map(({ expected }) => expected)
  const { kind } = answerFormOf('', values)
  if (kind !== 'text') return METRICS[kind]
  if (answers.every((answer) => typeof answer === 'string' && readNumber(answer) !== undefined)) return METRICS.number
  return answers.some(Array.isArray) ? 'contains' : METRICS.text
}
