import * as Plot from '@observablehq/plot'
import { mean } from 'simple-statistics'
import { summarizeScores } from '../study/score-summary.ts'
import type { StudyState } from '../study/state.ts'
import { type Html, html } from './html.ts'
import { count, interval, score } from './numbers.ts'
import { drawPlot, hoverText } from './plot.ts'
import type { RankedCandidate } from './ranking.ts'

/** Scores of its own that a prompt needs before it says anything of an estimate. */
const FEWEST = 5
const MOST = 400

/**
 * Estimates against the scores they should agree with: of the search, which they were made from, and of the holdout, which
 * they never saw. `undefined` before a search has ended.
 */
export function calibration(
  { conclusion, candidates }: StudyState,
  rows: readonly RankedCandidate[],
): Html | undefined {
  if (!conclusion) return undefined
  const measured = rows.filter(({ scores, mean }) => scores.length >= FEWEST && Number.isFinite(mean))
  const points = measured.slice(0, MOST).map((row) => {
    const own = mean([...row.scores])
    return {
      estimate: row.mean,
      own,
      n: row.scores.length,
      title: hoverText(
        `${row.candidate.id}: estimate ${score(row.mean)}, own ${score(own)} over ${row.scores.length} examples`,
      ),
    }
  })
  const agree = measured.filter(({ mean, scores }) => {
    const [low, high] = summarizeScores(scores).interval
    return mean >= low && mean <= high
  }).length
  const held = (['winner', 'baseline'] as const).flatMap((name) => {
    const judged = conclusion[name]
    const seen = conclusion.holdout?.[name]
    if (!judged || !seen || (name === 'baseline' && judged.candidate === conclusion.winner.candidate)) return []
    const [low, high] = rows.find(({ index }) => index === judged.candidate)?.interval ?? judged.interval
    const isWithin = seen.interval[0] <= high && seen.interval[1] >= low
    return [
      html`<tr><th scope="row" class="name">${name} <span class="quiet">${candidates[judged.candidate]!.id}</span></th><td class="number">${interval([low, high])}</td><td class="number">${score(seen.mean)}</td><td class="number">${interval(seen.interval)}</td><td>${isWithin ? 'overlap' : 'apart'}</td></tr>`,
    ]
  })
  if (points.length < 3 && held.length === 0) return undefined
  return html`${
    held.length === 0
      ? undefined
      : html`<p class="quiet">What the search predicted, and what the holdout then showed: the same population, other examples.</p>
<div class="scroll"><table><thead><tr><td></td><th class="number">predicted interval</th><th class="number">holdout</th><th class="number">95% interval</th><th>intervals</th></tr></thead><tbody>${held}</tbody></table></div>`
  }${
    points.length < 3
      ? undefined
      : html`<p class="quiet">Each dot is a prompt with at least ${FEWEST} scores of its own: their plain mean, and the estimate, which also draws on other prompts. ${count(agree)} of ${count(measured.length)} estimates lie within the 95% interval of the plain mean. Where the points run flatter than the line, estimates are pulled toward those of similar prompts.</p>
${drawPlot(
  {
    height: 320,
    x: { label: 'plain mean of own scores', nice: true },
    y: { label: 'estimate', grid: true, nice: true },
    r: { range: [1.5, 7] },
    marks: [
      Plot.line(diagonal(points), { stroke: 'var(--quiet)', strokeDasharray: '4 4' }),
      Plot.dot(points, { x: 'own', y: 'estimate', r: 'n', fill: 'var(--accent)', fillOpacity: 0.55, title: 'title' }),
    ],
  },
  `Estimates against plain means of ${points.length} prompts; ${agree} of ${measured.length} agree`,
)}`
  }`
}

function diagonal(points: readonly { readonly estimate: number; readonly own: number }[]): [number, number][] {
  const values = points.flatMap(({ estimate, own }) => [estimate, own])
  const [low, high] = [Math.min(...values), Math.max(...values)]
  return [
    [low, low],
    [high, high],
  ]
}
