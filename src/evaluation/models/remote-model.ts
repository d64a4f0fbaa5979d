/**
 * Models behind HTTP, through the AI SDK: any OpenAI-compatible endpoint, and any provider package the user installed.
 *
 * @module
 */
import { type Failure, failure } from '../../history/failure.ts'
import { estimateTokens, inputTokensOf } from '../estimate-tokens.ts'
import { LONGEST_TIMER } from '../retry.ts'
import type { GenerateRequest, Generation, TextModel, Usage } from '../text-model.ts'
import { createThrottle, type ThrottleOptions } from '../throttle.ts'
import { waitNotice } from '../waits.ts'
import { type BatchCalls, createBatchCalls } from './batch-calls.ts'
import type { BatchTiming } from './batch-timing.ts'
import { type CallContext, classifyError, wasNeverSent } from './classify-error.ts'
import { type Completion, completeText } from './complete-text.ts'
import { publicModelName } from './model-name.ts'
import { type Credentials, type ResolvedModel, resolveModel } from './resolve-model.ts'
import { usageOfFailure } from './usage-of-failure.ts'

export interface RemoteModelOptions extends Credentials {
  /** Calls in flight at most. @defaultValue 8 */
  readonly concurrency?: number
  /** Milliseconds until a call is given up. @defaultValue 120000 */
  readonly timeout?: number
  readonly throttle?: Omit<ThrottleOptions, 'concurrency'>
  /** Calls that are sent together, through the provider's batch interface. @defaultValue each is sent alone */
  readonly batch?: number
  readonly batchTiming?: BatchTiming
  readonly now?: () => number
  /** Told in words when the server asks to wait. */
  readonly onNotice?: (notice: string) => void
}

const DEFAULT_CONCURRENCY = 8
const DEFAULT_TIMEOUT = 120_000

/**
 * @param specification - `openai-compatible:URL#name` or `PROVIDER:MODEL`.
 * @throws InvalidInputError on a URL that is none, and where batches are wanted of a provider that has none;
 * UnavailableError when the provider's package is not installed.
 */
export async function openRemoteModel(specification: string, options: RemoteModelOptions): Promise<TextModel> {
  return createRemoteModel(publicModelName(specification), await resolveModel(specification, options), options)
}

function createRemoteModel(name: string, resolved: ResolvedModel, options: RemoteModelOptions): TextModel {
  const { host, hint, redact, redactAnswer } = resolved
  const timeout = Math.min(options.timeout ?? DEFAULT_TIMEOUT, LONGEST_TIMER)
  const now = options.now ?? Date.now
  const concurrency = options.batch ?? options.concurrency ?? DEFAULT_CONCURRENCY
  const throttle = createThrottle({
    concurrency,
    onWait: (milliseconds) => options.onNotice?.(waitNotice(host, milliseconds, now())),
    ...options.throttle,
  })
  const closing = new AbortController()

  const read = (result: Completion, request: GenerateRequest): Generation => {
    const usage = usageOf(result, request)
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
    return {
      kind: 'text',
      text: redactAnswer(result.text),
      reason: result.finishReason === 'length' ? 'length' : 'stop',
      usage,
    }
  }

  let batchCalls: BatchCalls | undefined
  const openBatchCalls = () => {
    batchCalls ??= createBatchCalls({
      ...resolved.openBatches(),
      size: concurrency,
      context: { host, redact, now },
      read,
      timeout,
      onNotice: options.onNotice,
      timing: options.batchTiming,
    })
    return batchCalls
  }
  if (options.batch !== undefined) openBatchCalls()

  const call = async (request: GenerateRequest): Promise<Generation> => {
    const clock = AbortSignal.timeout(timeout)
    const callers = [closing.signal, ...(request.signal ? [request.signal] : [])]
    if (callers.some((signal) => signal.aborted)) return unsent(failure('cancelled', 'cancelled before it was sent'))
    try {
      return read(await completeText(resolved.languageModel, request, AbortSignal.any([clock, ...callers])), request)
    } catch (error) {
      const cancelled = callers.some((signal) => signal.aborted)
      const context: CallContext = { cancelled, host, hint, redact, now, ...(clock.aborted ? { timeout } : {}) }
      const classified = classifyError(error, context)
      if (wasNeverSent(error)) return unsent(classified)
      return { kind: 'failure', failure: classified, usage: usageOfFailure(error, request) }
    }
  }

  return {
    name,
    identity: resolved.identity,
    concurrency,
    ...(options.batch === undefined ? {} : { batch: options.batch }),
    local: resolved.local,
    countTokens: estimateTokens,
    generate: (request) =>
      // What an earlier process sent in a batch is fetched, whatever is set now: it is paid for.
      options.batch !== undefined || request.ticket?.batch !== undefined
        ? openBatchCalls().generate(request)
        : throttle.run(() => call(request), {
            tokens: inputTokensOf(request) + request.sampling.maxOutputTokens,
            ...(request.signal ? { signal: request.signal } : {}),
          }),
    async close() {
      closing.abort()
      batchCalls?.close()
      throttle.close()
    },
  }
}

/** What the server says, where it says something that can be; no prompt and no answer takes no tokens. */
function usageOf({ text, inputTokens, outputTokens }: Completion, request: GenerateRequest): Usage {
  const told = (count: number | undefined, of: string) =>
    count !== undefined && Number.isSafeInteger(count) && (count > 0 || (count === 0 && of === '')) ? count : undefined
  const [input, output] = [told(inputTokens, request.prompt), told(outputTokens, text)]
  if (input !== undefined && output !== undefined) return { inputTokens: input, outputTokens: output }
  return {
    inputTokens: input ?? inputTokensOf(request),
    outputTokens: output ?? estimateTokens(text),
    estimated: true,
  }
}

const unsent = (reason: Failure): Generation => ({
  kind: 'failure',
  failure: reason,
  usage: { inputTokens: 0, outputTokens: 0 },
  unsent: true,
})
