import { InvalidInputError } from '../../errors.ts'
import { loadOptional } from '../../load-optional.ts'
import type { ApiKeyCommand } from '../api-key-command.ts'
import type { TextModel } from '../text-model.ts'
import type { BatchTiming } from './batch-timing.ts'
import { findGguf, hashFile, parseGgufReference } from './find-gguf.ts'
import { publicModelName } from './model-name.ts'
import type { ModelSettings } from './model-specification.ts'

export interface OpenTextModelOptions {
  /** Folder with `.gguf` files. */
  readonly modelsFolder: string
  /** Where keys are looked up; read at the edge and passed in. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Processor threads of a local model. @defaultValue the machine's cores */
  readonly threads?: number
  /** Prompts a local model works on side by side. @defaultValue 1 */
  readonly sequences?: number
  /** Calls in flight to a server. @defaultValue 8 */
  readonly concurrency?: number
  /** How the task says its model is to be asked; `concurrency` above goes first. */
  readonly settings?: ModelSettings
  /** What paths of models are relative to, and where a command that prints a key runs. */
  readonly folder?: string
  /** When batches are sent and asked about. */
  readonly batchTiming?: BatchTiming
  /** Told in words when a server asks to wait. */
  readonly onNotice?: (notice: string) => void
  /** For a model that is only to count tokens: no command is run. @defaultValue false */
  readonly withoutKeys?: boolean
  /** Told in words where a provider's key is missing. @defaultValue the first call fails with it */
  readonly onMissingKey?: (problem: string) => void
}

/**
 * Opens what a task calls its model.
 *
 * @param specification - `gguf:NAME`, `openai-compatible:URL#name` or `PROVIDER:MODEL`.
 * @throws InvalidInputError, UnavailableError when it is not to be had, with what to do.
 * @example
 * const options = { modelsFolder: 'models', environment: process.env }
 * const model = await openTextModel('openai-compatible:http://127.0.0.1:8080/v1#llama3', options)
 * model.name // 'openai-compatible:http://127.0.0.1:8080/v1#llama3'
 */
export async function openTextModel(specification: string, options: OpenTextModelOptions): Promise<TextModel> {
  const colon = specification.indexOf(':')
  const scheme = specification.slice(0, colon)
  const rest = specification.slice(colon + 1)
  if (colon <= 0 || rest.length === 0) {
    throw new InvalidInputError(
      `model is ${JSON.stringify(publicModelName(specification))}; expected gguf:NAME, openai-compatible:URL#name or PROVIDER:MODEL`,
    )
  }
  const { batch } = options.settings ?? {}
  if (batch !== undefined && options.concurrency !== undefined) {
    throw new InvalidInputError('concurrency and batch cannot both be set: a batch is in flight as a whole', {
      remedy: 'Leave one of them out.',
    })
  }
  if (scheme === 'gguf') {
    if (batch !== undefined) {
      throw new InvalidInputError('batch: is for models of providers; a local model works on calls as they come', {
        remedy: 'Leave batch out.',
      })
    }
    const { name, format } = parseGgufReference(rest)
    const file = findGguf(name, options.modelsFolder, options.folder)
    const { openGgufModel } = await import('./gguf-model.ts')
    return openGgufModel({
      file,
      name: specification,
      identity: `gguf:sha256:${await hashFile(file)}`,
      format,
      ...(options.threads === undefined ? {} : { threads: options.threads }),
      ...(options.sequences === undefined ? {} : { sequences: options.sequences }),
    })
  }
  const { openRemoteModel } = await loadOptional(
    () => import('./remote-model.ts'),
    'a model behind HTTP',
    'ai @ai-sdk/openai-compatible @ai-sdk/provider',
  )
  const { apiKeyCommand, requestsPerMinute, tokensPerMinute, timeout } = options.settings ?? {}
  const { environment } = options
  const concurrency = options.concurrency ?? options.settings?.concurrency
  const apiKey = apiKeyCommand === undefined || options.withoutKeys ? undefined : await fetchKey(apiKeyCommand, options)
  if (options.onMissingKey && apiKeyCommand === undefined) {
    const { missingKey } = await import('./missing-key.ts')
    const problem = await missingKey(specification)
    if (problem !== undefined) options.onMissingKey(problem)
  }
  return openRemoteModel(specification, {
    environment,
    ...(options.onNotice ? { onNotice: options.onNotice } : {}),
    throttle: {
      ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }),
      ...(tokensPerMinute === undefined ? {} : { tokensPerMinute }),
    },
    ...(apiKey ? { apiKey } : {}),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(timeout === undefined ? {} : { timeout: 1000 * timeout }),
    ...(batch === undefined ? {} : { batch }),
    ...(options.batchTiming ? { batchTiming: options.batchTiming } : {}),
  })
}

async function fetchKey(command: ApiKeyCommand, { folder, environment }: OpenTextModelOptions) {
  const { runApiKeyCommand } = await import('../api-key-command.ts')
  return runApiKeyCommand(command, { environment, ...(folder === undefined ? {} : { folder }) })
}
