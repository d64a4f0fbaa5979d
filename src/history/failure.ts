/**
 * Why a call brought no score. Failures are data: they are stored as missing cells with their reason, never as a 0.
 *
 * - `rate-limit`, `timeout`, `connection`, `server`, `malformed`: may pass on a retry.
 * - `authentication`, `not-found`: permanent for the model; going on would burn the budget.
 * - `bad-request`, `content-filter`, `too-long`: permanent for this candidate and example.
 * - `metric`, `program`: our side of the evaluation failed on what came back.
 * - `cancelled`, `budget`: nothing was wrong; the call was not wanted any more, or not allowed.
 */
export type FailureKind =
  | 'rate-limit'
  | 'timeout'
  | 'connection'
  | 'server'
  | 'malformed'
  | 'authentication'
  | 'not-found'
  | 'bad-request'
  | 'content-filter'
  | 'too-long'
  | 'metric'
  | 'program'
  | 'cancelled'
  | 'budget'

export interface Failure {
  readonly kind: FailureKind
  /** Whether the same call may succeed later. */
  readonly retryable: boolean
  /** For people; free of secrets. */
  readonly message: string
  /** What the server asked us to wait, in milliseconds. */
  readonly retryAfter?: number
}

const RETRYABLE: ReadonlySet<FailureKind> = new Set(['rate-limit', 'timeout', 'connection', 'server', 'malformed'])
const FATAL: ReadonlySet<FailureKind> = new Set(['authentication', 'not-found'])

/** Of a failure that was told as `null`. */
export const UNEXPLAINED = 'no reason given'

/**
 * @example
 * failure('rate-limit', 'HTTP 429 from 127.0.0.1:8080', 2000).retryable // true
 */
export function failure(kind: FailureKind, message: string, retryAfter?: number): Failure {
  return { kind, retryable: RETRYABLE.has(kind), message, ...(retryAfter === undefined ? {} : { retryAfter }) }
}

/** That a call was not allowed is how a budget ends, and nobody's fault. */
export const NO_CALL_LEFT = 'the budget allows no further call'

/** Longest a server is waited for that asks for time, in milliseconds; beyond, a run pauses. */
export const LONGEST_WAIT = 120_000

/** Whether a failure says that the model cannot work at all, whatever it is asked, or not for a long time. */
export function isFatal({ kind, retryAfter = 0 }: Failure): boolean {
  return FATAL.has(kind) || retryAfter > LONGEST_WAIT
}
