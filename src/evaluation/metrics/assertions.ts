/**
 * Several checks of one answer, each example with its own: the metric behind imported test suites.
 *
 * score = Σ weight · check / Σ weight; a check is 1 or 0, or a grade in [0, 1] where it has no threshold of its own. An
 * example with a threshold scores 1 where the mean reaches it and 0 elsewhere.
 *
 * @module
 */

import { isDeepStrictEqual } from 'node:util'
import * as z from 'zod'
import { InvalidInputError } from '../../errors.ts'
import type { Feedback } from '../../history/measurement.ts'
import type { Example } from '../../prompt/example.ts'
import { fitsSchema, schemaProblem } from '../json-schema.ts'
import { modelSchema, openNamedModel } from '../models/model-specification.ts'
import { findsPattern } from '../pattern.ts'
import type { TextModel } from '../text-model.ts'
import { type Assertion, type Assertions, assertionsSchema, needsJudge } from './assertion-options.ts'
import { findJsonObjects } from './json-fields.ts'
import { type Judge, judge } from './judge.ts'
import type { Metric, MetricCalls } from './metric.ts'
import type { ExpectedProblem, MetricDefinition } from './metric-definition.ts'
import { compilePattern, patternProblem } from './regex.ts'
import { quote, shorten } from './show-difference.ts'

export interface AssertionsOptions {
  /** Asked by `rubric` and `factuality`. */
  readonly judgeModel?: TextModel | undefined
  /** Calls a graded check; even numbers balance the order of presentation. @defaultValue 1 */
  readonly repeats?: number | undefined
  /** @defaultValue 200 */
  readonly maxOutputTokens?: number | undefined
  /** Cosine of two texts' embeddings, for `similar`. */
  readonly similarity?: ((a: string, b: string) => Promise<number>) | undefined
}

/** As promptfoo has it. */
const DEFAULT_SIMILARITY = 0.75

/**
 * @throws InvalidInputError from `score` where an example needs a judge or embeddings that are not there.
 * @example
 * const metric = assertions()
 * await metric.score('Bonjour', { ...example, expected: { assert: [{ type: 'icontains', value: 'bonjour' }] } }) // 1
 */
export function assertions(options: AssertionsOptions = {}): Metric {
  const { judgeModel, repeats = 1, maxOutputTokens = 200 } = options
  const read = new WeakMap<Example, Assertions>()
  const checksOf = (example: Example): Assertions => {
    const found = read.get(example)
    if (found) return found
    const checked = assertionsSchema.safeParse(example.expected)
    if (!checked.success) throw new TypeError(`expected of example ${example.id} holds no assertions`)
    read.set(example, checked.data)
    return checked.data
  }
  const graderFor = (assertion: Assertion & { value: string }): Judge => {
    if (!judgeModel) {
      throw new InvalidInputError(`assertion ${assertion.type} needs a judge`, {
        remedy: 'metric: { name: assertions, judge: PROVIDER:MODEL }',
      })
    }
    const criteria =
      assertion.type === 'factuality'
        ? 'The answer agrees with the reference in every fact. Style and further details that do not contradict it do not matter.'
        : assertion.value
    return judge({ model: judgeModel, criteria, repeats, maxOutputTokens })
  }
  /** What a judge is shown: a reference only where the check has one. */
  const judged = (example: Example, assertion: Assertion & { value: string }): Example => {
    const { expected: _, ...shown } = example
    return assertion.type === 'factuality' ? { ...shown, expected: assertion.value } : shown
  }

  const check = async (
    assertion: Assertion,
    output: string,
    example: Example,
    calls: MetricCalls | undefined,
    notes: string[],
  ): Promise<number> => {
    if (assertion.type === 'similar') {
      const { similarity } = options
      if (!similarity) {
        throw new InvalidInputError('assertion similar needs embeddings, and the task has none', {
          remedy: 'Use embedder: auto, or take the assertion out.',
        })
      }
      const values = typeof assertion.value === 'string' ? [assertion.value] : assertion.value
      const cosines = await Promise.all(values.map((value) => similarity(output, value)))
      return Math.max(...cosines) >= (assertion.threshold ?? DEFAULT_SIMILARITY) ? 1 : 0
    }
    if (assertion.type === 'rubric' || assertion.type === 'factuality') {
      const { score: mark, feedback = [] } = await graderFor(assertion).score(output, judged(example, assertion), calls)
      notes.push(...feedback.map(({ text }) => text))
      return assertion.threshold === undefined ? mark : mark >= assertion.threshold ? 1 : 0
    }
    return holds(assertion, output) ? 1 : 0
  }

  return {
    name: 'assertions',
    extraCost(output, example) {
      const total = { calls: 0, inputTokens: 0, outputTokens: 0 }
      for (const assertion of checksOf(example).assert) {
        if (assertion.type !== 'rubric' && assertion.type !== 'factuality') continue
        const cost = graderFor(assertion).extraCost(output, judged(example, assertion))
        total.calls += cost.calls
        total.inputTokens += cost.inputTokens
        total.outputTokens += cost.outputTokens
      }
      return total
    },
    async score(output, example, calls) {
      const { assert, threshold } = checksOf(example)
      let total = 0
      let weights = 0
      const named = new Map<string, number[]>()
      const feedback: Feedback[] = []
      // Checks that cost nothing come first: where one cannot be made, no judge has been paid.
      for (const assertion of [...assert].sort((a, b) => Number(needsJudge(a)) - Number(needsJudge(b)))) {
        const { weight = 1, not } = assertion
        const notes: string[] = []
        const value = await check(assertion, output, example, calls, notes)
        const grade = not ? 1 - value : value
        if (grade < 1) {
          const said = notes.length === 0 ? '' : `: ${notes.join(' / ')}`
          feedback.push({ text: `${describe(assertion)} does not hold${said}`, from: 'assertions' })
        }
        total += weight * grade
        weights += weight
        if (assertion.metric !== undefined) {
          named.set(assertion.metric, [...(named.get(assertion.metric) ?? []), grade])
        }
      }
      const mean = total / weights
      const score = threshold === undefined ? mean : mean >= threshold - 1e-9 ? 1 : 0
      const metrics = [...named].map(([name, grades]) => [
        name,
        grades.reduce((sum, grade) => sum + grade) / grades.length,
      ])
      if (metrics.length + feedback.length === 0) return score
      return {
        score,
        ...(metrics.length === 0 ? {} : { metrics: Object.fromEntries(metrics) }),
        ...(feedback.length === 0 ? {} : { feedback }),
      }
    },
    async close() {
      await judgeModel?.close()
    },
  }
}

/** A check in one line: `not contains "sorry"`. */
function describe(assertion: Assertion): string {
  const { type, weight: _, not, metric: __, ...rest } = assertion
  const { value, ...limits } = rest as { readonly value?: unknown }
  const parts = [
    not ? `not ${type}` : type,
    ...(value === undefined ? [] : [typeof value === 'string' ? quote(value) : shorten(JSON.stringify(value))]),
    ...Object.entries(limits).map(([name, limit]) => `${name} ${shorten(JSON.stringify(limit) ?? '')}`),
  ]
  return parts.join(' ')
}

type PlainAssertion = Exclude<Assertion, { type: 'similar' | 'rubric' | 'factuality' }>

function holds(assertion: PlainAssertion, output: string): boolean {
  const folded = output.toLowerCase()
  const has = (value: string) => output.includes(value)
  const hasFolded = (value: string) => folded.includes(value.toLowerCase())
  switch (assertion.type) {
    case 'equals':
      return typeof assertion.value === 'string'
        ? output.trim() === assertion.value.trim()
        : isDeepStrictEqual(parseJson(output), assertion.value)
    case 'contains':
      return has(assertion.value)
    case 'icontains':
      return hasFolded(assertion.value)
    case 'contains-any':
      return assertion.value.some(has)
    case 'icontains-any':
      return assertion.value.some(hasFolded)
    case 'contains-all':
      return assertion.value.every(has)
    case 'icontains-all':
      return assertion.value.every(hasFolded)
    case 'starts-with':
      return output.startsWith(assertion.value)
    case 'ends-with':
      return output.trimEnd().endsWith(assertion.value)
    case 'regex':
      return findsPattern(compilePattern(assertion.value), output)
    case 'length':
      return lies(output.length, assertion)
    case 'word-count':
      return lies(output.split(/\s+/).filter((word) => word.length > 0).length, assertion)
    case 'is-json':
      return fits(parseJson(output), assertion.schema)
    case 'contains-json':
      return [parseJson(output), ...findJsonObjects(output)].some((value) => fits(value, assertion.schema))
  }
}

function lies(value: number, { atLeast, atMost }: { atLeast?: number | undefined; atMost?: number | undefined }) {
  return value >= (atLeast ?? Number.NEGATIVE_INFINITY) && value <= (atMost ?? Number.POSITIVE_INFINITY)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function fits(value: unknown, schema: Readonly<Record<string, unknown>> | undefined): boolean {
  if (value === undefined) return false
  if (!schema) return true
  return fitsSchema(value, schema)
}

const options = z.strictObject({
  judge: modelSchema.optional(),
  repeats: z.int().min(1).max(20).optional(),
  maxOutputTokens: z.int().positive().optional(),
})

export const assertionsMetric: MetricDefinition<z.output<typeof options>> = {
  name: 'assertions',
  page: {
    rightWhen: "weighted mean of an example's own checks",
    settings: '`judge`, `repeats` (1), `maxOutputTokens` (200)',
    expected: 'see [task file](task-file.md)',
  },
  options,
  maxOutputTokens: 512,
  checkExpected(expected, { judge: named }): ExpectedProblem | undefined {
    const checked = assertionsSchema.safeParse(expected)
    if (!checked.success) {
      const issue = checked.error.issues[0]!
      return {
        needs: ['checks', ...(issue.path.length === 0 ? [] : [issue.path.join('.')]), issue.message].join(': '),
        remedy: 'Write {"assert": [{"type": "icontains", "value": "…"}]}; `krige help task-file` lists the types.',
      }
    }
    for (const assertion of checked.data.assert) {
      const problem = assertion.type === 'regex' ? patternProblem(assertion.value) : undefined
      if (problem) return { needs: `patterns: ${problem}`, remedy: 'Correct the pattern.' }
      const schema = 'schema' in assertion ? assertion.schema : undefined
      const misfit = schema && schemaProblem(schema)
      if (misfit) return { needs: `a JSON schema that ends: it ${misfit}`, remedy: 'Correct its $ref and patterns.' }
      if (needsJudge(assertion) && named === undefined) {
        return {
          needs: `a judge for ${assertion.type}`,
          remedy: 'metric: { name: assertions, judge: PROVIDER:MODEL }',
        }
      }
    }
    return undefined
  },
  needsEmbeddings({ expected }) {
    const checked = assertionsSchema.safeParse(expected)
    return checked.success && checked.data.assert.some(({ type }) => type === 'similar')
  },
  measures(examples) {
    const names = examples.flatMap(({ expected }) => {
      const checked = assertionsSchema.safeParse(expected)
      return checked.success ? checked.data.assert.flatMap(({ metric }) => (metric === undefined ? [] : [metric])) : []
    })
    return [...new Set(names)]
  },
  async create({ judge: named, ...settings }, { openModel, similarity }) {
    const judgeModel = named === undefined ? undefined : await openNamedModel(named, openModel)
    return assertions({ ...settings, judgeModel, similarity })
  },
}
