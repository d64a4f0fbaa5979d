/**
 * What can be asked of studies over HTTP; {@link createServerApp} puts the limits around it.
 *
 * @module
 */
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import { withoutUndefined } from '../check-input.ts'
import { candidateText } from '../prompt/candidate.ts'
import { createCostCounter } from '../report/costs.ts'
import { loadReport } from '../report/load-report.ts'
import { exportJsonLines } from '../store/jsonl.ts'
import type { Store } from '../store/store.ts'
import type { StudyOptions } from '../study/create-study.ts'
import {
  askStudy,
  bestAnswer,
  checkAsker,
  concludeAnswer,
  explanationAnswer,
  observeStudy,
  pendingAnswer,
  posteriorAnswer,
  studyAnswer,
  tellStudy,
  textsAnswer,
} from './answers.ts'
import { addCandidates, candidateOf, poolOf, textOf } from './given-candidate.ts'
import { reportExtras } from './live/register-live.ts'
import * as routes from './routes.ts'
import { indexOf, openFor, type ServedStudies, type ServedStudy } from './served-studies.ts'

interface StudyRoutes {
  readonly store: Store
  readonly studies: ServedStudies
  readonly version: string
  /** Whether the server is shutting down: streams end then. */
  readonly isDraining: () => boolean
  /** Runs work on the study of a request; what it did is on the disk before the answer goes out. */
  readonly on: <Result>(context: Context, work: (served: ServedStudy) => Result) => Promise<Result>
}

export function registerStudies(api: OpenAPIHono, { store, studies, version, isDraining, on }: StudyRoutes): void {
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
      pool: poolOf(pool),
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
  api.openapi(routes.getPending, async (context) => context.json(await on(context, pendingAnswer), 200))
  api.openapi(routes.getBest, async (context) => context.json(await on(context, bestAnswer), 200))
  api.openapi(routes.getPosterior, async (context) => context.json(await on(context, posteriorAnswer), 200))
  api.openapi(routes.ask, async (context) => {
    const { count } = context.req.valid('json')
    const { 'idempotency-key': request } = context.req.valid('header')
    return context.json(await on(context, (served) => askStudy(served, count, request)), 200)
  })
  api.openapi(routes.tell, async (context) => {
    const { results } = context.req.valid('json')
    const told = await on(context, (served) => tellStudy(served, results))
    return context.json({ told, repeated: results.length - told }, 200)
  })
  api.openapi(routes.observe, async (context) => {
    const { observations } = context.req.valid('json')
    const observed = await on(context, (served) => {
      const given = observations.map(({ candidate, score, ...observation }) => ({
        ...observation,
        candidate: indexOf(openFor(served), candidate),
        score: score === null ? null : Number(score),
      }))
      return observeStudy(served, given)
    })
    return context.json({ observed, repeated: observations.length - observed }, 200)
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
  api.openapi(routes.conclude, async (context) => {
    const options = context.req.valid('json')
    return context.json(await on(context, (served) => concludeAnswer(served, options)), 200)
  })
  api.openapi(routes.followEvents, async (context) => {
    const served = await studies.open(context.req.param('name')!)
    const last = context.req.header('last-event-id')
    let at = last === undefined ? Number(context.req.query('from') ?? 0) : Number(last) + 1
    return streamSSE(context, async (stream) => {
      const leave = served.audience?.enter()
      stream.onAbort(() => leave?.())
      let said: string | undefined
      while (!stream.aborted) {
        // Asked first: what was said before the end is still sent.
        const isOver = served.closed || isDraining()
        const { state } = served.control
        if (state !== said) await stream.writeSSE({ event: 'control', data: JSON.stringify({ state }) })
        said = state
        for (; at < served.committed && !stream.aborted; at++) {
          const event = served.log[at]!
          await stream.writeSSE({ id: String(at), event: event.type, data: JSON.stringify(event) })
        }
        if (isOver) break
        await atMost(15_000, served.changed())
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
}

/** Waits for work, but not for ever. No timer stays behind: it would keep a process alive that has nothing else to do. */
async function atMost(milliseconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  await Promise.race([work, late])
  clearTimeout(timer)
}
