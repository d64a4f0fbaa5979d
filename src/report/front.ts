/**
 * The front of score against what a prompt takes: which prompts no other beats in both.
 *
 * Notation: θ_i score, c_i price, both normal and independent as far as is known here; i is on the front of a draw where no
 * j has θ_j ≥ θ_i and c_j ≤ c_i, one of them strictly.
 *
 * @module
 */
import * as Plot from '@observablehq/plot'
import { createRandom } from '../numerics/random/random.ts'
import { charactersOf, measurementOf, type Prices } from '../study/prices.ts'
import type { StudyState } from '../study/state.ts'
import { type Html, html } from './html.ts'
import { count, probability, score } from './numbers.ts'
import { drawPlot, hoverText } from './plot.ts'
import type { RankedCandidate } from './ranking.ts'

/** A prompt that may be on the front. */
export interface FrontPoint {
  readonly id: string
  readonly score: number
  /** Mean of what it takes. */
  readonly price: number
  /** Posterior probability of being on the front. */
  readonly probability: number
}

export interface Front {
  /** `characters`, `usd`, `tokens` or `latency`. */
  readonly measure: string
  /** Cheapest first; those that are hardly ever on it left out. */
  readonly points: readonly FrontPoint[]
}

const DRAWS = 400
const SHOWN = 0.05
const MEASURES = ['usd', 'tokens', 'latency'] as const
/** Prompts that are looked at, those measured most first: a draw compares every pair. */
const MOST = 200

/**
 * Fronts of score against length, and against whatever else was measured of answers.
 *
 * @example
 * frontsOf(study.state, rankCandidates(study.state)).map(({ measure }) => measure) // []
 */
export function frontsOf(state: StudyState, rows: readonly RankedCandidate[]): Front[] {
  return pricesOf(state).flatMap((prices) => frontOf(state, rows, prices))
}

function pricesOf(state: StudyState): Prices[] {
  return [charactersOf(state), ...MEASURES.map((metric) => measurementOf(state, metric))].flatMap(
    (prices) => prices ?? [],
  )
}

function frontOf(state: StudyState, rows: readonly RankedCandidate[], { measure, of }: Prices): Front[] {
  const sign = state.config.direction === 'minimize' ? -1 : 1
  const shown = rows
    .filter(({ index, measured, failed, mean }) => measured > failed && of.has(index) && Number.isFinite(mean))
    .sort((a, b) => b.measured - b.failed - (a.measured - a.failed))
    .slice(0, MOST)
  // Where all take the same there is nothing to choose.
  if (new Set(shown.map(({ index }) => of.get(index)!.mean)).size < 2) return []
  const random = createRandom(state.config.seed).split('front').split(measure)
  const deviations = shown.map(({ index, interval }) => {
    const known = state.conclusion?.standardDeviations[index]
    return known ?? Math.max(0, (interval[1] - interval[0]) / (2 * 1.96))
  })
  const hits = new Int32Array(shown.length)
  for (let draw = 0; draw < DRAWS; draw++) {
    const drawn = shown.map(({ index, mean }, k) => {
      const { mean: price, standardError } = of.get(index)!
      return {
        k,
        score: sign * mean + deviations[k]! * random.normal(),
        price: price + standardError * random.normal(),
      }
    })
    drawn.sort((a, b) => a.price - b.price || b.score - a.score)
    let best = Number.NEGATIVE_INFINITY
    for (const { k, score: value } of drawn) {
      if (value <= best) continue
      best = value
      hits[k]!++
    }
  }
  const points = shown.flatMap(({ candidate, index, mean }, k) =>
    hits[k]! / DRAWS < SHOWN
      ? []
      : [{ id: candidate.id, score: mean, price: of.get(index)!.mean, probability: hits[k]! / DRAWS }],
  )
  return [{ measure, points: points.sort((a, b) => a.price - b.price) }]
}

const NAMES: Readonly<Record<string, string>> = {
  characters: 'characters of the prompt',
  usd: 'dollars per answer',
  tokens: 'tokens per answer',
  latency: 'milliseconds per answer',
}
/** Of a front of many, those likeliest on it stand in the table. */
const MOST_LISTED = 8

/** The fronts, drawn and as tables; undefined where there is nothing to choose. */
export function frontPlots(state: StudyState, rows: readonly RankedCandidate[]): Html | undefined {
  const drawn = pricesOf(state).flatMap((prices) => frontOf(state, rows, prices).map((front) => ({ front, prices })))
  const fronts = drawn.filter(({ front }) => front.points.length > 1)
  if (fronts.length === 0) return undefined
  return html`<p class="quiet">A prompt is on the front where no other has a better score for the same price or less. The probability allows for how uncertain score and price are: blue prompts may be on the front, and a larger dot is likelier.</p>
${fronts.map(({ front: { measure, points }, prices }) => {
  const likely = points.toSorted((a, b) => b.probability - a.probability).slice(0, MOST_LISTED)
  const listed = points.filter((point) => likely.includes(point))
  const name = NAMES[measure] ?? measure
  return html`<h3>Score against ${name}</h3>${frontPlot(name, points, rows, prices)}
<div class="scroll"><table><thead><tr><th>prompt</th><th class="number">${name}</th><th class="number">score</th><th class="number">on the front</th></tr></thead>
<tbody>${listed.map((point) => html`<tr><th scope="row" class="name">${point.id}</th><td class="number">${priceText(point.price)}</td><td class="number">${score(point.score)}</td><td class="number">${probability(point.probability)}</td></tr>`)}</tbody></table></div>
${points.length > listed.length ? html`<p class="quiet">The ${count(listed.length)} likeliest of ${count(points.length)}.</p>` : undefined}`
})}`
}

function frontPlot(
  name: string,
  points: readonly FrontPoint[],
  rows: readonly RankedCandidate[],
  { of }: Prices,
): Html {
  const front = new Map(points.map((point) => [point.id, point]))
  const dots = rows.flatMap(({ index, candidate, mean, measured, failed }) => {
    const price = of.get(index)?.mean
    if (price === undefined || measured === failed || !Number.isFinite(mean)) return []
    const chance = front.get(candidate.id)?.probability ?? 0
    const told = `${candidate.id}: ${score(mean)} for ${priceText(price)}; on the front ${probability(chance)}`
    return [{ price, mean, chance, title: hoverText(told) }]
  })
  return drawPlot(
    {
      height: 260,
      x: { label: name, nice: true },
      y: { label: 'score', grid: true, nice: true },
      marks: [
        Plot.dot(dots, { x: 'price', y: 'mean', r: 3, fill: 'var(--quiet)', fillOpacity: 0.5, title: 'title' }),
        Plot.dot(
          dots.filter(({ chance }) => chance > 0),
          {
            x: 'price',
            y: 'mean',
            r: ({ chance }) => chance,
            fill: 'var(--accent)',
            stroke: 'var(--paper)',
            title: 'title',
          },
        ),
      ],
      r: { domain: [0, 1], range: [2, 9] },
    },
    `Scores of ${count(dots.length)} prompts against ${name}; a larger dot is likelier on the front, and the table below has the likeliest`,
  )
}

function priceText(price: number): string {
  return price >= 100 ? count(Math.round(price)) : String(Number(price.toPrecision(3)))
}
