/**
 * The two drawings of a report, as inline SVG without script. Colours come from the page's variables, so they follow
 * light and dark.
 *
 * @module
 */
import { type Html, html } from './html.ts'
import { count, score } from './numbers.ts'

export interface ProgressPoint {
  readonly evaluations: number
  readonly mean: number
  readonly interval: readonly [number, number]
  readonly label: string
}

const WIDTH = 720
const HEIGHT = 240
const MARGIN = { left: 52, right: 16, top: 14, bottom: 34 }

/** Posterior mean and interval of the incumbent over evaluations; a dot where another candidate takes the lead. */
export function progressChart(points: readonly ProgressPoint[], reference?: { label: string; mean: number }): Html {
  if (points.length < 2) return html`<p class="quiet">Too few checkpoints for a curve.</p>`
  const values = points.flatMap(({ interval, mean }) => [...interval, mean]).concat(reference ? [reference.mean] : [])
  const [low, high] = padded(Math.min(...values), Math.max(...values))
  const last = points.at(-1)!.evaluations
  const x = (evaluations: number) =>
    MARGIN.left + (evaluations / Math.max(1, last)) * (WIDTH - MARGIN.left - MARGIN.right)
  const y = (value: number) => MARGIN.top + (1 - (value - low) / (high - low)) * (HEIGHT - MARGIN.top - MARGIN.bottom)
  const path = (list: readonly (readonly [number, number])[]) =>
    list.map(([a, b], index) => `${index === 0 ? 'M' : 'L'}${x(a).toFixed(1)} ${y(b).toFixed(1)}`).join('')
  const upper = points.map(({ evaluations, interval }) => [evaluations, interval[1]] as const)
  const lower = points.map(({ evaluations, interval }) => [evaluations, interval[0]] as const).reverse()
  const band = `${path(upper)}${path(lower).replace('M', 'L')}Z`
  const leads = points.filter((point, index) => index === 0 || point.label !== points[index - 1]!.label)
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Estimated score of the best prompt so far, from ${score(points[0]!.mean)} to ${score(points.at(-1)!.mean)}, over ${count(last)} evaluations">
${ticks(low, high).map(
  (value) =>
    html`<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}"/><text class="tick" x="${MARGIN.left - 8}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${shortNumber(value)}</text>`,
)}
${ticks(0, last).map(
  (value) =>
    html`<text class="tick" x="${x(value).toFixed(1)}" y="${HEIGHT - MARGIN.bottom + 18}" text-anchor="middle">${count(value)}</text>`,
)}
<text class="tick" x="${WIDTH - MARGIN.right}" y="${HEIGHT - 2}" text-anchor="end">evaluations</text>
<path class="band" d="${band}"/>
${
  reference
    ? html`<line class="reference" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(reference.mean).toFixed(1)}" y2="${y(reference.mean).toFixed(1)}"/><text class="tick" x="${WIDTH - MARGIN.right}" y="${(y(reference.mean) - 5).toFixed(1)}" text-anchor="end">${reference.label} ${score(reference.mean)}</text>`
    : undefined
}
<path class="line" d="${path(points.map(({ evaluations, mean }) => [evaluations, mean] as const))}"/>
${leads.map((point) => html`<circle class="dot" cx="${x(point.evaluations).toFixed(1)}" cy="${y(point.mean).toFixed(1)}" r="4"><title>${count(point.evaluations)} evaluations: ${point.label} leads with ${score(point.mean)}</title></circle>`)}
</svg>`
}

/** A mean and its interval on a common scale. */
export function intervalBar(
  mean: number,
  [low, high]: readonly [number, number],
  scale: readonly [number, number],
  kind: 'winner' | 'baseline' | 'other' = 'other',
): Html {
  const width = 140
  const x = (value: number) =>
    (4 + Math.min(1, Math.max(0, (value - scale[0]) / (scale[1] - scale[0] || 1))) * (width - 8)).toFixed(1)
  return html`<svg class="bar ${kind}" viewBox="0 0 ${width} 14" aria-hidden="true"><line class="rail" x1="4" x2="${width - 4}" y1="7" y2="7"/><line class="range" x1="${x(low)}" x2="${x(high)}" y1="7" y2="7"/><circle cx="${x(mean)}" cy="7" r="3.5"/></svg>`
}

function padded(low: number, high: number): [number, number] {
  const margin = (high - low || Math.abs(high) || 1) * 0.06
  return [low >= 0 && low - margin < 0 ? 0 : low - margin, high <= 1 && high + margin > 1 ? 1 : high + margin]
}

/** Three to six round numbers. */
function ticks(low: number, high: number): number[] {
  const span = high - low || 1
  const power = 10 ** Math.floor(Math.log10(span / 4))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => span / candidate <= 5.5)!
  const found: number[] = []
  for (let value = Math.ceil(low / step - 1e-9); value * step <= high + step * 1e-9; value++)
    found.push(value * step || 0)
  return found
}

function shortNumber(value: number): string {
  return Number(value.toFixed(6)).toString().replace('-', '−')
}
