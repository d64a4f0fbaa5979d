/**
 * From what an HTTP client or an AI SDK provider throws to a {@link Failure}.
 *
 * @module
 */
import { APICallError, LoadAPIKeyError, NoSuchModelError, UnsupportedFunctionalityError } from '@ai-sdk/provider'
import { type Failure, failure, LONGEST_WAIT } from '../../history/failure.ts'
import { untilText } from '../waits.ts'
import { OversizedAnswerError, RedirectError } from './guarded-fetch.ts'

/** Longest part of an answer shown in a message. */
const EXCERPT = 160

export interface CallContext {
  /** Aborted by the caller. */
  readonly cancelled: boolean
  /** Aborted by our own clock, after so many milliseconds. */
  readonly timeout?: number
  /** Where the call went, without secrets. */
  readonly host: string
  /** What to try where the server does not know what it was asked. @defaultValue to check the address and the name */
  readonly hint?: string | undefined
  readonly redact: (text: string) => string
  readonly now: () => number
}

/**
 * @example
 * import { APICallError } from '@ai-sdk/provider'
 * const error = new APICallError({ message: '', url: '', requestBodyValues: {}, statusCode: 429 })
 * const context = { cancelled: false, host: '127.0.0.1:8080', redact: (text: string) => text, now: Date.now }
 * classifyError(error, context) // { kind: 'rate-limit', message: 'HTTP 429 from 127.0.0.1:8080', … }
 */
export function classifyError(error: unknown, context: CallContext): Failure {
  const { host, redact } = context
  if (context.cancelled) return failure('cancelled', `the call to ${host} was cancelled`)
  if (context.timeout !== undefined)
    return failure('timeout', `${host} did not answer within ${context.timeout / 1000} s`)
  for (const cause of chain(error)) {
    if (cause instanceof RedirectError) return fromRedirect(cause, host)
    if (cause instanceof OversizedAnswerError) return failure('malformed', `${host}: ${cause.message}`)
    if (APICallError.isInstance(cause)) return fromApiCall(cause, context)
    if (LoadAPIKeyError.isInstance(cause)) return failure('authentication', redact(withoutKey(cause.message, host)))
    if (NoSuchModelError.isInstance(cause)) return failure('not-found', redact(cause.message))
    if (UnsupportedFunctionalityError.isInstance(cause)) return failure('bad-request', redact(cause.message))
  }
  if (isUnsendable(error)) {
    return failure('authentication', `the API key for ${host} holds a character that no request can carry`)
  }
  return fromConnection(error, context)
}

/** What `Headers` throws at a letter above U+00FF or a line break, and quotes the header with it. */
function isUnsendable(error: unknown): boolean {
  return [...chain(error)].some(
    (cause) => cause instanceof TypeError && /ByteString|invalid header value/.test(cause.message),
  )
}

/** Whether it failed before anything left this machine, so that it cost neither a call nor money. */
export function wasNeverSent(error: unknown): boolean {
  return isUnsendable(error) || [...chain(error)].some((cause) => LoadAPIKeyError.isInstance(cause))
}

/** Whether a model may have worked on it: no server refused it, and a connection there was. */
export function reachedModel(error: unknown): boolean {
  return ![...chain(error)].some(
    (cause) =>
      cause instanceof RedirectError ||
      NoSuchModelError.isInstance(cause) ||
      UnsupportedFunctionalityError.isInstance(cause) ||
      (APICallError.isInstance(cause) && (cause.statusCode ?? 0) >= 400) ||
      NO_CONNECTION.test(codeOf(cause)),
  )
}

/** Fatal, as a wrong address is: whatever else is asked would be sent on, too. */
function fromRedirect({ status, target }: RedirectError, host: string): Failure {
  return failure(
    'not-found',
    `HTTP ${status} from ${host}: it redirects to ${target}, which the task does not name, so nothing was sent there (if that is right, name that address as the model)`,
  )
}

function fromApiCall(error: APICallError, context: CallContext): Failure {
  const { statusCode: status, responseHeaders: headers } = error
  if (status === undefined) return fromConnection(error, context)
  const body: unknown = error.responseBody ?? ''
  if (typeof body !== 'string') return fromAnswer(body, context)
  const excerpt = excerptOf(body, context)
  const message = `HTTP ${status} from ${context.host}${excerpt.length > 0 ? `: ${excerpt}` : ''}`
  const wait = retryAfter(headers, context.now())
  if (status === 401 || status === 403) return failure('authentication', `${message} (check the API key)`)
  if (status === 404)
    return failure('not-found', `${message} (${context.hint ?? "check the URL and the model's name"})`)
  if (status === 402) return failure('authentication', `${message} (the account has no credit)`)
  if (status === 429) {
    if (/insufficient_quota|billing|exceeded your current quota/i.test(body)) {
      return failure('authentication', `${message} (the account's quota is used up)`)
    }
    return failure('rate-limit', withWait(message, wait, context.now()), wait)
  }
  if (status === 408 || status === 409 || status === 425 || status >= 500) {
    return failure('server', withWait(message, wait, context.now()), wait)
  }
  if (
    status === 413 ||
    /context_length|context length|maximum context|too many tokens|prompt is too long/i.test(body)
  ) {
    return failure('too-long', message)
  }
  if (status >= 400) {
    return failure(/content_filter|content management|safety/i.test(body) ? 'content-filter' : 'bad-request', message)
  }
  // A cut or refused body comes with the status it was announced with.
  if (error.cause !== undefined && isConnectionProblem(error.cause)) return fromConnection(error.cause, context)
  const kind = /^\s*<(!doctype|html)/i.test(body)
    ? 'an HTML page'
    : body.trim() === ''
      ? 'an empty body'
      : 'something that is no completion'
  return failure('malformed', malformed(`${context.host} answered ${kind} (HTTP ${status})`, excerpt, context))
}

/** An answer that was read, and is of no use: OpenAI's package hands it on as an object, with a status that nobody sent. */
function fromAnswer(answer: unknown, context: CallContext): Failure {
  const { error } = (answer ?? {}) as { readonly error?: { readonly code?: unknown } | null }
  const excerpt = excerptOf(JSON.stringify(answer), context)
  if (!error) return failure('malformed', malformed(`${context.host} answered without an output`, excerpt, context))
  const message = `${context.host} answered that it failed: ${excerpt}`
  if (error.code === 'server_error') return failure('server', message)
  return failure(error.code === 'rate_limit_exceeded' ? 'rate-limit' : 'bad-request', message)
}

function malformed(what: string, excerpt: string, { hint }: CallContext): string {
  return `${what}${excerpt.length > 0 ? `: ${excerpt}` : ''}${hint === undefined ? '' : ` (${hint})`}`
}

/** What a provider says went wrong. Secrets go before it is cut: half a key is no key that could be found. */
function excerptOf(body: string, { redact }: CallContext): string {
  return redact(reasonIn(body)).replace(/\s+/g, ' ').trim().slice(0, EXCERPT)
}

/** Providers tell programmers how to pass a key; who runs a task sets a variable. */
function withoutKey(message: string, host: string): string {
  const [, variable] = /\b([A-Z][A-Z0-9_]*_KEY)\b/.exec(message) ?? []
  return variable === undefined ? message : `there is no API key for ${host}: set ${variable} in the environment`
}

/** The reason without the JSON around it. */
function reasonIn(body: string): string {
  try {
    const { error, message } = JSON.parse(body)
    const reason = typeof error === 'object' ? error?.message : (error ?? message)
    return typeof reason === 'string' && reason !== '' ? reason : body
  } catch {
    return body
  }
}

const CONNECTION_CODES =
  /ECONNREFUSED|ECONNRESET|EPIPE|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|UND_ERR|ERR_SSL|CERT_|terminated|other side closed|socket hang up|fetch failed|network|aborted|premature close/i

/** Those of {@link CONNECTION_CODES} that come before a request can be sent. */
const NO_CONNECTION =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ERR_SSL.*|ERR_TLS.*|CERT_.*)$/

function isConnectionProblem(error: unknown): boolean {
  return [...chain(error)].some((cause) =>
    CONNECTION_CODES.test(`${codeOf(cause)} ${cause instanceof Error ? cause.message : ''}`),
  )
}

function fromConnection(error: unknown, context: CallContext): Failure {
  const code = [...chain(error)].map(codeOf).find((text) => text.length > 0)
  const message = context.redact(error instanceof Error ? error.message : String(error)).slice(0, EXCERPT)
  const detail = code && !message.includes(code) ? `${message} (${code})` : message
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT')
    return failure('timeout', `${context.host}: ${detail}`)
  return isConnectionProblem(error)
    ? failure('connection', `cannot talk to ${context.host}: ${detail}`)
    : failure('malformed', `${context.host}: ${detail}`)
}

/** An error and its causes, outermost first. */
function* chain(error: unknown): Generator<unknown> {
  for (let cause = error, depth = 0; cause !== undefined && cause !== null && depth < 8; depth++) {
    yield cause
    cause =
      typeof cause === 'object' && 'lastError' in cause
        ? cause.lastError
        : cause instanceof Error
          ? cause.cause
          : undefined
  }
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : ''
}

/**
 * Milliseconds a server asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date.
 *
 * @example
 * retryAfter({ 'retry-after': '2' }, Date.now()) // 2000
 */
export function retryAfter(headers: Readonly<Record<string, string>> | undefined, now: number): number | undefined {
  const exact = headers?.['retry-after-ms']?.trim() ?? ''
  if (NUMBER.test(exact)) return Number(exact)
  const written = headers?.['retry-after']?.trim() ?? ''
  if (NUMBER.test(written)) return Number(written) * 1000
  const date = /[a-z]/i.test(written) ? Date.parse(written) : Number.NaN
  return Number.isFinite(date) ? Math.max(0, date - now) : undefined
}

/** Digits alone: what JavaScript takes for numbers besides (`0x10`, `1e300`) is no time. */
const NUMBER = /^\d+(\.\d+)?$/

/** Says for how long a server wants to be left alone, where that is longer than a run waits. */
function withWait(message: string, wait: number | undefined, now: number): string {
  return wait !== undefined && wait > LONGEST_WAIT ? `${message}; ${untilText(wait, now)}` : message
}
