import { InvalidInputError } from '../errors.ts'
import type { CallTrace } from '../history/trace.ts'
import type { StagedProgram } from '../prompt/staged-program.ts'
import type { Template } from '../prompt/template.ts'
import type { Evaluation, Evaluator } from './evaluator.ts'
import { createMetric } from './metrics/create-metric.ts'
import type { Metric } from './metrics/metric.ts'
import type { MetricSpecification } from './metrics/metric-specification.ts'
import type { ModelSettings } from './models/model-specification.ts'
import { type OpenTextModelOptions, openTextModel } from './models/open-text-model.ts'
import type { ResponseCache } from './response-cache.ts'
import type { RetryOptions } from './retry.ts'
import { createAnswerRedactor, createRedactor } from './secrets.ts'
import { createTemplateEvaluator } from './template-evaluator.ts'
import type { Sampling, TextModel } from './text-model.ts'
import type { ProgramLimits } from './user-code/limits.ts'

/** What an evaluator needs to know of a task. */
export interface EvaluatedTask {
  /** Absent when `evaluate` names a program that needs none. */
  readonly template?: Template
  readonly metric: MetricSpecification
  /**
   * As written: `gguf:NAME`, `openai-compatible:URL#name`, `PROVIDER:MODEL`; absent only for programs. An address may hold
   * a password: show and store `publicModelName(model)`.
   */
  readonly model?: string
  readonly modelSettings?: ModelSettings
  /** Where a command that prints a key runs. */
  readonly folder?: string
  readonly sampling: Sampling
  /** Distinct expected texts of all examples in order of first use: what `label-match` looks for. */
  readonly labels: readonly string[]
  readonly constraints?: readonly { readonly metric: string }[]
  /** Absolute path of a program module. */
  readonly evaluate?: string
  /** Of a program, a metric module or a scorer of a package. */
  readonly limits?: ProgramLimits
  /** Instead of a template: several stages, each with its own. */
  readonly program?: StagedProgram
  /** How to ask the models that stages name themselves. */
  readonly stageSettings?: Readonly<Record<string, ModelSettings>>
}

export interface OpenEvaluatorOptions extends OpenTextModelOptions {
  readonly cache?: ResponseCache
  readonly retry?: RetryOptions
  /** Cosine of two texts' embeddings, for metrics that compare meanings. */
  readonly similarity?: (a: string, b: string) => Promise<number>
  /** Wraps every model, including judges; used for tracing. */
  readonly wrapModel?: (model: TextModel) => TextModel
  /** How a model is opened, judges and those of stages, too. @defaultValue {@link openTextModel} */
  readonly openModel?: typeof openTextModel
  /** Instead of opening what the task names; still closed with the evaluator. */
  readonly textModel?: TextModel
}

/**
 * Opens model, metric and program of a task.
 *
 * @throws UnavailableError, InvalidInputError as {@link openTextModel} and {@link createMetric}.
 * @example
 * const evaluator = await openEvaluator(task, { modelsFolder: 'models', environment: { OPENAI_API_KEY: 'sk-12345678' } })
 * evaluator.random // false: every repeat of a cell gives the same score
 */
export async function openEvaluator(task: EvaluatedTask, options: OpenEvaluatorOptions): Promise<Evaluator> {
  const redact = createRedactor(options.environment)
  const redactAnswer = createAnswerRedactor(options.environment)
  return redactTexts(await open(task, options), redact, redactAnswer)
}

const WHOLE_ANSWER: ReadonlySet<string> = new Set(['outputTokens', 'tokens', 'latency', 'usd'])

/**
 * Hides keys in everything that is kept. A program or a metric of the user's may put one into an error; a server may
 * repeat it in an answer.
 */
function redactTexts(
  evaluator: Evaluator,
  redact: (text: string) => string,
  redactAnswer: (text: string) => string,
): Evaluator {
  const cleanCall = ({ system, turns, prompt, text, error, ...call }: CallTrace): CallTrace => ({
    ...call,
    ...(turns === undefined
      ? {}
      : {
          turns: turns.map(({ user, assistant }) => ({ user: redactAnswer(user), assistant: redactAnswer(assistant) })),
        }),
    ...(system === undefined ? {} : { system: redactAnswer(system) }),
    prompt: redactAnswer(prompt),
    ...(text === undefined ? {} : { text: redactAnswer(text) }),
    ...(error === undefined ? {} : { error: redact(error) }),
  })
  const clean = (evaluation: Evaluation): Evaluation => {
    const { failure, output, feedback, traces } = evaluation
    return {
      ...evaluation,
      ...(failure ? { failure: { ...failure, message: redact(failure.message) } } : {}),
      ...(output === undefined ? {} : { output: redactAnswer(output) }),
      ...(feedback ? { feedback: feedback.map((one) => ({ ...one, text: redactAnswer(one.text) })) } : {}),
      ...(traces ? { traces: traces.map(cleanCall) } : {}),
    } as Evaluation
  }
  const { compare } = evaluator
  return {
    ...evaluator,
    evaluate: async (request) => clean(await evaluator.evaluate(request)),
    ...(compare ? { compare: async (request) => clean(await compare(request)) } : {}),
  }
}

async function open(task: EvaluatedTask, options: OpenEvaluatorOptions): Promise<Evaluator> {
  const modelOptions: OpenTextModelOptions = {
    ...(task.folder === undefined ? {} : { folder: task.folder }),
    ...options,
    settings: { ...task.modelSettings, ...options.settings },
  }
  const wrap = options.wrapModel ?? ((model: TextModel) => model)
  const openNamed = options.openModel ?? openTextModel
  const openModel = async () => {
    if (options.textModel) return wrap(options.textModel)
    return task.model === undefined ? undefined : wrap(await openNamed(task.model, modelOptions))
  }
  if (task.evaluate !== undefined) {
    if (modelOptions.settings?.batch !== undefined) {
      throw new InvalidInputError('batch: is not for programs: a program may not run for the hours that batches take', {
        remedy: 'Write the calls as template: or stages:, or leave batch out.',
      })
    }
    const { createProgramEvaluator } = await import('./program-evaluator.ts')
    return createProgramEvaluator({
      file: task.evaluate,
      model: await openModel(),
      sampling: task.sampling,
      ...(task.limits ? { limits: task.limits } : {}),
      ...(options.cache ? { cache: options.cache } : {}),
      ...(options.retry ? { retry: options.retry } : {}),
    })
  }
  if (!task.template && !task.program)
    throw new InvalidInputError('the task has neither a template nor a program', {
      remedy: 'Write template:, stages: or evaluate:.',
    })
  const metric = await createMetric(task.metric, {
    labels: task.labels,
    openModel: async (judge, settings) => {
      const own = judge === task.model && !settings ? modelOptions : { ...modelOptions, settings: settings ?? {} }
      return wrap(await openNamed(judge, own))
    },
    ...(options.similarity ? { similarity: options.similarity } : {}),
    ...(task.limits ? { limits: task.limits } : {}),
  })
  // An answer cut short as soon as it is decided would look cheaper than it is.
  const isMeasured = task.constraints?.some(({ metric: name }) => WHOLE_ANSWER.has(name)) ?? false
  const whole: Metric = isMeasured ? { ...metric, isDecided: undefined } : metric
  const metricKey = JSON.stringify([
    task.metric,
    task.metric.name === 'label-match' ? task.labels : [],
    ...(metric.edition === undefined ? [] : [metric.edition]),
  ])
  const model = await openModel()
  if (task.program) {
    const models = new Map<string, TextModel>()
    for (const stage of task.program.stages) {
      if (stage.model === undefined || stage.model === task.model || options.textModel) continue
      const settings = { ...task.stageSettings?.[stage.name], ...options.settings }
      models.set(stage.name, wrap(await openNamed(stage.model, { ...modelOptions, settings })))
    }
    const { createStageEvaluator } = await import('./stages/stage-evaluator.ts')
    return createStageEvaluator({
      program: task.program,
      modelOf: ({ name }) => models.get(name) ?? model ?? fail(name),
      metric: whole,
      metricKey,
      ...(options.cache ? { cache: options.cache } : {}),
      ...(options.retry ? { retry: options.retry } : {}),
    })
  }
  if (!model)
    throw new InvalidInputError('the task has no model', {
      remedy: 'Add one, such as model: gguf:smollm2-135m-instruct',
    })
  return createTemplateEvaluator({
    template: task.template!,
    model,
    metric: whole,
    metricKey,
    sampling: task.sampling,
    ...(options.cache ? { cache: options.cache } : {}),
    ...(options.retry ? { retry: options.retry } : {}),
  })
}

function fail(stage: string): never {
  throw new InvalidInputError(`stage ${stage} has no model`, {
    remedy: 'Add one to the stage, or one for all: model: gguf:smollm2-135m-instruct',
  })
}
