/**
 * How often and how long to wait before a call is tried again.
 *
 * @module
 */
import { type Failure, failure, LONGEST_WAIT } from '../history/failure.ts'

/** What a timer can hold, in milliseconds: a longer one would fire at once. */
export const LONGEST_TIMER = 2 ** 31 - 1

export interface RetryOptions {
  /** Attempts in all. @defaultValue 4 */
  readonly attempts?: number
  /** Attempts in all while the server only says that it is busy: nothing is wrong with those. @defaultValue 12 */
  readonly rateLimitAttempts?: number
  /** Wait before the second attempt, doubled each time, in milliseconds. @defaultValue 500 */
  readonly delay?: number
  /** Longest wait; a server that asks for more makes the call fail at once. @defaultValue 120000 */
  readonly longestDelay?: number
  /** Source of jitter in [0, 1). @defaultValue Math.random */
  readonly random?: () => number
}

export const DEFAULT_RETRY: Required<RetryOptions> = {
  attempts: 4,
  rateLimitAttempts: 12,
  delay: 500,
  longestDelay: LONGEST_WAIT,
  random: Math.random,
}

/**
 * Milliseconds to wait after a failed attempt, or `undefined` when another would not help. Exponential back-off with
 * "equal jitter" (half fixed, half random); never earlier than the server asked.
 *
 * @param attempt - 0 for the first attempt.
 * @example
 * retryDelay(failure('rate-limit', 'HTTP 429', 2000), 0, DEFAULT_RETRY) // a little more than 2000 ms
 * retryDelay(failure('bad-request', 'HTTP 400'), 0, DEFAULT_RETRY) // undefined: it would fail again
 */
export function retryDelay(problem: Failure, attempt: number, options: Required<RetryOptions>): number | undefined {
  const attempts =
    problem.kind === 'rate-limit' ? Math.max(options.rateLimitAttempts, options.attempts) : options.attempts
  if (!problem.retryable || attempt + 1 >= attempts) return undefined
  if (problem.retryAfter !== undefined && problem.retryAfter > options.longestDelay) return undefined
  const ceiling = Math.min(options.delay * 2 ** attempt, options.longestDelay)
  const backoff = ceiling / 2 + (ceiling / 2) * options.random()
  // A little jitter on top of Retry-After, so that waiting callers do not come back all at once.
  if (problem.retryAfter !== undefined) return problem.retryAfter * (1 + options.random() / 4)
  return backoff
}

/** Waits, or returns a failure as soon as the signal aborts. */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<Failure | undefined> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve(failure('cancelled', 'cancelled while waiting to retry'))
      return
    }
    const stop = () => {
      clearTimeout(timer)
      resolve(failure('cancelled', 'cancelled while waiting to retry'))
    }
    const timer = setTimeout(
      () => {
        signal?.removeEventListener('abort', stop)
        resolve(undefined)
      },
      Math.min(milliseconds, LONGEST_TIMER),
    )
    signal?.addEventListener('abort', stop, { once: true })
  })
}
