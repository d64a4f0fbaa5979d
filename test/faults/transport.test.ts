import { afterEach, describe, expect, it } from 'vitest'
import type { CallReport, Evaluation, EvaluationRequest, Evaluator } from '../../src/evaluation/evaluator.ts'
import { labelMatch } from '../../src/evaluation/metrics/label-match.ts'
import { openRemoteModel, type RemoteModelOptions } from '../../src/evaluation/models/remote-model.ts'
import type { RetryOptions } from '../../src/evaluation/retry.ts'
import { createTemplateEvaluator } from '../../src/evaluation/template-evaluator.ts'
import { isFatal } from '../../src/history/failure.ts'
import { parseTemplate } from '../../src/prompt/template.ts'
import {
  answer,
  type Behavior,
  dropMidBody,
  endless,
  type FaultServer,
  gzipBomb,
  hang,
  html,
  redirect,
  reset,
  startFaultServer,
  status,
} from '../support/fault-server.ts'
import { allowed } from '../support/reservations.ts'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const resource of opened.splice(0).reverse()) await resource.close()
})

const FAST: RetryOptions = { attempts: 4, delay: 5, random: () => 0.5 }
const cell = {
  candidate: { id: 'a', text: 'Label it.' },
  example: { id: '1', input: 'It crashes.', expected: 'bug', fields: {} },
  repeat: 0,
  seed: 1,
}

async function evaluatorFor(
  model: string,
  options: Partial<RemoteModelOptions> & { retry?: RetryOptions } = {},
): Promise<Evaluator> {
  const { retry = FAST, ...rest } = options
  const evaluator = createTemplateEvaluator({
    template: parseTemplate('{{prompt}}\n\n{{input}}'),
    model: await openRemoteModel(model, { environment: {}, timeout: 5000, ...rest }),
    metric: labelMatch(['bug', 'billing']),
    sampling: { temperature: 0, maxOutputTokens: 8 },
    retry,
  })
  opened.push(evaluator)
  return evaluator
}

async function server(script: readonly Behavior[]): Promise<FaultServer> {
  const started = await startFaultServer(script)
  opened.push(started)
  return started
}

/** Evaluates one cell and keeps the books as a ledger does. */
async function measure(evaluator: Evaluator, request: Partial<EvaluationRequest> = {}) {
  const reserved: number[] = []
  const reports: CallReport[] = []
  const evaluation = await evaluator.evaluate({
    ...cell,
    reserve: ({ attempt }) => {
      reserved.push(attempt)
      return allowed((report) => reports.push(report))
    },
    ...request,
  })
  return { evaluation, reserved, reports }
}

const kindOf = (evaluation: Evaluation) => evaluation.failure?.kind ?? 'score'

describe('a model server that misbehaves', () => {
  it('answers: one call, its usage, its score', async () => {
    const { model, requests } = await server([answer('It is a bug.')])
    const { evaluation, reserved, reports } = await measure(await evaluatorFor(model))
    expect(evaluation).toMatchObject({
      score: 1,
      calls: 1,
      usage: { inputTokens: 10, outputTokens: 2 },
      output: 'It is a bug.',
    })
    expect(reserved).toEqual([0])
    expect(reports).toHaveLength(1)
    expect(requests[0]!.body).toMatchObject({ model: 'test', temperature: 0, max_tokens: 8 })
  })

  it('answers nothing: a score of 0, not a failure', async () => {
    const { model } = await server([answer('')])
    const { evaluation } = await measure(await evaluatorFor(model))
    expect(evaluation).toMatchObject({ score: 0, output: '' })
  })

  it.each<[string, Behavior, string, number]>([
    ['fails inside', status(500), 'server', 4],
    ['is overloaded', status(503), 'server', 4],
    ['drops the connection mid-body', dropMidBody, 'connection', 4],
    ['resets the connection', reset, 'connection', 4],
    ['returns an HTML page', html, 'malformed', 4],
    ['returns an empty body', status(200, ''), 'malformed', 4],
    ['returns JSON that is no completion', status(200, '{"hello":1}'), 'malformed', 4],
    ['refuses the key', status(401), 'authentication', 1],
    ['forbids', status(403), 'authentication', 1],
    ['does not know the model', status(404), 'not-found', 1],
    ['calls the request bad', status(400), 'bad-request', 1],
    ['finds the prompt too long', status(400, '{"error":{"message":"maximum context length is 10"}}'), 'too-long', 1],
    ['has no credit', status(429, '{"error":{"code":"insufficient_quota"}}'), 'authentication', 1],
  ])('%s: classified, tried as often as makes sense, never a 0', async (_, behavior, kind, calls) => {
    const { model, requests } = await server([behavior])
    const { evaluation, reserved, reports } = await measure(await evaluatorFor(model))
    expect(kindOf(evaluation)).toBe(kind)
    expect(evaluation.calls).toBe(calls)
    expect(requests).toHaveLength(calls)
    expect(reserved).toEqual(Array.from({ length: calls }, (__, attempt) => attempt))
    expect(reports).toHaveLength(calls)
  })

  it('refuses connections: classified and said where', async () => {
    const gone = await startFaultServer()
    await gone.close()
    const { evaluation } = await measure(await evaluatorFor(gone.model))
    expect(kindOf(evaluation)).toBe('connection')
    expect(evaluation.failure?.message).toContain(gone.address)
    expect(evaluation.usage).toMatchObject({ inputTokens: 0, outputTokens: 0 })
  })

  it.each<[string, Behavior, number]>([
    ['fails inside', status(500), 0],
    ['sends the call elsewhere', status(307), 0],
    ['drops the connection mid-body', dropMidBody, 8],
    ['resets the connection', reset, 8],
    ['returns JSON that is no completion', status(200, '{"hello":1}'), 8],
    ['is cut off', hang, 8],
  ])('%s: charged for all it may have written, and for nothing where it refused', async (_, behavior, outputTokens) => {
    const { model } = await server([behavior])
    const evaluator = await evaluatorFor(model, { retry: { ...FAST, attempts: 1 } })
    const { reports } = await measure(evaluator, { signal: AbortSignal.timeout(300) })
    expect(reports.map(({ usage }) => [usage.inputTokens > 0, usage.outputTokens])).toEqual([
      [outputTokens > 0, outputTokens],
    ])
  })

  it('hangs: given up after the timeout, and charged for what it may have read and written', async () => {
    const { model } = await server([hang])
    const evaluator = await evaluatorFor(model, { timeout: 80, retry: { ...FAST, attempts: 2 } })
    const { evaluation } = await measure(evaluator)
    expect(kindOf(evaluation)).toBe('timeout')
    expect(evaluation.calls).toBe(2)
    expect(evaluation.usage).toMatchObject({ inputTokens: expect.any(Number), outputTokens: 16 })
    expect(evaluation.usage.inputTokens).toBeGreaterThan(0)
  })

  it('recovers: every attempt is a call', async () => {
    const { model } = await server([status(500), dropMidBody, answer('bug')])
    const { evaluation, reports } = await measure(await evaluatorFor(model))
    expect(evaluation).toMatchObject({ score: 1, calls: 3 })
    expect(reports.map((report) => report.failure?.kind)).toEqual(['server', 'connection', undefined])
  })

  it('asks to wait: Retry-After is honored', async () => {
    const { model } = await server([status(429, '{}', { 'retry-after': '1' }), answer('bug')])
    const started = performance.now()
    const { evaluation } = await measure(await evaluatorFor(model))
    expect(kindOf(evaluation)).toBe('score')
    expect(performance.now() - started).toBeGreaterThan(950)
  })

  it.each([301, 302, 303, 307, 308, 300, 304])(
    'redirects with %i, elsewhere or in a circle: one request, nothing sent on, and the run stops',
    async (code) => {
      const elsewhere = await server([answer('bug')])
      for (const location of [`http://${elsewhere.address}/v1/chat/completions?k=hidden0123`, '/v1', '', 'http://[']) {
        const { model, requests } = await server([redirect(code, location)])
        const { evaluation } = await measure(await evaluatorFor(model))
        expect(evaluation).toMatchObject({ calls: 1, failure: { kind: 'not-found' } })
        expect(evaluation.failure && isFatal(evaluation.failure)).toBe(true)
        expect(JSON.stringify(evaluation)).toContain(`HTTP ${code}`)
        expect(JSON.stringify(evaluation)).not.toContain('hidden0123')
        expect([requests.length, elsewhere.requests.length]).toEqual([1, 0])
      }
    },
  )

  it.each<[string, Behavior]>([
    ['packs 200 MB into an answer', gzipBomb(200)],
    ['packs 200 MB into an error', gzipBomb(200, 400)],
    ['answers without end', endless],
  ])('%s: cut at 8 MiB, and missing', async (_, behavior) => {
    const { model } = await server([behavior])
    const before = process.memoryUsage().rss
    const { evaluation } = await measure(
      // Unpacking 200 MB takes its time on a machine that does other things, too.
      await evaluatorFor(model, { timeout: 60_000, retry: { ...FAST, attempts: 1 } }),
    )
    expect(evaluation).toMatchObject({ failure: expect.anything(), calls: 1 })
    expect(JSON.stringify(evaluation)).toContain('longer than 8 MiB')
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1024 * 1024)
  })

  it.each([
    ['a year', { 'retry-after': '31536000' }, 'until 20'],
    ['an hour', { 'retry-after': '3600' }, 'to wait 1 h, until 20'],
    ['in milliseconds', { 'retry-after-ms': '99999999' }, 'to wait 27 h 46 min, until 20'],
    ['until a date', { 'retry-after': new Date(Date.now() + 7_230_000).toUTCString() }, 'to wait 2 h, until 20'],
    ['for good', { 'retry-after': '9'.repeat(400) }, 'for good'],
  ])(
    'asks to wait %s, also with an error of its own: the call fails at once and the run is to pause',
    async (_, headers, said) => {
      for (const code of [429, 503]) {
        const { model, requests } = await server([status(code, '{}', headers)])
        const { evaluation } = await measure(await evaluatorFor(model))
        expect(requests).toHaveLength(1)
        expect(evaluation.failure && isFatal(evaluation.failure)).toBe(true)
        expect(JSON.stringify(evaluation)).toContain(said)
      }
    },
  )

  it.each(['1e300', '0x10', '-5', 'soon', '', '1,5', 'Infinity'])(
    'asks to wait %j, which is no time: tried again as without it',
    async (written) => {
      const { model } = await server([status(429, '{}', { 'retry-after': written }), answer('bug')])
      const started = performance.now()
      const { evaluation } = await measure(await evaluatorFor(model))
      expect(kindOf(evaluation)).toBe('score')
      expect(performance.now() - started).toBeLessThan(3000)
    },
  )

  it('asks to wait a while: said, with the time it goes on', async () => {
    const notices: string[] = []
    const { model } = await server([status(429, '{}', { 'retry-after': '6' })])
    const evaluator = await evaluatorFor(model, { onNotice: (notice) => notices.push(notice) })
    await measure(evaluator, { signal: AbortSignal.timeout(100) })
    expect(notices).toEqual([expect.stringMatching(/is busy: it asks to wait 6 s, until \d{4}-.* UTC/)])
  })

  it('may be asked once in a long time: no timer overflows', async () => {
    const { model, requests } = await server([answer('bug')])
    const evaluator = await evaluatorFor(model, { throttle: { requestsPerMinute: 1e-9 }, timeout: 1e300 })
    const warned: string[] = []
    const note = (warning: Error) => warned.push(warning.name)
    process.on('warning', note)
    await measure(evaluator)
    const second = await measure(evaluator, { signal: AbortSignal.timeout(150) })
    process.off('warning', note)
    expect([kindOf(second.evaluation), requests.length, warned]).toEqual(['cancelled', 1, []])
  })

  it.each<[string, object | null]>([
    ['negative', { prompt_tokens: -1000, completion_tokens: -5 }],
    ['null', { prompt_tokens: null, completion_tokens: null }],
    ['nothing', {}],
    ['no usage', null],
    ['zero', { prompt_tokens: 0, completion_tokens: 0 }],
    ['fractions', { prompt_tokens: 0.5, completion_tokens: 1e300 }],
  ])('counts %s: an estimate, never below zero', async (_, usage) => {
    const { model } = await server([answer('bug', usage)])
    const { reports, evaluation } = await measure(await evaluatorFor(model))
    for (const { inputTokens, outputTokens } of [...reports.map((report) => report.usage), evaluation.usage]) {
      expect(inputTokens).toBeGreaterThan(5)
      expect(outputTokens).toBeGreaterThan(0)
      expect(inputTokens + outputTokens).toBeLessThan(100)
    }
  })

  it('asks to wait longer than is reasonable: fails at once instead', async () => {
    const { model, requests } = await server([status(429, '{}', { 'retry-after': '7200' })])
    const { evaluation } = await measure(await evaluatorFor(model))
    expect(kindOf(evaluation)).toBe('rate-limit')
    expect(requests).toHaveLength(1)
  })

  it('is cancelled while it hangs, while it waits to retry, and before it begins', async () => {
    const { model, requests } = await server([hang])
    const evaluator = await evaluatorFor(model)
    const { evaluation } = await measure(evaluator, { signal: AbortSignal.timeout(60) })
    expect(kindOf(evaluation)).toBe('cancelled')
    expect(kindOf((await measure(evaluator, { signal: AbortSignal.abort() })).evaluation)).toBe('cancelled')
    expect(requests).toHaveLength(1)
    const waiting = await server([status(500)])
    const slow = await evaluatorFor(waiting.model, { retry: { ...FAST, delay: 60_000 } })
    expect(kindOf((await measure(slow, { signal: AbortSignal.timeout(100) })).evaluation)).toBe('cancelled')
  })

  it('is not sent what the budget does not allow, retries included', async () => {
    const { model, requests } = await server([status(500)])
    const evaluator = await evaluatorFor(model)
    const { evaluation } = await measure(evaluator, { reserve: ({ attempt }) => (attempt < 2 ? allowed() : undefined) })
    // Why there is no score is what the server said, not that no call was left to ask again.
    expect(kindOf(evaluation)).toBe('server')
    expect(evaluation.calls).toBe(2)
    expect(requests).toHaveLength(2)
  })

  it('says nothing about usage: we count ourselves and say so', async () => {
    const { model } = await server([answer('bug', null)])
    const { reports } = await measure(await evaluatorFor(model))
    expect(reports[0]!.usage).toMatchObject({ estimated: true })
    expect(reports[0]!.usage.inputTokens).toBeGreaterThan(3)
  })

  it('echoes the key: no message shows it', async () => {
    const key = 'sk-planted-secret-0123456789'
    const { model, requests } = await server([
      status(401, JSON.stringify({ error: { message: `Incorrect API key provided: ${key}` } })),
    ])
    const evaluator = await evaluatorFor(model, { environment: { KRIGE_API_KEY: key } })
    const { evaluation, reports } = await measure(evaluator)
    expect(requests[0]!.headers.authorization).toBe(`Bearer ${key}`)
    expect(JSON.stringify([evaluation, reports, evaluator])).not.toContain(key)
    expect(JSON.stringify(evaluation)).toContain('[secret]')
    expect(evaluator.modelIdentity).not.toContain(key)
  })

  it.each(['sk-schlüssel-€-0123456789', 'sk-line\nbreak-0123456789'])(
    'gets a key that no request can carry, %j: said at once, nothing sent, nothing charged, nothing shown',
    async (key) => {
      const { model, requests } = await server([answer('bug')])
      const evaluator = await evaluatorFor(model, { environment: { KRIGE_API_KEY: key } })
      const { evaluation, reports } = await measure(evaluator)
      expect(evaluation).toMatchObject({ calls: 0, failure: { kind: 'authentication' } })
      expect(evaluation.failure?.message).toContain('holds a character that no request can carry')
      expect(evaluation.failure && isFatal(evaluation.failure)).toBe(true)
      expect([requests, reports]).toEqual([[], []])
      expect(JSON.stringify(evaluation)).not.toContain('0123456789')
    },
  )

  it('is named with user and password in its address: sent, never shown', async () => {
    const { address, requests } = await server([status(500)])
    const evaluator = await evaluatorFor(`openai-compatible:http://me:hunter2secret@${address}/v1#test`)
    const { evaluation } = await measure(evaluator)
    expect(requests[0]!.headers.authorization).toBe(`Basic ${Buffer.from('me:hunter2secret').toString('base64')}`)
    expect(JSON.stringify([evaluation, evaluator.modelIdentity])).not.toContain('hunter2secret')
  })

  it('limits the rate: nearly all of it is used, and nothing fails', async () => {
    const limit = 25
    let tokens = 5
    let filled = performance.now()
    let refused = 0
    const limited: Behavior = (response, request) => {
      const now = performance.now()
      tokens = Math.min(5, tokens + ((now - filled) / 1000) * limit)
      filled = now
      if (tokens < 1) {
        refused++
        return status(429, '{}', { 'retry-after-ms': '30' })(response, request)
      }
      tokens -= 1
      return answer('bug')(response, request)
    }
    const { model } = await server([limited])
    const evaluator = await evaluatorFor(model, { concurrency: 16, retry: { delay: 20, rateLimitAttempts: 50 } })
    const total = 160
    // The limit has to be found first: what counts is what comes after.
    const warmUp = 60
    let started = 0
    let next = 0
    const kinds: string[] = []
    await Promise.all(
      Array.from({ length: 32 }, async () => {
        while (next++ < total) {
          kinds.push(kindOf((await measure(evaluator)).evaluation))
          if (kinds.length === warmUp) started = performance.now()
        }
      }),
    )
    const rate = (total - warmUp) / ((performance.now() - started) / 1000)
    expect(kinds.filter((kind) => kind !== 'score')).toEqual([])
    expect(refused, 'the limit was met').toBeGreaterThan(0)
    // The goal is 90% on a quiet machine; timers are late on a busy one.
    expect(rate, 'evaluations per second against a limit of 25').toBeGreaterThan(0.7 * limit)
  })

  it('serves 64 at once: the window holds, and everything is answered', async () => {
    let [open, most] = [0, 0]
    const counting: Behavior = async (response, request) => {
      most = Math.max(most, ++open)
      await new Promise((resolve) => setTimeout(resolve, 5))
      open--
      return answer('bug')(response, request)
    }
    const { model } = await server([counting])
    const evaluator = await evaluatorFor(model, { concurrency: 6 })
    const results = await Promise.all(Array.from({ length: 64 }, () => measure(evaluator)))
    expect(results.every(({ evaluation }) => evaluation.failure === undefined)).toBe(true)
    expect(most).toBeLessThanOrEqual(6)
    expect(most).toBeGreaterThan(2)
  })
})
