import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { pause, retryDelay } from '../../src/evaluation/retry.ts'
import type { Generation } from '../../src/evaluation/text-model.ts'
import { createThrottle, type Throttle, type ThrottleOptions } from '../../src/evaluation/throttle.ts'
import { failure } from '../../src/history/failure.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const DONE: Generation = { kind: 'text', text: '', usage: { inputTokens: 60, outputTokens: 40 }, reason: 'stop' }
const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds))

/** A server that refuses what exceeds a token bucket, as most do. */
function limitedServer(perSecond: number, burst: number, latency: number, hint: boolean) {
  let level = burst
  let filled = performance.now()
  const served: number[] = []
  let refused = 0
  return {
    served,
    get refused() {
      return refused
    },
    async call(): Promise<Generation> {
      const time = performance.now()
      level = Math.min(burst, level + ((time - filled) * perSecond) / 1000)
      filled = time
      if (level < 1) {
        refused++
        await sleep(latency / 4)
        const wait = hint ? ((1 - level) * 1000) / perSecond : undefined
        return {
          kind: 'failure',
          failure: failure('rate-limit', 'HTTP 429', wait),
          usage: { inputTokens: 0, outputTokens: 0 },
        }
      }
      level -= 1
      await sleep(latency)
      served.push(performance.now())
      return DONE
    },
  }
}

/** Keeps `workers` calls going for so long, retrying as {@link callModel} does. */
async function drive(throttle: Throttle, call: () => Promise<Generation>, workers: number, milliseconds: number) {
  const retry = { attempts: 4, rateLimitAttempts: 12, delay: 500, longestDelay: 60_000, random: () => 0.5 }
  let failed = 0
  const until = performance.now() + milliseconds
  const worker = async () => {
    while (performance.now() < until) {
      for (let attempt = 0; ; attempt++) {
        const generation = await throttle.run(call, { tokens: 200 })
        if (generation.kind === 'text') break
        const delay = retryDelay(generation.failure, attempt, retry)
        if (delay === undefined) {
          failed++
          break
        }
        await pause(delay, undefined)
      }
    }
  }
  const all = Promise.all(Array.from({ length: workers }, worker))
  await vi.advanceTimersByTimeAsync(milliseconds + 30_000)
  await all
  return failed
}

const make = (options: Partial<ThrottleOptions> = {}) =>
  createThrottle({ concurrency: 32, now: () => performance.now(), ...options })

describe('a server with a hidden limit', () => {
  it.each([
    { limit: 5, burst: 5, latency: 200, hint: true },
    { limit: 20, burst: 20, latency: 300, hint: false },
    { limit: 50, burst: 10, latency: 100, hint: true },
    { limit: 200, burst: 40, latency: 50, hint: false },
    { limit: 200, burst: 200, latency: 20, hint: true },
  ])(
    '$limit a second, bursts of $burst, $latency ms, Retry-After $hint: at least 90% of it, and nothing fails',
    async (setting) => {
      const { limit, burst, latency, hint } = setting
      const server = limitedServer(limit, burst, latency, hint)
      const failed = await drive(make(), server.call, 64, 120_000)
      // The limit has to be found first.
      const [from, to] = [20_000, 120_000].map((time) => server.served[0]! + time)
      const steady = server.served.filter((time) => time >= from! && time < to!)
      expect(failed).toBe(0)
      expect(server.refused).toBeGreaterThan(0)
      expect(steady.length / 100 / limit).toBeGreaterThan(0.9)
    },
  )
})

it('a listener that throws is told of a wait, and ends nothing', async () => {
  let told = 0
  const throttle = createThrottle({
    concurrency: 1,
    onWait() {
      told++
      throw new Error('the bar broke')
    },
  })
  const refused = { ...DONE, kind: 'failure', failure: failure('rate-limit', 'HTTP 429', 20_000) } as Generation
  const run = throttle.run(async () => refused, { tokens: 1 })
  await vi.advanceTimersByTimeAsync(30_000)
  await expect(run).resolves.toBe(refused)
  expect(told).toBe(1)
  throttle.close()
})

describe('a stated limit', () => {
  it('holds in requests a minute, and is used', async () => {
    const sent: number[] = []
    const call = async () => {
      sent.push(performance.now())
      await sleep(50)
      return DONE
    }
    await drive(make({ requestsPerMinute: 600 }), call, 64, 60_000)
    const minute = sent.filter((time) => time < sent[0]! + 60_000)
    expect(minute.length).toBeLessThanOrEqual(600 + 10)
    expect(minute.length).toBeGreaterThan(0.95 * 600)
  })

  it('holds in tokens per minute, with calls in flight counted at their worst', async () => {
    let tokens = 0
    const started = performance.now()
    const call = async () => {
      if (performance.now() < started + 60_000) tokens += 100
      await sleep(50)
      return DONE
    }
    await drive(make({ tokensPerMinute: 30_000 }), call, 64, 60_000)
    expect(tokens).toBeLessThanOrEqual(30_000 * 1.03)
    expect(tokens).toBeGreaterThan(0.9 * 30_000)
  })
})
