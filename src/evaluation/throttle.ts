/**
 * Keeps calls within what a server takes: a window of calls in flight that grows by one a round trip and shrinks on 429
 * (additive increase, multiplicative decrease), optional limits in requests a minute, and one shared pause when the
 * server asks for it.
 *
 * @module
 */
import { failure } from './failure.ts'
import type { Generation } from './text-model.ts'

export interface ThrottleOptions {
  /** Largest window. */
  readonly concurrency: number
  /** @defaultValue unlimited */
  readonly requestsPerMinute?: number
  /** Input and output tokens together. @defaultValue unlimited */
  readonly tokensPerMinute?: number
  readonly now?: () => number
}

export interface Throttle {
  run(call: () => Promise<Generation>, signal?: AbortSignal): Promise<Generation>
  /** Calls permitted in flight just now. */
  readonly window: number
  /** Fails everything that waits. */
  close(): void
}

/** What the window is multiplied with on a 429. */
const DECREASE = 0.7
/** Wait after a 429 that names no time, in milliseconds. */
const DEFAULT_PAUSE = 250
const MINUTE = 60_000

/**
 * @example
 * const throttle = createThrottle({ concurrency: 8, requestsPerMinute: 600 })
 * const generation = await throttle.run(() => model.generate(request))
 */
export function createThrottle(options: ThrottleOptions): Throttle {
  const now = options.now ?? (() => performance.now())
  let window = options.concurrency
  let inFlight = 0
  let pausedUntil = 0
  let decreasedAt = Number.NEGATIVE_INFINITY
  let closed = false
  let timer: NodeJS.Timeout | undefined
  const waiting: (() => void)[] = []
  const requests = createBucket(options.requestsPerMinute, now)
  const tokens = createBucket(options.tokensPerMinute, now)

  const release = () => {
    while (waiting.length > 0 && !closed) {
      const wait = Math.max(pausedUntil - now(), requests.wait(), tokens.wait())
      if (wait > 0) {
        timer ??= setTimeout(() => {
          timer = undefined
          release()
        }, wait)
        return
      }
      if (inFlight >= Math.max(1, Math.floor(window))) return
      inFlight++
      requests.take(1)
      waiting.shift()!()
    }
  }

  const learn = (generation: Generation, started: number) => {
    tokens.take(generation.usage.inputTokens + generation.usage.outputTokens)
    if (generation.kind === 'failure' && generation.failure.kind === 'rate-limit') {
      pausedUntil = Math.max(pausedUntil, now() + (generation.failure.retryAfter ?? DEFAULT_PAUSE))
      // Calls sent before the last decrease say nothing new.
      if (started >= decreasedAt) {
        window = Math.max(1, window * DECREASE)
        decreasedAt = now()
      }
    } else if (generation.kind === 'text') {
      window = Math.min(options.concurrency, window + 1 / window)
    }
  }

  return {
    get window() {
      return Math.max(1, Math.floor(window))
    },
    async run(call, signal) {
      const cancelled: Generation = {
        kind: 'failure',
        failure: failure('cancelled', 'cancelled before it was sent'),
        usage: { inputTokens: 0, outputTokens: 0 },
      }
      if (closed || signal?.aborted) return cancelled
      const admitted = await new Promise<boolean>((resolve) => {
        const enter = () => {
          signal?.removeEventListener('abort', leave)
          resolve(!closed)
        }
        const leave = () => {
          const index = waiting.indexOf(enter)
          if (index >= 0) waiting.splice(index, 1)
          resolve(false)
        }
        waiting.push(enter)
        signal?.addEventListener('abort', leave, { once: true })
        release()
      })
      if (!admitted) return cancelled
      const started = now()
      try {
        const generation = await call()
        learn(generation, started)
        return generation
      } finally {
        inFlight--
        release()
      }
    },
    close() {
      closed = true
      clearTimeout(timer)
      for (const enter of waiting.splice(0)) enter()
    },
  }
}

/** A token bucket that may be overdrawn once: what a call costs is known only afterwards. */
function createBucket(perMinute: number | undefined, now: () => number) {
  // A second's worth may be used at once, so that a limit is not met with one burst a minute.
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
