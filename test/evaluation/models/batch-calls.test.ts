import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openTextModel } from '../../../src/evaluation/models/open-text-model.ts'
import type { CallTicket, GenerateRequest, Generation, TextModel } from '../../../src/evaluation/text-model.ts'
import { type BatchServer, startBatchServer } from '../../support/batch-server.ts'

/** The real provider package against a server on the loopback. */
let server: BatchServer
const notices: string[] = []
const opened: TextModel[] = []

const open = async (settings: object = { batch: 3 }, options: object = {}): Promise<TextModel> => {
  const model = await openTextModel('openai:gpt-test', {
    modelsFolder: '/nowhere',
    environment: process.env,
    settings,
    batchTiming: { linger: 20, firstPoll: 5 },
    onNotice: (notice) => notices.push(notice),
    ...options,
  })
  opened.push(model)
  return model
}

const request = (k: number, more: Partial<GenerateRequest> = {}): GenerateRequest => ({
  prompt: `Instruction 11 of 12.\nTicket: case ${k} [bug]\nLabel:`,
  sampling: { temperature: 0, maxOutputTokens: 8 },
  ...more,
})

/** A ticket, and the batches that it was told of. */
function ticketOf(call: number, batch?: string): CallTicket & { readonly told: string[] } {
  const told: string[] = []
  return {
    call,
    told,
    sentIn: async (name) => void told.push(name),
    ...(batch === undefined ? {} : { batch }),
  }
}

const failureOf = (generation: Generation) => (generation.kind === 'failure' ? generation.failure : undefined)

beforeAll(async () => {
  server = await startBatchServer()
  process.env['OPENAI_BASE_URL'] = server.url
  process.env['OPENAI_API_KEY'] = 'sk-batch-0123456789'
})
afterEach(async () => {
  for (const model of opened.splice(0)) await model.close()
  server.sent.length = 0
  server.alone.length = 0
  server.batches.clear()
  server.delay = 0
  server.fault = undefined
  server.outcome = undefined
  notices.length = 0
})
afterAll(() => {
  // The next file may run in this process.
  delete process.env['OPENAI_BASE_URL']
  delete process.env['OPENAI_API_KEY']
  return server.close()
})

describe('calls in batches', () => {
  it('are gathered up to the size, and the rest is sent when nothing follows', async () => {
    const model = await open()
    const tickets = Array.from({ length: 7 }, (_, k) => ticketOf(k + 1))
    const answers = await Promise.all(tickets.map((ticket, k) => model.generate(request(k, { ticket }))))
    expect(answers.map(({ kind }) => kind)).toEqual(Array(7).fill('text'))
    expect(answers[0]).toMatchObject({ usage: { outputTokens: 1 }, reason: 'stop' })
    const sizes = [...server.batches.values()].map(({ requests }) => requests.length)
    expect(sizes.sort()).toEqual([1, 3, 3])
    const batchOf = new Map(server.sent.map(({ id, batch }) => [id, batch]))
    expect(tickets.map(({ told }) => told)).toEqual(tickets.map(({ call }) => [batchOf.get(`call-${call}`)]))
    expect(server.alone).toEqual([])
  })

  it('say how many may be in flight', async () => {
    expect((await open({ batch: 250 })).concurrency).toBe(250)
  })

  it('that are given up stay out, and a later process fetches the answer instead of sending it again', async () => {
    server.delay = 60_000
    const stop = new AbortController()
    const first = await open()
    const ticket = ticketOf(4)
    const asked = first.generate(request(0, { ticket, signal: stop.signal }))
    await expect.poll(() => ticket.told).toEqual(['batch_1'])
    stop.abort()
    expect(await asked).toMatchObject({ outstanding: true, failure: { kind: 'cancelled' } })
    server.delay = 0
    // Whatever is set now: the answer is paid for.
    for (const settings of [{ batch: 3 }, {}]) {
      const second = await open(settings)
      expect(await second.generate(request(0, { ticket: ticketOf(4, 'batch_1') }))).toMatchObject({ kind: 'text' })
    }
    expect(server.sent).toHaveLength(1)
    expect(server.alone).toEqual([])
  })

  it('that are given up before they are sent were not sent', async () => {
    const model = await open()
    const stop = new AbortController()
    const asked = model.generate(request(0, { signal: stop.signal }))
    stop.abort()
    expect(await asked).toMatchObject({ unsent: true, failure: { kind: 'cancelled' } })
    expect(server.sent).toEqual([])
  })

  it('stay out when the model is closed', async () => {
    server.delay = 60_000
    const model = await open()
    const ticket = ticketOf(1)
    const asked = model.generate(request(0, { ticket }))
    await expect.poll(() => ticket.told).toHaveLength(1)
    await model.close()
    expect(await asked).toMatchObject({ outstanding: true })
  })

  it('that ran out of time, or were refused, fail by themselves', async () => {
    server.outcome = ({ id }) =>
      id === 'call-1'
        ? 'expired'
        : id === 'call-2'
          ? { status: 400, message: 'unsupported parameter' }
          : id === 'call-3'
            ? 'missing'
            : undefined
    const model = await open({ batch: 4 })
    const answers = await Promise.all([1, 2, 3, 4].map((k) => model.generate(request(k, { ticket: ticketOf(k) }))))
    expect(answers.map((answer) => failureOf(answer)?.kind)).toEqual(['server', 'bad-request', 'server', undefined])
    expect(failureOf(answers[1]!)?.message).toContain('unsupported parameter')
    expect(failureOf(answers[2]!)?.message).toContain('batch_1 ended without an answer')
  })

  it('are tried again where the server is busy, and cost nothing where it refuses', async () => {
    let refused = 0
    server.fault = (incoming, response) => {
      if (incoming.url !== '/v1/batches' || refused++ > 0) return false
      response.writeHead(429, { 'retry-after': '0' }).end('{}')
      return true
    }
    const model = await open()
    expect(await model.generate(request(0))).toMatchObject({ kind: 'text' })
    expect(notices.join('\n')).toMatch(/did not take a batch of 1 calls/)
    server.fault = (_, response) => {
      response.writeHead(401).end(JSON.stringify({ error: { message: 'bad key sk-batch-0123456789' } }))
      return true
    }
    const answer = await model.generate(request(1))
    expect(answer).toMatchObject({ unsent: true, failure: { kind: 'authentication' } })
    expect(failureOf(answer)?.message).not.toContain('sk-batch')
  })

  it('count as their worst case where nobody knows whether they were taken', async () => {
    server.fault = (incoming, response) => {
      if (incoming.url !== '/v1/batches') return false
      response.destroy()
      return true
    }
    const answer = await (await open()).generate(request(0))
    expect(answer).toMatchObject({ failure: { kind: 'connection' }, usage: { outputTokens: 8, estimated: true } })
    expect(answer).not.toHaveProperty('unsent')
  })

  it('that cannot be noted fail as what broke', async () => {
    const model = await open()
    const ticket: CallTicket = { call: 1, sentIn: () => Promise.reject(new Error('the disk is full')) }
    await expect(model.generate(request(0, { ticket }))).rejects.toThrow('the disk is full')
  })

  it('cost nothing where there is no key', async () => {
    const { OPENAI_API_KEY: key } = process.env
    delete process.env['OPENAI_API_KEY']
    try {
      const answer = await (await open()).generate(request(0))
      expect(answer).toMatchObject({ unsent: true, failure: { kind: 'authentication' } })
    } finally {
      process.env['OPENAI_API_KEY'] = key
    }
  })

  it('are asked about again after an outage, and stay out where the server does not know the batch', async () => {
    let asked = 0
    server.fault = (incoming, response) => {
      if (!incoming.url?.startsWith('/v1/batches/') || asked++ > 1) return false
      response.writeHead(503).end('{}')
      return true
    }
    const model = await open()
    expect(await model.generate(request(0))).toMatchObject({ kind: 'text' })
    expect(notices.filter((notice) => notice.includes('does not say'))).toHaveLength(1)
    const lost = await model.generate(request(1, { ticket: ticketOf(9, 'batch_404') }))
    expect(lost).toMatchObject({ outstanding: true, failure: { kind: 'not-found' } })
  })
})

describe('what takes no batches', () => {
  const refusal = (specification: string, options: object) =>
    openTextModel(specification, { modelsFolder: '/nowhere', environment: {}, ...options })

  it('is refused by name', async () => {
    await expect(refusal('gguf:smollm2-135m-instruct', { settings: { batch: 5 } })).rejects.toThrow(
      /batch: is for models of providers/,
    )
    await expect(refusal('openai-compatible:http://127.0.0.1:1/v1#x', { settings: { batch: 5 } })).rejects.toThrow(
      /openai-compatible has none/,
    )
    await expect(refusal('openai:gpt-test', { settings: { batch: 5 }, concurrency: 2 })).rejects.toThrow(
      /concurrency and batch cannot both be set/,
    )
  })
})
