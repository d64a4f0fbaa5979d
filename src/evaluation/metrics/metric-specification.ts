/**
 * A metric as a task file names it.
 *
 * @module
 */
import * as z from 'zod'
import { InvalidInputError } from '../../errors.ts'
import type { Example } from '../../prompt/example.ts'
import { findMetric, METRICS } from './registry.ts'

/** A name, or a name and settings. */
export const metricSchema = z.union([z.string().min(1), z.looseObject({ name: z.string().min(1) })])

/** Which metric, with its settings. */
export interface MetricSpecification {
  /** The name of a built-in metric, `autoevals:NAME`, or the absolute path of a module. */
  readonly name: string
  readonly options: Readonly<Record<string, unknown>>
}

const DEFAULT_MAX_OUTPUT_TOKENS = 512

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
  const metric = findMetric(name)
  if (!metric) {
    throw new InvalidInputError(`metric ${JSON.stringify(name)} is unknown`, {
      where,
      remedy: `Use ${METRICS.map((known) => known.name).join(', ')}, autoevals:NAME, or a module such as ./metric.ts.`,
    })
  }
  const checked = metric.options.safeParse(options)
  if (checked.success) return { name, options: { ...checked.data } }
  const issue = checked.error.issues[0]!
  const [key] = issue.path
  const settings = '`krige help metrics` lists the settings.'
  if (typeof key === 'string' && issue.path.length === 1 && options[key] === undefined) {
    throw new InvalidInputError(`metric ${name} needs ${key}`, {
      where,
      remedy: `Add it, as in metric: { name: ${name}, ${key}: … }; ${settings}`,
    })
  }
  const path = issue.path.length > 0 ? `${issue.path.join('.')}: ` : ''
  const unknown = issue.code === 'unrecognized_keys'
  throw new InvalidInputError(`metric ${name}: ${path}${issue.message}`, {
    where,
    remedy: `${unknown ? 'Take the key out' : 'Correct it'}; ${settings}`,
  })
}

/** How long an answer may be where the task does not say. */
export function defaultMaxOutputTokens({ name }: MetricSpecification): number {
  return findMetric(name)?.maxOutputTokens ?? DEFAULT_MAX_OUTPUT_TOKENS
}

/**
 * Whether a metric can compare with an example's `expected`.
 *
 * @throws InvalidInputError when it is missing or of the wrong kind.
 */
export function checkExpected({ name, options }: MetricSpecification, example: Example, where: string): void {
  const metric = findMetric(name)
  if (!metric?.checkExpected || metric.needsExpected?.(options) === false) return
  const { expected } = example
  if (expected === undefined) {
    throw new InvalidInputError(`example ${example.id} has no "expected", which ${name} compares with`, {
      where,
      remedy: 'Add "expected", or use a metric that needs none.',
    })
  }
  const problem = metric.checkExpected(expected, options)
  if (!problem) return
  const shown = JSON.stringify(expected)
  throw new InvalidInputError(
    `"expected" is ${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown}; ${name} needs ${problem.needs}`,
    { where, remedy: problem.remedy ?? 'Correct the example.' },
  )
}

/** Whether scoring an example takes an embedder. */
export function needsEmbeddings({ name }: MetricSpecification, example: Example): boolean {
  return findMetric(name)?.needsEmbeddings?.(example) ?? false
}

/** Measurements of a metric beside its score, as far as they are known before it runs. */
export function measurementNames({ name }: MetricSpecification, examples: readonly Example[]): readonly string[] {
  return findMetric(name)?.measures?.(examples) ?? []
}
