/**
 * The HTTP face of studies: ask, tell, rank. `createServerApp` is a fetch handler; {@link serve} listens.
 *
 * @module
 */

import { OpenAPIHono } from '@hono/zod-openapi'
import type { McpHttpHandler } from '@modelcontextprotocol/server'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import { streamSSE } from 'hono/streaming'
import { KrigeError, type KrigeErrorCode } from '../errors.ts'
import { loadOptional } from '../load-optional.ts'
import { type Backend, createBackend } from '../numerics/linalg/index.ts'
import { type Candidate, candidateText } from '../prompt/candidate.ts'
import { createCostCounter } from '../report/costs.ts'
import { loadReport } from '../report/load-report.ts'
import { exportJsonLines } from '../store/jsonl.ts'
import type { Store } from '../store/store.ts'
import type { StudyOptions } from '../study/create-study.ts'
import {
  actionAnswer,
  askStudy,
  candidateAnswer,
  checkAsker,
  explanationAnswer,
  observeStudy,
  posteriorAnswer,
  studyAnswer,
  tellStudy,
  textsAnswer,
} from './answers.ts'
import { idempotency } from './idempotency.ts'
import {
  DEFAULT_LIMITS,
  type Limits,
  limitLoad,
  requireLoopbackName,
  requireSameOrigin,
  requireToken,
} from './limits.ts'
import { registerLive, reportExtras } from './live/register-live.ts'
import type { Answer } from './mcp.ts'
import { createMetrics, type RequestEntry } from './metrics.ts'
import * as routes from './routes.ts'
import {
  candidateKey,
  createServedStudies,
  indexOf,
  openFor,
  type ServedStudies,
  type ServedStudy,
  UnknownStudyError,
} from './served-studies.ts'

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

const STATUS: Partial<Record<KrigeErrorCode, 400 | 409 | 503>> = {
  'invalid-argument': 400,
  'invalid-input': 400,
  conflict: 409,
  budget: 409,
  unavailable: 503,
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
  api.onError((error, context) => answerError(error, context, options.onFault))
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

  api.openapi(routes.listStudies, async (context) => {
    const stored = await store.list()
    const listed = stored.map(({ name, createdAt, length }) => ({
      name,
      createdAt: new Date(createdAt).toISOString(),
      events: length,
    }))
    return context.json({ studies: listed }, 200)
  })
  api.openapi(routes.createStudyRoute, async (context) => {
    const { pool, policy, policyOptions, baseline, ...rest } = context.req.valid('json')
    const { served, created } = await studies.create({
      ...rest,
      budget: withoutUndefined(rest.budget),
      space: rest.space as NonNullable<StudyOptions['space']>,
      pool: pool.map((given, index) => candidateOf(given, String(index + 1))),
      ...(policy === undefined ? {} : { policy }),
      ...(policyOptions === undefined ? {} : { policyOptions }),
      ...(baseline === undefined ? {} : { baseline }),
    })
    return context.json(studyAnswer(served), created ? 201 : 200)
  })
  api.openapi(routes.deleteStudy, async (context) => {
    await studies.delete(context.req.valid('param').name)
    return context.body(null, 204)
  })
  api.openapi(routes.getStudy, async (context) => context.json(await on(context, studyAnswer), 200))
  api.openapi(routes.getPending, async (context) => context.json(await on(context, pendingOf), 200))
  api.openapi(routes.getBest, async (context) => context.json(await on(context, bestOf), 200))
  api.openapi(routes.getPosterior, async (context) => context.json(await on(context, posteriorAnswer), 200))
  api.openapi(routes.ask, async (context) => {
    const { count } = context.req.valid('json')
    return context.json(await on(context, (served) => askStudy(served, count)), 200)
  })
  api.openapi(routes.tell, async (context) => {
    const { results } = context.req.valid('json')
    const fresh = await on(context, (served) => results.map((result) => tellStudy(served, result)))
    const told = fresh.filter(Boolean).length
    return context.json({ told, repeated: fresh.length - told }, 200)
  })
  api.openapi(routes.observe, async (context) => {
    const { observations } = context.req.valid('json')
    const fresh = await on(context, (served) =>
      observations.map(({ candidate, ...observation }) =>
        observeStudy(openFor(served), indexOf(served, candidate), observation),
      ),
    )
    const observed = fresh.filter(Boolean).length
    return context.json({ observed, repeated: fresh.length - observed }, 200)
  })
  api.openapi(routes.addCandidates, async (context) => {
    const { candidates } = context.req.valid('json')
    const served = await on(context, openFor)
    await served.runner?.introduce(candidates.map((given) => candidateText(candidateOf(given, ''))))
    return context.json(await on(context, (served) => addCandidates(served, candidates)), 200)
  })
  api.openapi(routes.predict, async (context) => {
    const { texts } = context.req.valid('json')
    const predicted = await on(context, ({ study }) => textsAnswer(study, study.posterior(texts.map(textOf))))
    return context.json({ texts: predicted }, 200)
  })
  api.openapi(routes.rank, async (context) => {
    const { texts } = context.req.valid('json')
    const ranked = await on(context, ({ study }) => textsAnswer(study, study.rank(texts.map(textOf))))
    return context.json({ texts: ranked }, 200)
  })
  api.openapi(routes.explain, async (context) => {
    const { candidate } = context.req.valid('json')
    const explanation = await on(context, (served) => explanationAnswer(served, indexOf(served, candidate)))
    return context.json({ explanation }, 200)
  })
  api.openapi(routes.enqueue, async (context) => {
    const { candidate, examples } = context.req.valid('json')
    await on(context, (served) => openFor(served).study.enqueue(indexOf(served, candidate), examples))
    return context.json({ accepted: true as const }, 200)
  })
  api.openapi(routes.release, async (context) => {
    const { action, reason } = context.req.valid('json')
    await on(context, (served) => {
      checkAsker(served)
      served.study.release(action, reason)
    })
    return context.json({ accepted: true as const }, 200)
  })
  api.openapi(routes.followEvents, async (context) => {
    const served = await studies.open(context.req.param('name')!)
    const last = Number(context.req.header('last-event-id') ?? Number.NaN)
    let at = Number.isInteger(last) ? last + 1 : Number(context.req.query('from') ?? 0)
    return streamSSE(context, async (stream) => {
      const leave = served.audience?.enter()
      stream.onAbort(() => leave?.())
      let said: string | undefined
      while (!(stream.aborted || served.closed || draining)) {
        const { state } = served.control
        if (state !== said) await stream.writeSSE({ event: 'control', data: JSON.stringify({ state }) })
        said = state
        for (; at < served.committed && !stream.aborted; at++) {
          const event = served.log[at]!
          await stream.writeSSE({ id: String(at), event: event.type, data: JSON.stringify(event) })
        }
        await Promise.race([served.changed(), stream.sleep(15_000)])
        if (at >= served.committed) await stream.write(': still here\n\n')
      }
    }) as never
  })
  api.openapi(routes.getReport, async (context) => {
    const served = await on(context, (served) => served)
    const { state } = served.study
    const counter = createCostCounter()
    for (const event of served.log) counter.add(event)
    const costs = counter.costs()
    // Loaded with the first report: the plots take longer to load than the rest of the server.
    if (context.req.query('format') === 'md') {
      const [{ reportMarkdown }, { summarizeReport }] = await Promise.all([
        import('../report/report-text.ts'),
        import('../report/summary.ts'),
      ])
      const page = reportMarkdown(summarizeReport(state, costs))
      return context.body(page, 200, { 'Content-Type': 'text/markdown; charset=UTF-8' }) as never
    }
    const { renderReport } = await loadReport()
    return context.html(renderReport({ ...(await reportExtras(served, store, version)), costs, state })) as never
  })
  api.openapi(routes.exportStudy, async (context) => {
    const name = context.req.param('name')!
    await studies.open(name)
    const encoder = new TextEncoder()
    const pieces = exportJsonLines(store, name)
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { done, value } = await pieces.next()
        if (done) controller.close()
        else controller.enqueue(encoder.encode(value))
      },
      async cancel() {
        await pieces.return(undefined)
      },
    })
    return new Response(body, { headers: { 'Content-Type': 'application/x-ndjson' } }) as never
  })

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
  app.use(
    bodyLimit({
      maxSize: limits.bodyBytes,
      onError: (context) =>
        context.json({ error: { code: 'too-large', message: `a body may have ${limits.bodyBytes} bytes` } }, 413),
    }),
  )
  let mcp: Promise<McpHttpHandler> | undefined
  app.all('/mcp', async (context) => {
    mcp ??= openMcp((request) => api.fetch(request), version, limits.bodyBytes)
    return (await mcp).fetch(context.req.raw)
  })
  app.route('/', api)
  app.notFound((context) =>
    context.json({ error: { code: 'not-found', message: 'no such path', remedy: 'See /openapi.json.' } }, 404),
  )
  app.onError((error, context) => answerError(error, context, options.onFault))

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

function answerError(error: Error, context: Context, onFault: ServerOptions['onFault']): Response {
  if (error instanceof UnknownStudyError) return context.json(bodyOf(error), 404)
  const status = KrigeError.isInstance(error) ? STATUS[error.code] : undefined
  if (status !== undefined && KrigeError.isInstance(error)) return context.json(bodyOf(error), status)
  // Hono's own: a body that is no JSON, or says that it is something else.
  if (error instanceof HTTPException && error.status < 500) {
    const remedy = error.status === 415 ? { remedy: 'Send JSON, with Content-Type: application/json.' } : {}
    return context.json({ error: { code: 'invalid-argument', message: error.message, ...remedy } }, error.status)
  }
  onFault?.(error)
  return context.json({ error: { code: 'fault', message: 'a fault of the server; its log says more' } }, 500)
}

function bodyOf({ code, message, remedy }: KrigeError) {
  return { error: { code, message, ...(remedy === undefined ? {} : { remedy }) } }
}

type GivenCandidate = string | { [Key in keyof Candidate]?: Candidate[Key] | undefined }

function candidateOf(given: GivenCandidate, id: string): Candidate {
  if (typeof given === 'string') return { id, text: given }
  return { id, ...(withoutUndefined(given) as Omit<Candidate, 'id'>) }
}

/** A text that does not join the pool: what it is called says nothing. */
function textOf(given: GivenCandidate): string | Omit<Candidate, 'id'> {
  if (typeof given === 'string') return given
  const { id: _, ...content } = candidateOf(given, '')
  return content
}

function withoutUndefined<Value extends object>(
  value: Value,
): { [Key in keyof Value]: Exclude<Value[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as {
    [Key in keyof Value]: Exclude<Value[Key], undefined>
  }
}

function addCandidates(served: ServedStudy, given: readonly GivenCandidate[]) {
  const { study } = served
  let added = 0
  const candidates = given.map((each) => {
    const { indexById, candidates } = study.state
    let number = candidates.length + 1
    while (indexById.has(String(number))) number++
    const candidate = {
      ...candidateOf(each, String(number)),
      ...(served.runner ? { origin: { by: 'hand' } as const } : {}),
    }
    const known = served.byKey.get(candidateKey(candidate))
    if (known !== undefined) return candidateAnswer(candidates[known]!, known)
    const [index] = study.add([candidate])
    added++
    return candidateAnswer(study.state.candidates[index!]!, index!)
  })
  return { candidates, added }
}

function pendingOf({ study }: ServedStudy) {
  const { actions, candidates } = study.state
  return {
    actions: [...actions.values()].flatMap((action) => {
      if (action.kind !== 'evaluate') return []
      const { asked } = action
      const rival =
        asked.rival === undefined ? {} : { rival: { candidate: candidates[asked.rival]!, index: asked.rival } }
      return actionAnswer({
        id: asked.action,
        candidate: candidates[asked.candidate]!,
        index: asked.candidate,
        ...rival,
        examples: asked.examples,
        repeat: asked.repeat ?? 0,
        ...(asked.reason ? { reason: asked.reason } : {}),
      })
    }),
  }
}

function bestOf({ study }: ServedStudy) {
  const recommendation = study.recommend()
  if (!recommendation) return { best: null }
  const { candidate, mean, interval, level, probabilityBest } = recommendation
  return {
    best: {
      candidate: candidateAnswer(study.state.candidates[candidate]!, candidate),
      mean,
      interval: [interval[0], interval[1]] as [number, number],
      level,
      probabilityBest,
    },
  }
}
