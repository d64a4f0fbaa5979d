import { type Failure, failure, NO_CALL_LEFT } from '../history/failure.ts'
import type { CallRole, CallTrace } from '../history/trace.ts'
import { withoutReasoning } from '../text/reasoning.ts'
import { inputTokensOf } from './estimate-tokens.ts'
import type { ReserveCall } from './evaluator.ts'
import { type CacheKey, cacheKeyOf, type ResponseCache } from './response-cache.ts'
import { DEFAULT_RETRY, pause, type RetryOptions, retryDelay } from './retry.ts'
import type { GenerateRequest, TextModel, Usage } from './text-model.ts'

export interface CallModelOptions {
  readonly reserve?: ReserveCall | undefined
  /** What the call is for. @defaultValue 'task' */
  readonly role?: CallRole | undefined
  /** Stage of a program. */
  readonly stage?: string | undefined
  readonly retry?: RetryOptions | undefined
  readonly cache?: ResponseCache | undefined
  readonly cacheKey?: CacheKey | undefined
}

export interface CallOutcome {
  readonly result:
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'failure'; readonly failure: Failure }
  readonly usage: Usage
  readonly calls: number
  readonly cached: boolean
  readonly trace: CallTrace
  /** What the answer itself takes, retries aside; a cached one as it was when it was paid for. `cut`: it reached its limit. */
  readonly answer?: { readonly usage: Usage; readonly milliseconds?: number; readonly cut?: boolean }
}

/**
 * One answer: from the cache, or by calling the model until it answers, retries are used up, or the budget says no.
 * Each attempt is reserved before it is sent and settled after: no failed attempt is free or uncounted. What a model
 * thinks before it answers is no part of the answer.
 */
export async function callModel(
  model: TextModel,
  request: GenerateRequest,
  options: CallModelOptions,
): Promise<CallOutcome> {
  const { cache, cacheKey, reserve, role = 'task' } = options
  const stage = options.stage === undefined ? {} : { stage: options.stage }
  const traceOf = (result: CallOutcome['result'], usage: Usage, milliseconds?: number): CallTrace => ({
    role,
    ...stage,
    model: model.name,
    ...(request.system === undefined ? {} : { system: request.system }),
    ...(request.turns ? { turns: request.turns } : {}),
    prompt: request.prompt,
    ...(result.kind === 'text' ? { text: result.text } : { error: result.failure.message }),
    usage: { inputTokens: usage.inputTokens, outputTokens: usage.outputTokens },
    ...(milliseconds === undefined ? {} : { milliseconds: Math.round(milliseconds) }),
    cached: milliseconds === undefined && result.kind === 'text',
  })
  const hit = cache && cacheKey ? cache.get(cacheKey) : undefined
  if (hit) {
    const result = { kind: 'text', text: withoutReasoning(hit.text) } as const
    return {
      result,
      trace: traceOf(result, hit.usage),
      usage: { inputTokens: 0, outputTokens: 0 },
      calls: 0,
      cached: true,
      // Answers of earlier versions do not say it.
      answer: { usage: hit.usage, cut: hit.cut ?? hit.usage.outputTokens >= request.sampling.maxOutputTokens },
    }
  }
  const retry = { ...DEFAULT_RETRY, ...options.retry }
  const content = cacheKeyOf(model, request, 0, '').slice(0, 16)
  let inputTokens = 0
  let outputTokens = 0
  let estimated = false
  let last: Failure | undefined
  const finish = (result: CallOutcome['result'], calls: number, milliseconds?: number): CallOutcome => ({
    result,
    trace: traceOf(result, { inputTokens, outputTokens }, milliseconds),
    usage: { inputTokens, outputTokens, ...(estimated ? { estimated } : {}) },
    calls,
    cached: false,
  })
  for (let attempt = 0; ; attempt++) {
    const cancelled = () =>
      finish({ kind: 'failure', failure: failure('cancelled', 'cancelled before it was sent') }, attempt)
    if (request.signal?.aborted) return cancelled()
    const reservation = await reserve?.({
      model: model.name,
      inputTokens: inputTokensOf(request, (message) => model.countTokens(message)),
      maxOutputTokens: request.sampling.maxOutputTokens,
      attempt,
      role,
      ...stage,
      content,
    })
    if (reserve && !reservation) {
      // What was wrong with the call is the reason, not that it cannot be sent once more.
      const refused = last ?? failure('budget', NO_CALL_LEFT)
      return finish({ kind: 'failure', failure: refused }, attempt)
    }
    // A reservation waits for the disk, and the caller may have gone meanwhile.
    if (request.signal?.aborted) {
      reservation?.release()
      return cancelled()
    }
    const started = performance.now()
    const ticket = reservation?.ticket
    const generation = await model.generate(ticket ? { ...request, ticket } : request)
    const milliseconds = performance.now() - started
    if (generation.kind === 'failure' && generation.unsent) {
      reservation?.release()
      return finish({ kind: 'failure', failure: generation.failure }, attempt)
    }
    if (generation.kind === 'failure' && generation.outstanding) {
      reservation?.leaveOpen?.()
      return finish({ kind: 'failure', failure: generation.failure }, attempt)
    }
    inputTokens += generation.usage.inputTokens
    outputTokens += generation.usage.outputTokens
    estimated ||= generation.usage.estimated ?? false
    await reservation?.settle({
      usage: generation.usage,
      ...(generation.kind === 'text' ? { text: withoutReasoning(generation.text) } : {}),
      ...(generation.kind === 'failure' ? { failure: generation.failure } : {}),
      milliseconds,
    })
    if (generation.kind === 'text') {
      const cut = generation.reason === 'length'
      if (cache && cacheKey) cache.set(cacheKey, { text: generation.text, usage: generation.usage, cut })
      const outcome = finish({ kind: 'text', text: withoutReasoning(generation.text) }, attempt + 1, milliseconds)
      return { ...outcome, answer: { usage: generation.usage, milliseconds, cut } }
    }
    last = generation.failure
    const delay = retryDelay(generation.failure, attempt, retry)
    const stopped = delay === undefined ? generation.failure : await pause(delay, request.signal)
    if (stopped) return finish({ kind: 'failure', failure: stopped }, attempt + 1)
  }
}
