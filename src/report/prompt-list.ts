import { candidateText } from '../prompt/candidate.ts'
import type { StudyState } from '../study/state.ts'
import { type Html, html } from './html.ts'
import { intervalBar } from './interval-bar.ts'
import { count, interval, score } from './numbers.ts'
import type { RankedCandidate } from './ranking.ts'

/** Rows that show their whole text; the rest are cut, so that a pool of ten thousand still opens. */
const FULL_TEXTS = 200
const CUT = 300
const BEGINNING = 180

/** The box that {@link SEARCH_SCRIPT} listens to. */
export const promptSearch = html`<p class="search"><label for="search">Search the prompts</label> <input id="search" type="search" autocomplete="off"> <span id="found" role="status" class="quiet"></span></p>`

/** One candidate in the list. */
export interface PromptRow {
  /** Position in the pool. */
  readonly index: number
  readonly html: Html
}

/** Rows of one group of the list. */
export const ROWS_TOGETHER = 50

/** Every candidate, best first. A browser's own search finds all of them, and the box above filters. */
export function promptRows({ conclusion, config }: StudyState, rows: readonly RankedCandidate[]): PromptRow[] {
  const scale = scaleOf(rows)
  return rows.map((row, rank) => {
    const isWinner = row.index === conclusion?.winner.candidate
    const text = candidateText(row.candidate)
    const shown =
      rank < FULL_TEXTS || isWinner || row.candidate.id === config.baseline || text.length <= CUT
        ? text
        : `${text.slice(0, CUT)} …`
    return {
      index: row.index,
      html: html`<li${isWinner ? html` class="winner"` : undefined}><details><summary dir="auto">${beginning(text)}</summary><pre dir="auto">${shown}</pre></details>${scoreOf(row, scale, isWinner)}<span class="quiet id">${row.candidate.id}${isWinner ? html`<span class="tag">winner</span>` : undefined}${row.candidate.id === config.baseline ? html`<span class="tag">baseline</span>` : undefined}</span></li>
`,
    }
  })
}

function scoreOf(row: RankedCandidate, scale: readonly [number, number], isWinner: boolean): Html {
  const failed = row.failed === 0 ? '' : `, ${count(row.failed)} failed`
  if (!Number.isFinite(row.mean)) return html`<span class="quiet">no score yet${failed}</span>`
  return html`${intervalBar(row.mean, row.interval, scale, isWinner ? 'winner' : 'other')}<span class="numbers"><b>${score(row.mean)}</b> <span class="quiet">${interval(row.interval)}, ${count(row.measured)} measured${failed}</span></span>`
}

/** From the lowest end of an interval to the highest. */
export function scaleOf(rows: readonly RankedCandidate[]): [number, number] {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const { interval: range } of rows) {
    if (range[0] < low) low = range[0]
    if (range[1] > high) high = range[1]
  }
  return low < high ? [low, high] : [0, 1]
}

/** Of the whole text: drafts often begin alike. */
function beginning(text: string): string {
  const line = text
    .slice(0, 2 * BEGINNING)
    .trim()
    .replaceAll(/\s+/g, ' ')
  return line.length > BEGINNING ? `${line.slice(0, BEGINNING)}…` : line || '(empty)'
}
