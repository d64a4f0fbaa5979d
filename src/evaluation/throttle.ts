/**
 * Keeps calls within what a server takes. There are a window of calls in flight and optional limits in requests and
 * tokens per minute. One pause is shared when the server asks for it. A pace is learned from 429s: multiplicative
 * decrease to just below what got through, slow increase after. A refused call is a call, so guessing too high costs
 * budget.
 *
 * @module
 */
import { failure, LONGEST_WAIT } from '../history/failure.ts'
import { notify } from './notify.ts'
import { LONGEST_TIMER } from './retry.ts'
import type { Generation } from './text-model.ts'

export interface ThrottleOptions {
  /** Calls in flight at most. */
  readonly concurrency: number
  /** @defaultValue unlimited */
  readonly requestsPerMinute?: number
  /** Input and output tokens together. @defaultValue unlimited */
  readonly tokensPerMinute?: number
  readonly now?: () => number
  /** Told when the server wants more than {@link NOTABLE_WAIT}. */
  readonly onWait?: (milliseconds: number) => void
}

export interface Throttle {
  /** Sends when it is time to. */
  run(call: () => Promise<Generation>, options?: ThrottledCall): Promise<Generation>
  /** Calls per second permitted just now; infinite until the server has refused one. */
  readonly pace: number
  /** Fails everything that waits. */
  close(): void
}

export interface ThrottledCall {
  readonly signal?: AbortSignal
  /** What the call will take of `tokensPerMinute` at most; made good when it is known. @defaultValue 0 */
  readonly tokens?: number
}

/** The pace after a 429, as a share of the one that was refused; and when nothing has got through since the last. */
const DECREASE = 0.9
const REPEATED_DECREASE = 0.7
/** Growth of the pace a second: well below what was refused last, near it, and long after, when the limit may be lifted. */
const FAST_INCREASE = 2
const SLOW_INCREASE = 0.03
const LATER_INCREASE = 0.2
const NEAR = 0.85
const LATER = 10_000
const SLOWEST = 0.2
/** How much time that a busy machine lost may be made up for at once, in milliseconds. */
const CATCH_UP = 50
/** Wait after a 429 that names no time, in milliseconds. */
const DEFAULT_PAUSE = 250
const MINUTE = 60_000
/** Waits from here on are worth a word, in milliseconds. */
const NOTABLE_WAIT = 5_000

/**
 * @example
 * const throttle = createThrottle({ concurrency: 8, requestsPerMinute: 600 })
 * const request = { prompt: 'Label it.', sampling: { temperature: 0, maxOutputTokens: 8 } }
 * await throttle.run(() => model.generate(request)) // { kind: 'text', text: 'bug', … }
 */
export function createThrottle(options: ThrottleOptions): Throttle {
  const now = options.now ?? (() => performance.now())
  let inFlight = 0
  let pausedUntil = 0
  let pace = Number.POSITIVE_INFINITY
  let nextSend = 0
  let decreasedAt = Number.NEGATIVE_INFINITY
  let increasedAt = 0
  let closed = false
  let timer: NodeJS.Timeout | undefined
  let firstSend = Number.NaN
  let refusedPace = Number.POSITIVE_INFINITY
  /** Since the last decrease. */
  let successes = 0
  const waiting: { readonly enter: () => void; readonly tokens: number }[] = []
  const requests = createBucket(options.requestsPerMinute, now)
  const tokens = createBucket(options.tokensPerMinute, now)

  const release = () => {
    while (waiting.length > 0 && inFlight < options.concurrency && !closed) {
      const time = now()
      const wait = Math.max(pausedUntil - time, nextSend - time, requests.wait(), tokens.wait())
      if (wait > 0) {
        timer ??= setTimeout(
          () => {
            timer = undefined
            release()
          },
          Math.min(wait, LONGEST_TIMER),
        )
        return
      }
      inFlight++
      if (Number.isNaN(firstSend)) firstSend = time
      requests.take(1)
      // What a late timer missed is made up for, within two calls' worth or a moment's.
      nextSend = Math.max(nextSend, time - Math.max(2000 / pace, CATCH_UP)) + 1000 / pace
      const next = waiting.shift()!
      tokens.take(next.tokens)
      next.enter()
    }
  }

  const learn = (generation: Generation, started: number, reserved: number) => {
    const time = now()
    tokens.take(generation.usage.inputTokens + generation.usage.outputTokens - reserved)
    if (generation.kind === 'text') {
      successes++
      const near = pace > NEAR * refusedPace
      const growth = !near ? FAST_INCREASE : time - decreasedAt > LATER ? LATER_INCREASE : SLOW_INCREASE
      pace *= 1 + (growth * Math.max(0, time - increasedAt)) / 1000
      increasedAt = time
      return
    }
    if (generation.failure.kind !== 'rate-limit') return
    // A server that asks for longer than a run waits is not waited for: the run pauses.
    const wait = Math.min(generation.failure.retryAfter ?? DEFAULT_PAUSE, LONGEST_WAIT)
    if (wait >= NOTABLE_WAIT && time + wait > pausedUntil + NOTABLE_WAIT) notify(options.onWait, wait)
    pausedUntil = Math.max(pausedUntil, time + wait)
    // Calls sent before the last decrease say nothing new.
    if (started < decreasedAt) return
    if (pace === Number.POSITIVE_INFINITY) {
      const seen = (1000 * successes) / Math.max(1, time - firstSend)
      // The first guess: what got through, or what the wait hints at, since a wait is the time until one more call fits.
      pace = Math.max(seen, 1000 / Math.max(1, pausedUntil - time))
    } else {
      refusedPace = pace
      pace *= successes > 0 ? DECREASE : REPEATED_DECREASE
    }
    pace = Math.max(SLOWEST, pace)
    successes = 0
    decreasedAt = time
    increasedAt = pausedUntil
    nextSend = pausedUntil
  }

  return {
    get pace() {
      return pace
    },
    async run(call, { signal, tokens: reserved = 0 } = {}) {
      const cancelled: Generation = {
        kind: 'failure',
        failure: failure('cancelled', 'cancelled before it was sent'),
        usage: { inputTokens: 0, outputTokens: 0 },
        unsent: true,
      }
      if (closed || signal?.aborted) return cancelled
      const admitted = await new Promise<boolean>((resolve) => {
        const enter = () => {
          signal?.removeEventListener('abort', leave)
          resolve(!closed)
        }
        const leave = () => {
          const index = waiting.findIndex((entry) => entry.enter === enter)
          if (index >= 0) waiting.splice(index, 1)
          resolve(false)
        }
        waiting.push({ enter, tokens: reserved })
        signal?.addEventListener('abort', leave, { once: true })
        release()
      })
      if (!admitted) return cancelled
      const started = now()
      try {
        const generation = await call()
        learn(generation, started, reserved)
        return generation
      } finally {
        inFlight--
        release()
      }
    },
    close() {
      closed = true
      clearTimeout(timer)
      for (const { enter } of waiting.splice(0)) enter()
    },
  }
}

/** A token bucket that may be overdrawn once: what a call costs is known only afterward. */
function createBucket(perMinute: number | undefined, now: () => number) {
  // A second's worth may be used at once, so that a limit is not reached in one burst per minute.
  const capacity = perMinute === undefined ? Number.POSITIVE_INFINITY : Math.max(1, perMinute / 60)
  let level = capacity
  let filledAt = now()
  const fill = () => {
    const time = now()
    if (perMinute !== undefined) level = Math.min(capacity, level + ((time - filledAt) * perMinute) / MINUTE)
    filledAt = time
  }
  return {
    /** Milliseconds until something may be taken. */
    wait() {
      fill()
      if (perMinute === undefined || level >= 1) return 0
      return Math.ceil(((1 - level) * MINUTE) / perMinute)
    },
    take(amount: number) {
      level -= amount
    },
  }
}
