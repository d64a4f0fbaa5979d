/**
 * The HTTP face of studies: ask, tell, rank. `createServerApp` is a fetch handler; {@link serve} listens.
 *
 * @module
 */
import { OpenAPIHono } from '@hono/zod-openapi'
import type { McpHttpHandler } from '@modelcontextprotocol/server'
import { type Context, Hono } from 'hono'
import { loadOptional } from '../load-optional.ts'
import { type Backend, createBackend } from '../numerics/linalg/index.ts'
import type { Store } from '../store/store.ts'
import { errorAnswer } from './error-answer.ts'
import { idempotency } from './idempotency.ts'
import { DEFAULT_LIMITS, type Limits } from './limits.ts'
import { registerLive } from './live/register-live.ts'
import type { Answer } from './mcp.ts'
import { createMetrics, type RequestEntry } from './metrics.ts'
import {
  limitBody,
  limitLoad,
  refuseKeysThatGetLost,
  requireLoopbackName,
  requireSameOrigin,
  requireToken,
} from './protection.ts'
import { createServedStudies, type ServedStudies, type ServedStudy } from './served-studies.ts'
import { registerStudies } from './study-routes.ts'

export interface ServerOptions {
  readonly store: Store
  /** @defaultValue the fastest */
  readonly backend?: Backend
  /** Of the package, for the document and `/health`. */
  readonly version: string
  /** Who does not send it as a bearer token is refused. @defaultValue none: for this machine only */
  readonly token?: string
  readonly limits?: Limits
  /** Told of every request, without bodies. */
  readonly log?: (entry: RequestEntry) => void
  /** Told of faults of the server itself. */
  readonly onFault?: (error: unknown) => void
  /** A clock in milliseconds. @defaultValue performance.now */
  readonly now?: () => number
}

export interface ServerApp {
  fetch(request: Request): Response | Promise<Response>
  /** The OpenAPI 3.1 document. */
  document(): object
  /** New requests get 503 from here on. */
  drain(): void
  /** Stores what was told and gives up the leases. */
  close(): Promise<void>
}

/**
 * @param given What is served. @defaultValue the studies of the store
 * @example
 * const app = createServerApp({ store: createMemoryStore(), backend, version: '1' })
 * const response = await app.fetch(new Request('http://localhost/health'))
 * response.status // 200
 */
export function createServerApp(options: ServerOptions, given?: ServedStudies): ServerApp {
  const { store, version, now = () => performance.now() } = options
  const studies = given ?? createServedStudies(store, options.backend ?? createBackend())
  const metrics = createMetrics()
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  let draining = false
  const pages = new Hono()

  const api = new OpenAPIHono({
    defaultHook: (result, context) => {
      if (result.success) return undefined
      const [issue] = result.error.issues
      const where = issue?.path.join('.') ?? ''
      const message = `${where === '' ? 'the request' : where}: ${issue?.message ?? 'is wrong'}`
      return context.json({ error: { code: 'invalid-argument', message, remedy: 'See /openapi.json.' } }, 400)
    },
  })
  api.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' })
  api.onError((error, context) => errorAnswer(error, context, options.onFault))
  api.use(idempotency())

  /** Runs work on a study; what it did is on the disk before the answer goes out. */
  const on = async <Result>(context: Context, work: (served: ServedStudy) => Result): Promise<Result> => {
    const served = await studies.open(context.req.param('name')!)
    const length = served.log.length
    try {
      return work(served)
    } finally {
      if (served.log.length > length) await served.commit()
    }
  }

  registerStudies(api, { store, studies, version, isDraining: () => draining, on })
  if (options.token === undefined) pages.use(requireLoopbackName)
  registerLive(pages, api, { store, version, now, on })

  const document = () =>
    api.getOpenAPI31Document({
      openapi: '3.1.0',
      info: {
        title: 'Krige',
        version,
        description: 'Which prompt to try next, on which examples: ask, measure, tell.',
      },
    })

  const app = new Hono()
  app.use(async (context, next) => {
    const started = now()
    await next()
    const entry = {
      method: context.req.method,
      path: context.req.path,
      status: context.res.status,
      milliseconds: now() - started,
    }
    metrics.record(entry, context.req.routePath)
    options.log?.(entry)
  })
  app.get('/health', (context) =>
    draining ? context.json({ status: 'draining', version }, 503) : context.json({ status: 'ok', version }),
  )
  app.use(async (context, next) => {
    if (!draining) return next()
    const error = { code: 'unavailable', message: 'the server is shutting down', remedy: 'Try again later.' }
    return context.json({ error }, 503)
  })
  app.get('/openapi.json', (context) => context.json(document()))
  app.use(requireSameOrigin)
  app.route('/', pages)
  app.use(options.token === undefined ? requireLoopbackName : requireToken(options.token))
  app.get('/metrics', async (context) => context.text(await metrics.text(), 200))
  app.use(limitLoad(limits, now))
  app.use(limitBody(limits.bodyBytes))
  let mcp: Promise<McpHttpHandler> | undefined
  app.all('/mcp', async (context) => {
    mcp ??= openMcp((request) => api.fetch(request), version, limits.bodyBytes)
    return (await mcp).fetch(context.req.raw)
  })
  app.use(refuseKeysThatGetLost)
  app.route('/', api)
  app.notFound((context) =>
    context.json({ error: { code: 'not-found', message: 'no such path', remedy: 'See /openapi.json.' } }, 404),
  )
  app.onError((error, context) => errorAnswer(error, context, options.onFault))

  return {
    fetch: (request) => app.fetch(request),
    document,
    drain() {
      draining = true
    },
    close: () => studies.close(),
  }
}

/** Loaded when an agent first calls: the package may be left out. */
async function openMcp(answer: Answer, version: string, maxRequestBodySize: number): Promise<McpHttpHandler> {
  const [{ createMcpHandler }, { mcpServers }] = await loadOptional(
    () => Promise.all([import('@modelcontextprotocol/server'), import('./mcp.ts')]),
    'the endpoint for agents',
    '@modelcontextprotocol/server',
  )
  return createMcpHandler(await mcpServers(answer, version), { maxRequestBodySize })
}
