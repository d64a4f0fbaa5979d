/**
 * A model server on the loopback that speaks as much of OpenAI's interface as batches take. These are files, batches,
 * and `/responses` for calls that are sent alone. It answers as the chat server does.
 *
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerOf } from './chat-server.ts'

export interface SentRequest {
  readonly batch: string
  readonly id: string
  readonly message: string
}

interface StoredBatch {
  readonly requests: readonly SentRequest[]
  readonly started: number
  cancelled: boolean
}

export interface BatchServer {
  /** For `OPENAI_BASE_URL`. */
  readonly url: string
  /** Every request of every batch, in order. */
  readonly sent: SentRequest[]
  /** User messages of calls that were sent alone. */
  readonly alone: string[]
  readonly batches: Map<string, StoredBatch>
  /** Milliseconds until a batch is done. */
  delay: number
  /** Answers instead, for requests that are to go wrong. */
  fault: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined
  /** What becomes of a request of a batch instead of an answer. */
  outcome:
    | ((request: SentRequest) => 'expired' | 'missing' | { status: number; message: string } | undefined)
    | undefined
  close(): Promise<void>
}

export async function startBatchServer(): Promise<BatchServer> {
  const files = new Map<string, string>()
  const server = createServer(async (request, response) => {
    const body = await textOf(request)
    const send = (value: unknown, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (stub.fault?.(request, response)) return
    const path = request.url?.replace(/^\/v1/, '').replace(/\?.*/, '') ?? ''
    if (request.method === 'POST' && path === '/files') {
      const id = `file-${files.size + 1}`
      const form = await new Response(new Uint8Array(body), {
        headers: { 'content-type': request.headers['content-type']! },
      }).formData()
      files.set(id, await (form.get('file') as File).text())
      send({
        id,
        object: 'file',
        bytes: body.length,
        created_at: 1_700_000_000,
        filename: 'batch.jsonl',
        purpose: 'batch',
      })
    } else if (request.method === 'POST' && path === '/batches') {
      const { input_file_id: file } = JSON.parse(body.toString()) as { input_file_id: string }
      const id = `batch_${stub.batches.size + 1}`
      const requests = files
        .get(file)!
        .trim()
        .split('\n')
        .map((line) => {
          const parsed = JSON.parse(line) as { custom_id: string; body: ResponsesBody }
          return { batch: id, id: parsed.custom_id, message: messageOf(parsed.body) }
        })
      stub.sent.push(...requests)
      stub.batches.set(id, { requests, started: Date.now(), cancelled: false })
      send(describe(id))
    } else if (request.method === 'GET' && path.startsWith('/batches/')) {
      const id = path.slice('/batches/'.length)
      if (stub.batches.has(id)) send(describe(id))
      else send({ error: { message: 'no such batch', type: 'invalid_request_error' } }, 404)
    } else if (request.method === 'GET' && path.endsWith('/content')) {
      const id = path.split('/')[2]!.replace(/^output-/, '')
      const lines = stub.batches.get(id)!.requests.flatMap((sent): object[] => {
        const outcome = stub.outcome?.(sent)
        const custom = { id: `response-${sent.id}`, custom_id: sent.id }
        if (outcome === 'missing') return []
        if (outcome === 'expired') {
          return [
            {
              ...custom,
              response: null,
              error: { code: 'batch_expired', message: 'This request was not run in time.' },
            },
          ]
        }
        if (outcome) {
          const error = { error: { message: outcome.message, type: 'invalid_request_error' } }
          return [{ ...custom, response: { status_code: outcome.status, body: error }, error: null }]
        }
        return [{ ...custom, response: { status_code: 200, body: responseTo(sent.message) }, error: null }]
      })
      response
        .writeHead(200, { 'content-type': 'application/jsonl' })
        .end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    } else if (request.method === 'POST' && path === '/responses') {
      const message = messageOf(JSON.parse(body.toString()) as ResponsesBody)
      stub.alone.push(message)
      send(responseTo(message))
    } else send({ error: { message: `no ${request.method} ${path} here` } }, 404)
  })
  const describe = (id: string) => {
    const { requests, started } = stub.batches.get(id)!
    const isDone = Date.now() >= started + stub.delay
    const isExpired = requests.some((sent) => stub.outcome?.(sent) === 'expired')
    return {
      id,
      object: 'batch',
      status: isDone ? (isExpired ? 'expired' : 'completed') : 'in_progress',
      output_file_id: isDone ? `output-${id}` : null,
      created_at: Math.floor(started / 1000),
      request_counts: { total: requests.length, completed: isDone ? requests.length : 0, failed: 0 },
    }
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const stub: BatchServer = {
    url: `http://127.0.0.1:${port}/v1`,
    sent: [],
    alone: [],
    batches: new Map(),
    delay: 0,
    fault: undefined,
    outcome: undefined,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return stub
}

interface ResponsesBody {
  readonly input: readonly { readonly role: string; readonly content: string | readonly { readonly text: string }[] }[]
}

function messageOf({ input }: ResponsesBody): string {
  const content = input.at(-1)?.content ?? ''
  return typeof content === 'string' ? content : content.map(({ text }) => text).join('')
}

function responseTo(message: string) {
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1_700_000_000,
    status: 'completed',
    model: 'gpt-test',
    output: [
      {
        type: 'message',
        id: 'msg_1',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: answerOf(message), annotations: [] }],
      },
    ],
    usage: {
      input_tokens: Math.ceil(message.length / 4),
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 1,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: Math.ceil(message.length / 4) + 1,
    },
  }
}

async function textOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}
