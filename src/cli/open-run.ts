/**
 * What `krige run` opens for a task: its models, the evaluator, the numeric backend.
 *
 * @module
 */
import type { Telemetry } from '../engine/telemetry.ts'
import { KrigeError } from '../errors.ts'
import type { Evaluator } from '../evaluation/evaluator.ts'
import type { ModelSettings } from '../evaluation/models/model-specification.ts'
import type { OpenEvaluatorOptions } from '../evaluation/open-evaluator.ts'
import type { Task } from '../task/task.ts'
import { modelsFolder } from './cache-folder.ts'
import { openResponseCache } from './open-response-cache.ts'
import { openTaskSimilarity } from './open-task-embedder.ts'
import type { Replay } from './replay-table.ts'
import type { RunFlags } from './run-flags.ts'
import { storeAddress } from './with-store.ts'

export function mayWrite(task: Task, replay: Replay | undefined): boolean {
  return task.proposers !== 'none' && !replay && task.metric.name !== 'pairwise-judge'
}

/** The evaluator, and the model that writes prompts: the task's own, unless it names another. */
export async function openModels(task: Task, flags: RunFlags, replay: Replay | undefined, telemetry?: Telemetry) {
  const isWritten = mayWrite(task, replay)
  const more = telemetry ? { wrapModel: telemetry.traceModel } : {}
  if (task.proposers !== 'none' && !isWritten) {
    process.stderr.write(
      `No prompts are written: ${replay ? 'a recorded table has answers for its own prompts only' : 'pairwise-judge compares the prompts there are'}.\n`,
    )
  }
  const name = isWritten ? (task.generator ?? task.model) : undefined
  if (name === undefined) return { isWritten, evaluator: await openTaskEvaluator(task, flags, replay, more) }
  const { openTextModel } = await import('../evaluation/models/open-text-model.ts')
  // What a writer of prompts is asked it waits for, so it is never asked in batches.
  const own = name === task.model && task.modelSettings?.batch === undefined
  const options = modelOptions(task, flags)
  const generator = await openTextModel(name, {
    ...options,
    settings: { ...writerSettings(task, name), ...options.settings },
  })
  try {
    const shared = { ...more, ...(own ? { textModel: generator } : {}) }
    return { isWritten, generator, evaluator: await openTaskEvaluator(task, flags, replay, shared) }
  } catch (error) {
    await generator.close()
    throw error
  }
}

function writerSettings({ model, modelSettings, generatorSettings }: Task, name: string): ModelSettings {
  const { batch: _, ...settings } = (name === model ? modelSettings : generatorSettings) ?? {}
  return settings
}

function modelOptions(task: Task, flags: RunFlags) {
  return {
    modelsFolder: modelsFolder(process.env),
    environment: process.env,
    folder: task.folder,
    ...(flags.threads === undefined ? {} : { threads: flags.threads }),
    ...(flags.concurrency === undefined ? {} : { concurrency: flags.concurrency }),
    withoutKeys: flags.dryRun ?? false,
    onNotice: (notice: string) => process.stderr.write(`${notice}\n`),
    settings: {
      ...(flags.requestsPerMinute === undefined ? {} : { requestsPerMinute: flags.requestsPerMinute }),
      ...(flags.tokensPerMinute === undefined ? {} : { tokensPerMinute: flags.tokensPerMinute }),
    },
  }
}

async function openTaskEvaluator(
  task: Task,
  flags: RunFlags,
  replay: Replay | undefined,
  more: Pick<OpenEvaluatorOptions, 'wrapModel' | 'textModel' | 'openModel' | 'onMissingKey'>,
): Promise<Evaluator> {
  if (replay) return replay.evaluator
  const { openEvaluator } = await import('../evaluation/open-evaluator.ts')
  return openEvaluator(task, {
    ...modelOptions(task, flags),
    ...more,
    ...(flags.cache === false || flags.storeText === false || flags.dryRun
      ? {}
      : { cache: await openTaskCache(task, flags) }),
    similarity: openTaskSimilarity(task),
  })
}

async function openTaskCache(task: Task, flags: RunFlags) {
  const { storeLocation } = await import('../store/open-store.ts')
  const location = storeLocation(storeAddress(flags.store))
  return openResponseCache(location, flags.study ?? task.name, (notice) => process.stderr.write(`${notice}\n`))
}

/** For a plan a model is only needed to count tokens; where it cannot be had, they are estimated as for one behind HTTP. */
export async function openEstimator(task: Task, flags: RunFlags, replay: Replay | undefined) {
  const missing = new Set<string>()
  const onMissingKey = (problem: string) => missing.add(sentence(problem))
  const opened = await openCounter(task, flags, replay, onMissingKey)
  await lookAtGenerator(task, flags, replay, onMissingKey)
  return { ...opened, missing: [...missing] }
}

async function openCounter(
  task: Task,
  flags: RunFlags,
  replay: Replay | undefined,
  onMissingKey: (problem: string) => void,
) {
  const { openTextModel } = await import('../evaluation/models/open-text-model.ts')
  const { createCountingModel } = await import('../evaluation/models/counting-model.ts')
  let notice: string | undefined
  const openModel: typeof openTextModel = async (name, options) => {
    try {
      return await openTextModel(name, options)
    } catch (error) {
      if (!isUnavailable(error)) throw error
      notice ??= `Tokens are estimated from characters: ${withRemedy(error)}`
      return createCountingModel(name)
    }
  }
  const evaluator = await openTaskEvaluator(task, flags, replay, { onMissingKey, openModel })
  return { estimator: evaluator, close: () => evaluator.close(), notice }
}

/** Whether the model that writes prompts can be had, where it is another than the task's and behind HTTP. */
async function lookAtGenerator(
  task: Task,
  flags: RunFlags,
  replay: Replay | undefined,
  onMissingKey: (problem: string) => void,
): Promise<void> {
  const { generator } = task
  if (!mayWrite(task, replay) || generator === undefined || generator === task.model) return
  if (generator.startsWith('gguf:')) return
  const { openTextModel } = await import('../evaluation/models/open-text-model.ts')
  const options = modelOptions(task, flags)
  const settings = { ...writerSettings(task, generator), ...options.settings }
  try {
    await (await openTextModel(generator, { ...options, settings, onMissingKey })).close()
  } catch (error) {
    if (!isUnavailable(error)) throw error
    onMissingKey(withRemedy(error))
  }
}

function isUnavailable(error: unknown): error is KrigeError {
  return KrigeError.isInstance(error) && error.code === 'unavailable'
}

function withRemedy({ message, remedy }: KrigeError): string {
  return remedy === undefined ? message : `${message}. ${remedy}`
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`
}

export async function openTaskBackend(flags: RunFlags, recorded: string | undefined) {
  const { openThreadedBackend } = await import('../threads/open-threaded-backend.ts')
  return openThreadedBackend(flags.backend ?? recorded ?? process.env['KRIGE_BACKEND'])
}
