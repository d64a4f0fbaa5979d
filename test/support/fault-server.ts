/**
 * A model server on the loopback that misbehaves on request.
 *
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'

export interface ReceivedRequest {
  readonly index: number
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: IncomingMessage['headers']
}

export type Behavior = (response: ServerResponse, request: ReceivedRequest) => void | Promise<void>

export interface FaultServer {
  readonly model: string
  readonly address: string
  readonly requests: ReceivedRequest[]
  /** What the next requests meet, in turn; the last stays. */
  script: readonly Behavior[]
  close(): Promise<void>
}

export const answer =
  (text: string, usage: object | null = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 }): Behavior =>
  (response) => {
    const message = { index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }
    const body = {
      id: 'x',
      object: 'chat.completion',
      created: 1,
      model: 'test',
      choices: [message],
      ...(usage ? { usage } : {}),
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }

export const status =
  (code: number, body = '{"error":{"message":"refused"}}', headers: Readonly<Record<string, string>> = {}): Behavior =>
  (response) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(body)
  }

export const html: Behavior = (response) => {
  response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><html><body>Log in</body></html>')
}

export const redirect =
  (code: number, location: string): Behavior =>
  (response) => {
    response.writeHead(code, location === '' ? {} : { location }).end('moved')
  }

/** A completion in a few kilobytes that unfolds into `megabytes` of spaces. */
export const gzipBomb =
  (megabytes: number, code = 200): Behavior =>
  (response) => {
    response.writeHead(code, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
    response.end(gzipSync(Buffer.alloc(megabytes * 1024 * 1024, ' ')))
  }

/** Never ends. */
export const endless: Behavior = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  const more = () => {
    while (!response.destroyed && response.write(' '.repeat(65_536)));
    if (!response.destroyed) response.once('drain', more)
  }
  more()
}

export const hang: Behavior = () => undefined

/** Announces a whole answer, sends half of it, and cuts the line. */
export const dropMidBody: Behavior = async (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' })
  response.write('{"id":"x","choices":[{"index":0,"mess')
  await new Promise((resolve) => setTimeout(resolve, 20))
  response.destroy()
}

export const reset: Behavior = (response) => {
  response.socket?.resetAndDestroy()
}

export async function startFaultServer(script: readonly Behavior[] = [answer('bug')]): Promise<FaultServer> {
  const requests: ReceivedRequest[] = []
  const server = createServer((incoming, response) => {
    const pieces: Buffer[] = []
    incoming.on('data', (piece: Buffer) => pieces.push(piece))
    incoming.on('end', () => {
      const body: Record<string, unknown> = JSON.parse(Buffer.concat(pieces).toString('utf8'))
      const request = { index: requests.length, body, headers: incoming.headers }
      requests.push(request)
      const behavior = fault.script[Math.min(request.index, fault.script.length - 1)]!
      void behavior(response, request)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const fault: FaultServer = {
    model: `openai-compatible:http://127.0.0.1:${port}/v1#test`,
    address: `127.0.0.1:${port}`,
    requests,
    script,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return fault
}
