/**
 * Plots of scores: the best so far, and every candidate with its interval.
 *
 * @module
 */
import * as Plot from '@observablehq/plot'
import { candidateText } from '../prompt/candidate.ts'
import { type Html, html } from './html.ts'
import { count, interval, score } from './numbers.ts'
import { drawPlot, hoverText } from './plot.ts'
import type { RankedCandidate } from './ranking.ts'

export interface ProgressPoint {
  readonly evaluations: number
  readonly mean: number
  readonly interval: readonly [number, number]
  /** Id of the candidate in the lead. */
  readonly label: string
}

/** Mean and interval of the best candidate so far over evaluations; a dot where another takes the lead. */
export function progressPlot(points: readonly ProgressPoint[], reference?: { label: string; mean: number }): Html {
  if (points.length < 2) return html`<p class="quiet">Too few checkpoints for a curve.</p>`
  const leads = points.filter((point, index) => index === 0 || point.label !== points[index - 1]!.label)
  return drawPlot(
    {
      height: 280,
      x: { label: 'evaluations', zero: true },
      y: { label: 'estimated score', grid: true, nice: true },
      marks: [
        Plot.areaY(points, {
          x: 'evaluations',
          y1: ({ interval }) => interval[0],
          y2: ({ interval }) => interval[1],
          fill: 'var(--accent)',
          fillOpacity: 0.16,
        }),
        Plot.lineY(points, { x: 'evaluations', y: 'mean', stroke: 'var(--accent)', strokeWidth: 2 }),
        ...(reference
          ? [
              Plot.ruleY([reference.mean], { stroke: 'var(--quiet)', strokeDasharray: '4 4' }),
              Plot.text([`${reference.label} ${score(reference.mean)}`], {
                y: [reference.mean],
                frameAnchor: 'right',
                textAnchor: 'end',
                dy: -7,
                fill: 'var(--quiet)',
                stroke: 'var(--paper)',
                strokeWidth: 4,
              }),
            ]
          : []),
        Plot.dot(leads, {
          x: 'evaluations',
          y: 'mean',
          r: 4,
          fill: 'var(--accent)',
          stroke: 'var(--paper)',
          title: ({ evaluations, label, mean }) =>
            hoverText(`${count(evaluations)} evaluations: ${label} leads with ${score(mean)}`),
        }),
      ],
    },
    `Estimated score of the best prompt so far, from ${score(points[0]!.mean)} to ${score(points.at(-1)!.mean)}, over ${count(points.at(-1)!.evaluations)} evaluations`,
  )
}

/** Beyond that every candidate has less than a pixel: the intervals become one band. */
const MOST_RULES = 400

const rankTick = (rank: number) => (Number.isInteger(rank) ? count(rank) : '')

/** Every candidate by rank with its interval; winner and baseline stand out. */
export function intervalPlot(
  rows: readonly RankedCandidate[],
  { winner, baseline }: { readonly winner: number | undefined; readonly baseline: string | undefined },
): Html {
  const points = rows
    .map((row, position) => ({ rank: position + 1, low: row.interval[0], high: row.interval[1], row }))
    .filter(({ row, low, high }) => Number.isFinite(row.mean) && Number.isFinite(low) && Number.isFinite(high))
  if (points.length < 2) return html`<p class="quiet">Too few prompts have a score for a plot.</p>`
  const kindOf = ({ row }: (typeof points)[number]) =>
    row.index === winner ? 'winner' : row.candidate.id === baseline ? 'baseline' : 'other'
  const title = ({ row, rank }: (typeof points)[number]) =>
    hoverText(
      `${rank}. ${row.candidate.id}: ${score(row.mean)} ${interval(row.interval)}\n${candidateText(row.candidate)}`,
    )
  const named = points.filter((point) => kindOf(point) !== 'other')
  const color = (point: (typeof points)[number]) =>
    ({ winner: 'var(--accent)', baseline: 'var(--warn)', other: 'var(--quiet)' })[kindOf(point)]
  const isBand = points.length > MOST_RULES
  return drawPlot(
    {
      height: 300,
      x: { label: 'rank', domain: [0.5, (points.at(-1)?.rank ?? 1) + 0.5], tickFormat: rankTick },
      y: { label: 'score', grid: true, nice: true },
      marks: [
        isBand
          ? Plot.areaY(points, { x: 'rank', y1: 'low', y2: 'high', fill: 'var(--quiet)', fillOpacity: 0.25 })
          : Plot.ruleX(points, {
              x: 'rank',
              y1: 'low',
              y2: 'high',
              stroke: color,
              strokeOpacity: 0.55,
              strokeWidth: points.length > 150 ? 1.5 : 3,
              title,
            }),
        isBand
          ? Plot.lineY(points, { x: 'rank', y: ({ row }) => row.mean, stroke: 'var(--quiet)' })
          : Plot.dot(points, {
              x: 'rank',
              y: ({ row }) => row.mean,
              r: points.length > 150 ? 1.5 : 3,
              fill: color,
              title,
            }),
        Plot.ruleX(named, { x: 'rank', y1: 'low', y2: 'high', stroke: color, strokeWidth: 3, title }),
        Plot.dot(named, { x: 'rank', y: ({ row }) => row.mean, r: 5, fill: color, stroke: 'var(--paper)', title }),
        ...(['start', 'end'] as const).map((textAnchor) =>
          Plot.text(
            named.filter(({ rank }) => rank < points.length / 2 === (textAnchor === 'start')),
            {
              x: 'rank',
              y: 'high',
              text: kindOf,
              dy: -9,
              textAnchor,
              fill: color,
              stroke: 'var(--paper)',
              strokeWidth: 4,
            },
          ),
        ),
      ],
    },
    `${count(points.length)} prompts by rank with their intervals, from ${score(points[0]!.row.mean)} to ${score(points.at(-1)!.row.mean)}`,
  )
}
