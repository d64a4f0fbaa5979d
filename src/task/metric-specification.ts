import * as z from 'zod'
import { InvalidInputError } from '../errors.ts'
import { assertionsSchema, needsJudge } from '../space/assertion.ts'
import type { Example, JsonValue } from '../space/example.ts'
import { modelSchema } from './model-specification.ts'
import type { MetricSpecification } from './task.ts'

type ExpectedKind = 'text' | 'texts' | 'number' | 'object' | 'assertions' | 'any'

interface MetricKind {
  readonly options: z.ZodType<Record<string, unknown>>
  readonly expected: ExpectedKind
  readonly maxOutputTokens: number
}

/** Settings of each built-in metric, and what `expected` must be for it. */
const KINDS: Readonly<Record<string, MetricKind>> = {
  'exact-match': {
    options: z.strictObject({ normalize: z.boolean().optional() }),
    expected: 'text',
    maxOutputTokens: 64,
  },
  'label-match': {
    options: z.strictObject({ labels: z.array(z.string().min(1)).min(2).optional() }),
    expected: 'text',
    maxOutputTokens: 16,
  },
  numeric: {
    options: z.strictObject({
      tolerance: z.number().nonnegative().optional(),
      relative: z.number().nonnegative().optional(),
      position: z.enum(['first', 'last']).optional(),
    }),
    expected: 'number',
    maxOutputTokens: 256,
  },
  'json-fields': {
    options: z.strictObject({ fields: z.array(z.string().min(1)).min(1).optional(), all: z.boolean().optional() }),
    expected: 'object',
    maxOutputTokens: 512,
  },
  contains: {
    options: z.strictObject({ caseSensitive: z.boolean().optional() }),
    expected: 'texts',
    maxOutputTokens: 256,
  },
  regex: {
    options: z.strictObject({ pattern: z.string().min(1).optional(), flags: z.string().optional() }),
    expected: 'text',
    maxOutputTokens: 256,
  },
  judge: {
    options: z.strictObject({
      model: modelSchema,
      criteria: z.string().min(1),
      scale: z
        .tuple([z.number(), z.number()])
        .refine(([low, high]) => low < high, 'expected [worst, best]')
        .optional(),
      repeats: z.int().min(1).max(20).optional(),
      maxOutputTokens: z.int().positive().optional(),
    }),
    expected: 'any',
    maxOutputTokens: 512,
  },
  'pairwise-judge': {
    options: z.strictObject({
      model: modelSchema,
      criteria: z.string().min(1),
      repeats: z.int().min(2).max(20).multipleOf(2).optional(),
      maxOutputTokens: z.int().positive().optional(),
    }),
    expected: 'any',
    maxOutputTokens: 512,
  },
  assertions: {
    options: z.strictObject({
      judge: modelSchema.optional(),
      repeats: z.int().min(1).max(20).optional(),
      maxOutputTokens: z.int().positive().optional(),
    }),
    expected: 'assertions',
    maxOutputTokens: 512,
  },
}

const DEFAULT_MAX_OUTPUT_TOKENS = 512

export const metricSchema = z.union([z.string().min(1), z.looseObject({ name: z.string().min(1) })])

/**
 * Checks a metric's name and settings.
 *
 * @param modulePath - turns the path of a `./metric.ts` into an absolute one.
 * @throws InvalidInputError on an unknown metric or setting.
 */
export function readMetric(
  written: z.output<typeof metricSchema>,
  where: string,
  modulePath: (path: string) => string,
): MetricSpecification {
  const { name, ...options } = typeof written === 'string' ? { name: written } : written
  if (/^\.{0,2}\//.test(name) || /\.[cm]?[jt]s$/.test(name)) return { name: modulePath(name), options }
  if (name.startsWith('autoevals:') && name.length > 'autoevals:'.length) return { name, options }
  const kind = KINDS[name]
  if (!kind) {
    throw new InvalidInputError(`metric ${JSON.stringify(name)} is unknown`, {
      where,
      remedy: `Use ${Object.keys(KINDS).join(', ')}, autoevals:NAME, or a module such as ./metric.ts.`,
    })
  }
  const checked = kind.options.safeParse(options)
  if (!checked.success) {
    const issue = checked.error.issues[0]!
    throw new InvalidInputError(
      `metric ${name}: ${issue.path.length > 0 ? `${issue.path.join('.')}: ` : ''}${issue.message}`,
      {
        where,
        remedy: 'Take the key out, or see the metrics page for its settings.',
      },
    )
  }
  return { name, options: checked.data }
}

/** How long an answer may be where the task does not say. */
export function defaultMaxOutputTokens(metric: MetricSpecification): number {
  return KINDS[metric.name]?.maxOutputTokens ?? DEFAULT_MAX_OUTPUT_TOKENS
}

/**
 * Whether a metric can compare with an example's `expected`.
 *
 * @throws InvalidInputError when it is missing or of the wrong kind.
 */
export function checkExpected(metric: MetricSpecification, example: Example, where: string): void {
  const kind = KINDS[metric.name]?.expected ?? 'any'
  if (kind === 'any' || (metric.name === 'regex' && metric.options['pattern'] !== undefined)) return
  const { expected } = example
  if (expected === undefined) {
    throw new InvalidInputError(`example ${example.id} has no "expected", which ${metric.name} compares with`, {
      where,
      remedy: 'Add "expected", or use a metric that needs none.',
    })
  }
  if (kind === 'assertions') {
    checkAssertions(metric, expected, example.id, where)
    return
  }
  const problem = expectedProblem(kind, expected)
  if (problem) {
    throw new InvalidInputError(
      `"expected" is ${JSON.stringify(expected).slice(0, 60)}; ${metric.name} needs ${problem}`,
      {
        where,
        remedy:
          typeof expected === 'number' || typeof expected === 'boolean'
            ? `Write it in quotes: "${expected}".`
            : 'Correct the example.',
      },
    )
  }
}

function checkAssertions(metric: MetricSpecification, expected: JsonValue, id: string, where: string): void {
  const checked = assertionsSchema.safeParse(expected)
  if (!checked.success) {
    const issue = checked.error.issues[0]!
    throw new InvalidInputError(`"expected" of example ${id}: ${issue.path.join('.')}: ${issue.message}`, {
      where,
      remedy: 'Write {"assert": [{"type": "icontains", "value": "…"}]}; src/task/task-file.md lists the types.',
    })
  }
  for (const assertion of checked.data.assert) {
    if (assertion.type === 'regex') checkPattern(assertion.value, where)
    if (needsJudge(assertion) && metric.options['judge'] === undefined) {
      throw new InvalidInputError(`assertion ${assertion.type} of example ${id} needs a judge`, {
        where,
        remedy: 'metric: { name: assertions, judge: PROVIDER:MODEL }',
      })
    }
  }
}

function checkPattern(pattern: string, where: string): void {
  try {
    new RegExp(pattern)
  } catch (cause) {
    throw new InvalidInputError(`/${pattern}/ is no regular expression`, {
      where,
      remedy: 'Correct the pattern.',
      cause,
    })
  }
}

function expectedProblem(kind: ExpectedKind, expected: JsonValue): string | undefined {
  switch (kind) {
    case 'text':
      if (typeof expected !== 'string') return 'a string'
      return expected.trim().length === 0 ? 'a string that is not empty' : undefined
    case 'texts': {
      const texts = Array.isArray(expected) ? expected : [expected]
      return texts.length > 0 && texts.every((text) => typeof text === 'string' && text.length > 0)
        ? undefined
        : 'a string or a list of strings'
    }
    case 'number':
      if (typeof expected === 'number') return undefined
      return typeof expected === 'string' &&
        expected.trim() !== '' &&
        Number.isFinite(Number(expected.replaceAll(',', '')))
        ? undefined
        : 'a number'
    case 'object':
      return typeof expected === 'object' &&
        expected !== null &&
        !Array.isArray(expected) &&
        Object.keys(expected).length > 0
        ? undefined
        : 'an object with at least one field'
    case 'assertions':
    case 'any':
      return undefined
  }
}

/** Names that checks of examples give to their own means. */
export function assertionMetrics(examples: readonly Example[]): string[] {
  const names = examples.flatMap(({ expected }) => {
    const checked = assertionsSchema.safeParse(expected)
    return checked.success ? checked.data.assert.flatMap(({ metric }) => (metric === undefined ? [] : [metric])) : []
  })
  return [...new Set(names)]
}
