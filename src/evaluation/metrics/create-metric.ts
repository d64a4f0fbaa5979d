import { InvalidInputError } from '../../errors.ts'
import type { RemoteModelSettings } from '../models/open-text-model.ts'
import type { TextModel } from '../text-model.ts'
import { assertions } from './assertions.ts'
import { contains } from './contains.ts'
import { exactMatch } from './exact-match.ts'
import { jsonFields } from './json-fields.ts'
import { judge } from './judge.ts'
import { labelMatch } from './label-match.ts'
import type { Metric } from './metric.ts'
import { numeric } from './numeric.ts'
import { pairwiseJudge } from './pairwise-judge.ts'
import { regex } from './regex.ts'

/** Opens the model of a judge; `settings` say how it is to be asked, when the task does. */
export type OpenJudgeModel = (specification: string, settings?: RemoteModelSettings) => Promise<TextModel>

export interface MetricSettings {
  readonly name: string
  readonly options: Readonly<Record<string, unknown>>
}

type MetricFactory = (options: Readonly<Record<string, unknown>>, labels: readonly string[]) => Metric

/** Built-in metrics by name; their options were checked with the task. */
const METRICS: Readonly<Record<string, MetricFactory>> = {
  'exact-match': (options) => exactMatch({ normalize: options['normalize'] !== false }),
  'label-match': (options, labels) => labelMatch(stringsOf(options['labels']) ?? labels),
  numeric: (options) =>
    numeric({
      ...(typeof options['tolerance'] === 'number' ? { tolerance: options['tolerance'] } : {}),
      ...(typeof options['relative'] === 'number' ? { relative: options['relative'] } : {}),
      ...(options['position'] === 'first' ? { position: 'first' } : {}),
    }),
  'json-fields': (options) => {
    const fields = stringsOf(options['fields'])
    return jsonFields({ ...(fields ? { fields } : {}), all: options['all'] === true })
  },
  contains: (options) => contains({ caseSensitive: options['caseSensitive'] === true }),
  regex: (options) =>
    regex({
      ...(typeof options['pattern'] === 'string' ? { pattern: options['pattern'] } : {}),
      ...(typeof options['flags'] === 'string' ? { flags: options['flags'] } : {}),
    }),
}

/**
 * @param labels - the task's labels, for `label-match`.
 * @param openModel - opens the model of a judge.
 * @param similarity - cosine of two texts' embeddings, for assertions that compare meanings.
 * @throws InvalidInputError on an unknown metric; UnavailableError when a module or package cannot be loaded.
 */
export async function createMetric(
  settings: MetricSettings,
  labels: readonly string[],
  openModel?: OpenJudgeModel,
  similarity?: (a: string, b: string) => Promise<number>,
): Promise<Metric> {
  if (settings.name === 'judge') return openJudge(settings.options, openModel)
  if (settings.name === 'pairwise-judge') return openPairwiseJudge(settings.options, openModel)
  if (settings.name === 'assertions') return openAssertions(settings.options, openModel, similarity)
  const factory = METRICS[settings.name]
  if (factory) return factory(settings.options, labels)
  if (settings.name.startsWith('autoevals:')) {
    const { autoevalsMetric } = await import('./autoevals.ts')
    return autoevalsMetric(settings.name.slice('autoevals:'.length), settings.options)
  }
  if (/[/\\]/.test(settings.name)) {
    const { moduleMetric } = await import('./module-metric.ts')
    return moduleMetric(settings.name, settings.options)
  }
  throw new InvalidInputError(
    `metric ${JSON.stringify(settings.name)} is unknown; expected ${Object.keys(METRICS).join(', ')}`,
  )
}

async function openJudge(
  options: Readonly<Record<string, unknown>>,
  openModel: OpenJudgeModel | undefined,
): Promise<Metric> {
  const { criteria, scale, repeats, maxOutputTokens } = options
  const [model, modelSettings] = namedModel(options['model'])
  if (typeof model !== 'string' || typeof criteria !== 'string' || !openModel) {
    throw new InvalidInputError('metric judge needs a model and criteria', {
      remedy: 'metric: { name: judge, model: PROVIDER:MODEL, criteria: … }',
    })
  }
  return judge({
    model: await openModel(model, modelSettings),
    criteria,
    ...(Array.isArray(scale) ? { scale: [Number(scale[0]), Number(scale[1])] as const } : {}),
    ...(typeof repeats === 'number' ? { repeats } : {}),
    ...(typeof maxOutputTokens === 'number' ? { maxOutputTokens } : {}),
  })
}

async function openPairwiseJudge(
  options: Readonly<Record<string, unknown>>,
  openModel: OpenJudgeModel | undefined,
): Promise<Metric> {
  const { criteria, repeats, maxOutputTokens } = options
  const [model, modelSettings] = namedModel(options['model'])
  if (typeof model !== 'string' || typeof criteria !== 'string' || !openModel) {
    throw new InvalidInputError('metric pairwise-judge needs a model and criteria', {
      remedy: 'metric: { name: pairwise-judge, model: PROVIDER:MODEL, criteria: … }',
    })
  }
  return pairwiseJudge({
    model: await openModel(model, modelSettings),
    criteria,
    ...(typeof repeats === 'number' ? { repeats } : {}),
    ...(typeof maxOutputTokens === 'number' ? { maxOutputTokens } : {}),
  })
}

async function openAssertions(
  options: Readonly<Record<string, unknown>>,
  openModel: OpenJudgeModel | undefined,
  similarity: ((a: string, b: string) => Promise<number>) | undefined,
): Promise<Metric> {
  const { repeats, maxOutputTokens } = options
  const [model, modelSettings] = namedModel(options['judge'])
  return assertions({
    ...(typeof model === 'string' && openModel ? { judgeModel: await openModel(model, modelSettings) } : {}),
    ...(typeof repeats === 'number' ? { repeats } : {}),
    ...(typeof maxOutputTokens === 'number' ? { maxOutputTokens } : {}),
    ...(similarity ? { similarity } : {}),
  })
}

/** A judge's model is written as a task's is: a name, or a name and settings, checked with the task. */
function namedModel(written: unknown): [name?: unknown, settings?: RemoteModelSettings] {
  if (typeof written !== 'object' || written === null || !('name' in written)) return [written]
  const { name, ...settings } = written
  return [name, settings]
}

function stringsOf(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.map(String) : undefined
}
