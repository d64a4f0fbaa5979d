import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { pino } from 'pino'
import { InvalidArgumentError, UnavailableError } from '../errors.ts'
import { createServerApp, type ServerOptions } from './app.ts'
import type { ServedStudies } from './served-studies.ts'

export interface ServeOptions extends Omit<ServerOptions, 'log' | 'onFault' | 'now'> {
  /** @defaultValue '127.0.0.1' */
  readonly host?: string
  /** 0 takes a free one. @defaultValue 8787 */
  readonly port?: number
  /** Structured log lines, without prompts. @defaultValue standard error */
  readonly logTo?: NodeJS.WritableStream
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error' | 'silent'
}

export interface RunningServer {
  readonly url: string
  /** Answers what is under way, stores what was told, and stops. Safe to call again. */
  close(): Promise<void>
}

/** How long a shutdown waits for requests under way. */
const PATIENCE = 10_000

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/i

/**
 * Serves studies over HTTP.
 *
 * @param given What is served. @defaultValue the studies of the store
 * @throws InvalidArgumentError for an address beyond this machine without a token; UnavailableError when the port is taken.
 * @example
 * const server = await serve({ store: createMemoryStore(), backend, version: '1', port: 0, logLevel: 'silent' })
 * const health = await fetch(`${server.url}/health`)
 * health.status // 200
 * await server.close()
 */
export async function serve(options: ServeOptions, given?: ServedStudies): Promise<RunningServer> {
  const { host = '127.0.0.1', port = 8787, token } = options
  if (token === undefined && !LOOPBACK.test(host)) {
    throw new InvalidArgumentError(`host ${host} is open to other machines; a token is needed`, {
      remedy: 'Set KRIGE_SERVER_TOKEN, or name a file (--token-file, or token in code).',
    })
  }
  if (token !== undefined && token.length < 16) {
    throw new InvalidArgumentError('the token has fewer than 16 characters', {
      remedy: 'For example: openssl rand -hex 32',
    })
  }
  const logger = pino({ level: options.logLevel ?? 'info', base: null }, options.logTo ?? process.stderr)
  const app = createServerApp(
    {
      ...options,
      // The path holds names of studies, which are the user's, but no texts.
      log: (entry) => logger.info({ ...entry, milliseconds: Math.round(entry.milliseconds * 10) / 10 }, 'request'),
      onFault: (error) => logger.error({ err: error }, 'fault'),
    },
    given,
  )
  const server = createServer(
    { requestTimeout: 60_000, headersTimeout: 10_000, keepAliveTimeout: 65_000, maxHeaderSize: 16_384 },
    getRequestListener(app.fetch),
  )
  // Browsers open connections ahead and ask for nothing: they are not idle to Node, and nothing is lost with them.
  const unused = new Set<Socket>()
  server.on('connection', (socket) => {
    unused.add(socket)
    socket.once('close', () => unused.delete(socket))
  })
  server.on('request', ({ socket }) => unused.delete(socket))
  await listen(server, host, port)
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${bound}`
  let closing: Promise<void> | undefined
  const close = async () => {
    app.drain()
    const ended = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeIdleConnections()
    for (const socket of unused) socket.destroy()
    const late = setTimeout(() => server.closeAllConnections(), PATIENCE)
    // Streams end when their studies do.
    await app.close()
    server.closeIdleConnections()
    await ended
    clearTimeout(late)
  }
  return {
    url,
    close() {
      closing ??= close()
      return closing
    },
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const taken = 'code' in cause && cause.code === 'EADDRINUSE'
      const message = taken ? `port ${port} of ${host} is taken` : `cannot listen on ${host}:${port}: ${cause.message}`
      reject(new UnavailableError(message, { remedy: 'Name another port.', cause }))
    })
    server.listen(port, host, resolve)
  })
}
