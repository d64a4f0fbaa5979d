/**
 * The report of a running study, as what changed since a reader last asked.
 *
 * @module
 */
import { createCostCounter } from '../../report/costs.ts'
import { toText } from '../../report/html.ts'
import { loadReport } from '../../report/load-report.ts'
import { ROWS_TOGETHER } from '../../report/prompt-list.ts'
import type { ReportOptions } from '../../report/report-options.ts'
import type { ServedStudy } from '../served-studies.ts'

/** What a reader who holds an earlier version lacks. */
export interface LiveReport {
  /** Of the page; a reader sends it with the next request. */
  readonly version: number
  /** Events it shows. */
  readonly events: number
  /** Sections in order; without markup those that did not change. */
  readonly parts: readonly { readonly id: string; readonly html?: string }[]
  /** Indices of the prompts, best first; absent where the order did not change. */
  readonly order?: readonly number[]
  /** Rows of the list that changed, by index. */
  readonly rows: readonly { readonly index: number; readonly html: string }[]
  /** Rows of one group of the list. */
  readonly together: number
  /** Milliseconds before another request is worth it. */
  readonly again: number
}

interface Drawn {
  readonly version: number
  readonly events: number
  readonly parts: ReadonlyMap<string, string>
  readonly rows: ReadonlyMap<number, string>
  readonly order: readonly number[]
}

/** Versions that readers may still hold. */
const KEPT = 4
/** Drawing takes this share of the time at most: the search runs in the same process. */
const SHARE = 0.1
const SHORTEST = 500

/**
 * Draws the report of one study when it is asked for and something happened, but not all the time.
 *
 * @param extra What the report has beside the state, looked up before it is drawn.
 * @param now A clock in milliseconds.
 * @example
 * const log = study.drain()
 * const follow = createLiveReport({ study, log, committed: log.length }, async () => ({}), () => 0)
 * const first = await follow()
 * const again = await follow(first.version)
 * again.rows.length // 0
 */
export function createLiveReport(
  served: Pick<ServedStudy, 'study' | 'log' | 'committed'>,
  extra: () => Promise<Partial<ReportOptions>>,
  now: () => number,
): (have?: number) => Promise<LiveReport> {
  const { study, log } = served
  const drawn: Drawn[] = []
  const counter = createCostCounter()
  let counted = 0
  let due = Number.NEGATIVE_INFINITY
  let drawing: Promise<Drawn> | undefined

  const draw = async (): Promise<Drawn> => {
    // Loaded when first drawn: the plots take longer to load than the rest of the server.
    const [given, { reportParts }] = await Promise.all([extra(), loadReport()])
    const started = now()
    const events = log.length
    for (; counted < events; counted++) counter.add(log[counted]!)
    const { parts, rows } = reportParts({ costs: counter.costs(), ...given, state: study.state })
    const next: Drawn = {
      version: (drawn.at(-1)?.version ?? 0) + 1,
      events,
      parts: new Map(parts.map(({ id, html }) => [id, toText(html)])),
      rows: new Map(rows.map(({ index, html }) => [index, toText(html)])),
      order: rows.map(({ index }) => index),
    }
    drawn.push(next)
    if (drawn.length > KEPT) drawn.shift()
    const ended = now()
    due = ended + Math.max(SHORTEST, (ended - started) * (1 / SHARE - 1))
    return next
  }

  const latest = async (): Promise<Drawn> => {
    const last = drawn.at(-1)
    const isOver = ['concluded', 'stopped'].includes(log.at(-1)?.type ?? '')
    if (last && (last.events === log.length || (now() < due && !isOver))) return last
    drawing ??= draw().finally(() => {
      drawing = undefined
    })
    return drawing
  }

  return async (have) => {
    const page = await latest()
    const held = drawn.find(({ version }) => version === have)
    return {
      version: page.version,
      events: page.events,
      parts: [...page.parts].map(([id, html]) => (held?.parts.get(id) === html ? { id } : { id, html })),
      ...(held && sameOrder(held.order, page.order) ? {} : { order: page.order }),
      rows: [...page.rows].flatMap(([index, html]) => (held?.rows.get(index) === html ? [] : [{ index, html }])),
      together: ROWS_TOGETHER,
      again: Math.max(SHORTEST, Math.ceil(due - now())),
    }
  }
}

function sameOrder(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((index, rank) => index === b[rank])
}
