/**
 * Models behind HTTP, through the AI SDK: any OpenAI-compatible endpoint, and any provider package the user installed.
 *
 * @module
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText, type LanguageModel } from 'ai'
import { InvalidInputError, UnavailableError } from '../../errors.ts'
import { estimateTokens } from '../estimate-tokens.ts'
import { failure } from '../failure.ts'
import { createRedactor, Secret } from '../secrets.ts'
import type { GenerateRequest, Generation, TextModel } from '../text-model.ts'
import { createThrottle, type ThrottleOptions } from '../throttle.ts'
import { type CallContext, classifyError } from './classify-error.ts'

export interface RemoteModelOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Calls in flight at most. @defaultValue 8 */
  readonly concurrency?: number
  /** Milliseconds until a call is given up. @defaultValue 120000 */
  readonly timeout?: number
  readonly throttle?: Omit<ThrottleOptions, 'concurrency'>
  readonly now?: () => number
}

const DEFAULT_CONCURRENCY = 8
const DEFAULT_TIMEOUT = 120_000

interface ResolvedModel {
  readonly languageModel: LanguageModel
  readonly identity: string
  readonly host: string
  readonly redact: (text: string) => string
  readonly local: boolean
}

/**
 * @param specification - `openai-compatible:URL#name` or `PROVIDER:MODEL`.
 * @throws InvalidInputError on a URL that is none; UnavailableError when the provider's package is not installed.
 */
export async function openRemoteModel(specification: string, options: RemoteModelOptions): Promise<TextModel> {
  const resolved = specification.startsWith('openai-compatible:')
    ? openEndpoint(specification, options.environment)
    : await openProvider(specification, options.environment)
  return createRemoteModel(specification, resolved, options)
}

function createRemoteModel(name: string, resolved: ResolvedModel, options: RemoteModelOptions): TextModel {
  const { host, redact } = resolved
  const timeout = options.timeout ?? DEFAULT_TIMEOUT
  const now = options.now ?? Date.now
  const concurrency = options.concurrency ?? DEFAULT_CONCURRENCY
  const throttle = createThrottle({ concurrency, ...options.throttle })
  const closing = new AbortController()

  const call = async (request: GenerateRequest): Promise<Generation> => {
    const clock = AbortSignal.timeout(timeout)
    const callers = [closing.signal, ...(request.signal ? [request.signal] : [])]
    const { sampling } = request
    try {
      const result = await generateText({
        model: resolved.languageModel,
        maxRetries: 0,
        prompt: request.prompt,
        ...(request.system === undefined ? {} : { instructions: request.system }),
        temperature: sampling.temperature,
        maxOutputTokens: sampling.maxOutputTokens,
        ...(sampling.topP === undefined ? {} : { topP: sampling.topP }),
        ...(sampling.stop === undefined ? {} : { stopSequences: [...sampling.stop] }),
        ...(sampling.seed === undefined ? {} : { seed: sampling.seed }),
        abortSignal: AbortSignal.any([clock, ...callers]),
      })
      const { inputTokens, outputTokens } = result.usage
      const usage =
        inputTokens === undefined || outputTokens === undefined
          ? {
              inputTokens: inputTokens ?? estimateTokens(request.prompt),
              outputTokens: outputTokens ?? estimateTokens(result.text),
              estimated: true,
            }
          : { inputTokens, outputTokens }
      if (result.finishReason === 'content-filter') {
        return {
          kind: 'failure',
          failure: failure('content-filter', `${host} withheld the answer (content filter)`),
          usage,
        }
      }
      if (result.finishReason === 'error') {
        return { kind: 'failure', failure: failure('server', `${host} ended the answer with an error`), usage }
      }
      return { kind: 'text', text: result.text, reason: result.finishReason === 'length' ? 'length' : 'stop', usage }
    } catch (error) {
      const cancelled = callers.some((signal) => signal.aborted)
      const context: CallContext = { cancelled, host, redact, now, ...(clock.aborted ? { timeout } : {}) }
      return { kind: 'failure', failure: classifyError(error, context), usage: usageOfFailure(error, request) }
    }
  }

  return {
    name,
    identity: resolved.identity,
    concurrency,
    local: resolved.local,
    countTokens: estimateTokens,
    generate: (request) => throttle.run(() => call(request), request.signal),
    async close() {
      closing.abort()
      throttle.close()
    },
  }
}

/**
 * What a failed call may have cost. A server that refused has done nothing; one that answered badly, or not in time, may
 * have read the prompt and even charged for it, so the prompt counts.
 */
function usageOfFailure(error: unknown, request: GenerateRequest) {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined
  const refused = typeof status === 'number' && status >= 400
  return { inputTokens: refused ? 0 : estimateTokens(request.prompt), outputTokens: 0, estimated: true }
}

function openEndpoint(specification: string, environment: RemoteModelOptions['environment']): ResolvedModel {
  const rest = specification.slice('openai-compatible:'.length)
  const hash = rest.indexOf('#')
  const url = URL.parse(hash < 0 ? rest : rest.slice(0, hash))
  const model = hash < 0 ? '' : rest.slice(hash + 1)
  if (!url || !/^https?:$/.test(url.protocol) || model.length === 0) {
    throw new InvalidInputError(
      `model is ${JSON.stringify(redactUrl(specification))}; expected openai-compatible:URL#name`,
      {
        remedy: 'For a local server: openai-compatible:http://127.0.0.1:8080/v1#name',
      },
    )
  }
  const own = url.hostname === 'api.openai.com' ? environment['OPENAI_API_KEY'] : undefined
  const written = environment['KRIGE_API_KEY'] ?? own
  const key = written ? new Secret(written) : undefined
  const password = url.password ? new Secret(decodeURIComponent(url.password)) : undefined
  const redact = createRedactor(environment, [key, password])
  const headers = url.username
    ? {
        Authorization: `Basic ${Buffer.from(`${decodeURIComponent(url.username)}:${password?.reveal() ?? ''}`).toString('base64')}`,
      }
    : undefined
  url.username = ''
  url.password = ''
  const base = `${url.origin}${url.pathname.replace(/\/+$/, '')}`
  const provider = createOpenAICompatible({
    name: 'openai-compatible',
    baseURL: base,
    ...(key ? { apiKey: key.reveal() } : {}),
    ...(headers ? { headers } : {}),
    ...(url.search ? { queryParams: Object.fromEntries(url.searchParams) } : {}),
  })
  return {
    languageModel: provider.chatModel(model),
    identity: `openai-compatible:${base}#${model}`,
    host: url.host,
    redact,
    local: false,
  }
}

function redactUrl(text: string): string {
  return text.replace(/\/\/[^/@\s]+@/, '//[secret]@')
}

async function openProvider(
  specification: string,
  environment: RemoteModelOptions['environment'],
): Promise<ResolvedModel> {
  const colon = specification.indexOf(':')
  const provider = specification.slice(0, colon)
  const name = specification.slice(colon + 1)
  const packageName = `@ai-sdk/${provider}`
  const module = await importFromUser(packageName)
  if (!module) {
    throw new UnavailableError(`provider ${provider} needs the package ${packageName}, which is not installed`, {
      remedy: `npm install ${packageName}`,
    })
  }
  const exported = module[provider.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())]
  if (typeof exported !== 'function') {
    throw new InvalidInputError(`${packageName} exports no provider named ${provider}`, {
      remedy: 'Check the name, or use openai-compatible:URL#name.',
    })
  }
  const languageModel: LanguageModel = exported(name)
  return {
    languageModel,
    identity: specification,
    host: provider,
    redact: createRedactor(environment),
    local: false,
  }
}

/** Looks where Krige is installed, then where the user works. */
async function importFromUser(packageName: string): Promise<Record<string, unknown> | undefined> {
  try {
    return await import(packageName)
  } catch {
    try {
      const path = createRequire(pathToFileURL(join(process.cwd(), 'package.json'))).resolve(packageName)
      return await import(pathToFileURL(path).href)
    } catch {
      return undefined
    }
  }
}
