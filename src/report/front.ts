/**
 * The front of score against what a prompt takes: which prompts no other beats in both.
 *
 * Notation: θ_i score, c_i price, both normal and independent as far as is known here; i is on the front of a draw where no
 * j has θ_j ≥ θ_i and c_j ≤ c_i, one of them strictly.
 *
 * @module
 */
import { createRandom } from '../numerics/random/random.ts'
import { charactersOf, measurementOf, type Prices } from '../study/prices.ts'
import type { StudyState } from '../study/state.ts'
import { type Html, html } from './html.ts'
import { count, probability, score } from './numbers.ts'
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
  const all = [charactersOf(state), ...MEASURES.map((metric) => measurementOf(state, metric))]
  return all.flatMap((prices) => (prices ? frontOf(state, rows, prices) : []))
}

function frontOf(state: StudyState, rows: readonly RankedCandidate[], { measure, of }: Prices): Front[] {
  const sign = state.config.direction === 'minimize' ? -1 : 1
  const shown = rows
    .filter(({ index, measured, failed, mean }) => measured > failed && of.has(index) && Number.isFinite(mean))
    .sort((a, b) => b.measured - b.failed - (a.measured - a.failed))
    .slice(0, MOST)
  if (shown.length < 2) return []
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

/** The fronts as tables; undefined where there is nothing to choose. */
export function frontTables(state: StudyState, rows: readonly RankedCandidate[]): Html | undefined {
  const fronts = frontsOf(state, rows).filter(({ points }) => points.length > 1)
  if (fronts.length === 0) return undefined
  return html`<p class="quiet">Prompts that no other beats in score and price at once, with the probability of being such a one.</p>
${fronts.map(
  ({
    measure,
    points,
  }) => html`<div class="scroll"><table><thead><tr><th>prompt</th><th class="number">${NAMES[measure] ?? measure}</th><th class="number">score</th><th class="number">probability of being on the front</th></tr></thead>
<tbody>${points.map((point) => html`<tr><td class="name">${point.id}</td><td class="number">${priceText(point.price)}</td><td class="number">${score(point.score)}</td><td class="number">${probability(point.probability)}</td></tr>`)}</tbody></table></div>`,
)}`
}

function priceText(price: number): string {
  return price >= 100 ? count(Math.round(price)) : String(Number(price.toPrecision(3)))
}
