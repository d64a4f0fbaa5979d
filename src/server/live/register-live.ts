/**
 * The live view: a page that shows a study's report as it grows, and what a person may say to the search.
 *
 * @module
 */
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context, Hono } from 'hono'
import { readShown } from '../../report/read-shown.ts'
import type { ReportOptions } from '../../report/report-options.ts'
import type { Store } from '../../store/store.ts'
import { candidateAnswer } from '../answers.ts'
import { indexOf, openFor, type ServedStudy } from '../served-studies.ts'
import { createLiveReport, type LiveReport } from './live-report.ts'
import { livePage, studiesPage } from './page.ts'
import * as routes from './routes.ts'

interface LiveOptions {
  readonly store: Store
  readonly version: string
  readonly now: () => number
  /** Runs work on a study; what it did is on the disk before the answer goes out. */
  readonly on: <Result>(context: Context, work: (served: ServedStudy) => Result) => Promise<Result>
}

/** Adds the paths of the live view. The pages themselves hold nothing of a study, so that they need no token. */
export function registerLive(app: Hono, api: OpenAPIHono, { store, version, now, on }: LiveOptions): void {
  const reports = new WeakMap<ServedStudy, (have?: number) => Promise<LiveReport>>()
  app.get('/', (context) => showPage(context, studiesPage()))
  app.get('/studies/:name/live', (context) => showPage(context, livePage()))

  api.openapi(routes.control, async (context) => {
    const { command } = context.req.valid('json')
    const state = await on(context, ({ control }) => {
      control.apply(command)
      return control.state
    })
    return context.json({ state }, 200)
  })
  api.openapi(routes.compare, async (context) => {
    const { candidate, rival, example, outcome } = context.req.valid('json')
    await on(context, (served) =>
      openFor(served).study.observeComparison({
        candidate: indexOf(served, candidate),
        rival: indexOf(served, rival),
        example,
        outcome,
      }),
    )
    return context.json({ accepted: true as const }, 200)
  })
  api.openapi(routes.getPair, async (context) => {
    const { skip = 0 } = context.req.valid('query')
    return context.json({ pair: await on(context, (served) => pairOf(served, skip)) }, 200)
  })
  api.openapi(routes.getLiveReport, async (context) => {
    const { have } = context.req.valid('query')
    const served = await on(context, (served) => served)
    let report = reports.get(served)
    if (!report) {
      report = createLiveReport(served, () => reportExtras(served, store, version), now)
      reports.set(served, report)
    }
    const answer = await report(have)
    served.audience?.seen(answer.events)
    const { parts, rows, order, ...rest } = answer
    return context.json(
      { ...rest, parts: [...parts], rows: [...rows], ...(order === undefined ? {} : { order: [...order] }) },
      200,
    )
  })
}

function showPage(context: Context, { html, policy }: { readonly html: string; readonly policy: string }): Response {
  context.header('Content-Security-Policy', policy)
  context.header('Referrer-Policy', 'no-referrer')
  context.header('X-Content-Type-Options', 'nosniff')
  context.header('Cache-Control', 'no-store')
  return context.html(html) as Response
}

/** What a report says beside the state of the study. */
export async function reportExtras(
  { study: { state } }: ServedStudy,
  store: Store,
  version: string,
): Promise<Partial<ReportOptions>> {
  return { ...(await readShown(store, state)), version }
}

/** The best two that were not compared on some example, and the first such example; `skip` pairs further down. */
function pairOf({ study, runner }: ServedStudy, skip: number) {
  const { config, candidates, hasComparison } = study.state
  if (config.response !== 'comparison') return null
  const means = study.recommend()?.means ?? []
  const sign = config.direction === 'minimize' ? 1 : -1
  const ranked = [...candidates.keys()].sort((a, b) => sign * ((means[a] ?? 0) - (means[b] ?? 0)) || a - b)
  let skipped = 0
  for (let sum = 1; sum < 2 * ranked.length; sum++) {
    for (let low = Math.max(0, sum - ranked.length + 1); low < sum - low; low++) {
      const [left, right] = [ranked[low]!, ranked[sum - low]!]
      for (let example = 0; example < config.exampleCount; example++) {
        if (hasComparison('search', left, right, example)) continue
        if (skipped++ < skip) break
        const input = runner?.inputOf(example)
        return {
          left: candidateAnswer(candidates[left]!, left),
          right: candidateAnswer(candidates[right]!, right),
          example,
          ...(input === undefined ? {} : { input }),
        }
      }
    }
  }
  return null
}
