import * as Plot from '@observablehq/plot'
import type { StudyState } from '../study/state.ts'
import { type Html, html } from './html.ts'
import { count, score } from './numbers.ts'
import { drawPlot, rowLabel, SCORE_COLORS } from './plot.ts'
import type { RankedCandidate } from './ranking.ts'

const MOST_ROWS = 30
const MOST_COLUMNS = 120

/** Scores of the best measured candidates by example, hardest examples last; gaps were never measured. */
export function heatMap({ observations, turned }: StudyState, rows: readonly RankedCandidate[]): Html | undefined {
  const shown = rows.filter(({ scores }) => scores.length > 0).slice(0, MOST_ROWS)
  const place = new Map(shown.map(({ index }, position) => [index, position]))
  const cells: { row: number; example: number; score: number }[] = []
  const byExample = new Map<number, { sum: number; count: number }>()
  for (let at = 0; at < observations.length; at++) {
    const example = observations.example(at)
    const value = turned(observations.score(at))
    if (example < 0 || Number.isNaN(value)) continue
    const known = byExample.get(example) ?? { sum: 0, count: 0 }
    byExample.set(example, { sum: known.sum + value, count: known.count + 1 })
    const row = place.get(observations.candidate(at))
    if (row !== undefined && observations.repeat(at) === 0) cells.push({ row, example, score: value })
  }
  if (shown.length < 2 || cells.length === 0) return undefined
  const ofShown = new Set(cells.map(({ example }) => example))
  const order = [...byExample]
    .filter(([example]) => ofShown.has(example))
    .sort(([, a], [, b]) => b.count - a.count)
    .slice(0, MOST_COLUMNS)
    .sort(([a, x], [b, y]) => y.sum / y.count - x.sum / x.count || a - b)
    .map(([example]) => example)
  const columns = new Set(order)
  const drawn = cells.filter(({ example }) => columns.has(example))
  const labels = shown.map(({ candidate }) => rowLabel(candidate.id))
  const values = drawn.map(({ score }) => score)
  return html`<p class="quiet">Rows are the best measured prompts, columns search examples from easy to hard${byExample.size > order.length ? ` (the ${count(order.length)} measured most of ${count(byExample.size)})` : ''}. Yellow is a high score, dark blue a low one; a gap was not measured.</p>
${drawPlot(
  {
    height: 40 + 15 * shown.length,
    marginLeft: 150,
    marginTop: 6,
    marginBottom: 6,
    x: { type: 'band', domain: order, axis: null },
    y: {
      type: 'band',
      domain: labels.map((_, row) => row),
      tickFormat: (row: number) => labels[row] ?? '',
      label: null,
      tickSize: 0,
    },
    color: { ...SCORE_COLORS, domain: [Math.min(0, ...values), Math.max(1, ...values)] },
    marks: [
      Plot.cell(drawn, {
        x: 'example',
        y: 'row',
        fill: 'score',
        inset: 0.5,
        stroke: 'var(--quiet)',
        strokeWidth: 0.4,
        title: (cell: (typeof drawn)[number]) => `${labels[cell.row]}, example ${cell.example}: ${score(cell.score)}`,
      }),
    ],
  },
  `Scores of ${shown.length} prompts on ${order.length} examples`,
)}`
}
