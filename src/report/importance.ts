/**
 * What makes prompts differ: slots and parameters, words, and views of the text.
 *
 * @module
 */
import * as Plot from '@observablehq/plot'
import { mean, sampleCorrelation, variance } from 'simple-statistics'
import { wordNGrams } from '../features/tokens.ts'
import { type ViewName, viewFactories, viewNames } from '../features/views.ts'
import { INTERVAL_QUANTILE } from '../policy/policy.ts'
import { candidateText } from '../prompt/candidate.ts'
import { type Html, html } from './html.ts'
import { interval, signedScore } from './numbers.ts'
import { drawPlot, hoverText, rowLabel } from './plot.ts'
import type { RankedCandidate } from './ranking.ts'

/** A share of the differences between estimates that a part of the prompt explains. */
export interface PartImportance {
  /** Of a slot or parameter. */
  readonly name: string
  readonly kind: 'slot' | 'parameter'
  readonly values: number
  /** Adjusted R² of the means by value, in [0, 1]. */
  readonly share: number
}

/** How estimates differ with a word in the prompt and without it. */
export interface WordEffect {
  readonly word: string
  /** Words that stand in exactly the same prompts: nothing tells them apart. */
  readonly alike: readonly string[]
  readonly prompts: number
  readonly difference: number
  readonly interval: readonly [number, number]
}

/** How well the scores of the nearest prompts tell a prompt's own. */
export interface ViewImportance {
  readonly view: ViewName
  /** Correlation of own scores with those of the five nearest, in [−1, 1]. */
  readonly correlation: number
}

/** By share, largest first; a part says nothing that is the same everywhere, or has more than one value for every two prompts. */
export function partImportances(rows: readonly RankedCandidate[]): PartImportance[] {
  const scored = rows.filter((row) => Number.isFinite(row.mean))
  const total = scored.length > 2 ? variance(scored.map((row) => row.mean)) : 0
  if (total === 0) return []
  const read = [...new Set(scored.flatMap(({ candidate }) => Object.keys(candidate.slots ?? {})))].map((name) => ({
    name,
    kind: 'slot' as const,
    of: (row: RankedCandidate) => row.candidate.slots?.[name],
  }))
  const parameters = [...new Set(scored.flatMap(({ candidate }) => Object.keys(candidate.parameters ?? {})))].map(
    (name) => ({ name, kind: 'parameter' as const, of: (row: RankedCandidate) => row.candidate.parameters?.[name] }),
  )
  return [...read, ...parameters]
    .flatMap(({ name, kind, of }) => {
      const groups = [...Map.groupBy(scored, (row) => String(of(row))).values()]
      if (groups.length < 2 || 2 * groups.length > scored.length) return []
      const within = groups.reduce((sum, group) => {
        const values = group.map((row) => row.mean)
        return sum + variance(values) * values.length
      }, 0)
      const share = 1 - within / (scored.length - groups.length) / ((total * scored.length) / (scored.length - 1))
      return [{ name, kind, values: groups.length, share: Math.max(0, share) }]
    })
    .sort((a, b) => b.share - a.share)
}

/** The clearest first; words that always occur together are one. A word is looked at where at least three prompts have it and three do not. */
export function wordEffects(rows: readonly RankedCandidate[], most = 12): WordEffect[] {
  const scored = rows.filter((row) => Number.isFinite(row.mean))
  const prompts = new Map<string, number[]>()
  scored.forEach((row, place) => {
    for (const word of wordNGrams(candidateText(row.candidate), 1, 1).keys()) {
      const list = prompts.get(word)
      if (list) list.push(place)
      else prompts.set(word, [place])
    }
  })
  const told = [...prompts].filter(([, places]) => places.length >= 3 && scored.length - places.length >= 3)
  const sum = scored.reduce((total, row) => total + row.mean, 0)
  const squares = scored.reduce((total, row) => total + row.mean ** 2, 0)
  return [...Map.groupBy(told, ([, places]) => places.join()).values()]
    .map((group) => {
      const [[word, places], ...rest] = group as [(typeof group)[number], ...typeof group]
      const values = places.map((place) => scored[place]!.mean)
      const others = scored.length - values.length
      const other = (sum - values.reduce((total, value) => total + value, 0)) / others
      const otherSquares = (squares - values.reduce((total, value) => total + value ** 2, 0)) / others
      const error = Math.sqrt(variance(values) / values.length + Math.max(0, otherSquares - other ** 2) / others)
      const difference = mean(values) - other
      return {
        word,
        alike: rest.map(([other]) => other),
        prompts: values.length,
        difference,
        interval: [difference - INTERVAL_QUANTILE * error, difference + INTERVAL_QUANTILE * error] as const,
        error,
      }
    })
    .sort((a, b) => Math.abs(b.difference) / (b.error || 1e-9) - Math.abs(a.difference) / (a.error || 1e-9))
    .slice(0, most)
    .map(({ error: _, ...effect }) => effect)
}

/** What each view compares. */
const LIKENESS: Readonly<Record<ViewName, string>> = {
  embedding: 'meaning',
  characters: 'spelling and layout',
  words: 'wording',
  surface: 'length, punctuation and shape',
  slots: 'texts in the same slots',
  parameters: 'parameters',
}

const MOST_FOR_VIEWS = 200
const NEAREST = 5

/** By correlation, of plain means: estimates of the surrogate borrow from neighbors, so they would agree with them anyway. */
export function viewImportances(rows: readonly RankedCandidate[]): ViewImportance[] {
  const own = rows
    .filter(({ scores }) => scores.length >= 3)
    .slice(0, MOST_FOR_VIEWS)
    .map(({ candidate, scores }) => ({ candidate, mean: mean([...scores]) }))
  if (own.length < 12 || new Set(own.map((row) => row.mean)).size < 2) return []
  return viewNames
    .flatMap((view) => {
      const distances = viewFactories[view]().squaredDistances(own)
      if (!distances) return []
      const predicted = own.map((_, i) => {
        const nearest = own
          .map((row, j) => ({ mean: row.mean, squared: distances.squared[i * own.length + j]!, j }))
          .filter(({ j, squared }) => j !== i && !Number.isNaN(squared))
          .sort((a, b) => a.squared - b.squared)
          .slice(0, NEAREST)
        return nearest.length === 0 ? Number.NaN : mean(nearest.map((row) => row.mean))
      })
      if (predicted.some(Number.isNaN) || new Set(predicted).size < 2) return []
      return [
        {
          view,
          correlation: sampleCorrelation(
            own.map((row) => row.mean),
            predicted,
          ),
        },
      ]
    })
    .sort((a, b) => b.correlation - a.correlation)
}

/** All three; `undefined` where nothing can be said. */
export function importance(rows: readonly RankedCandidate[]): Html | undefined {
  const parts = partImportances(rows)
  const words = wordEffects(rows)
  const views = viewImportances(rows)
  if (parts.length + words.length + views.length === 0) return undefined
  return html`<p class="quiet">Associations among these prompts, not causes: words that always occur together share what they do.</p>
${
  parts.length === 0
    ? undefined
    : html`<h3>Slots and parameters</h3><div class="scroll"><table><thead><tr><th>part</th><th class="number">values</th><th class="number">share of the differences</th></tr></thead><tbody>${parts.map(({ name, kind, values, share }) => html`<tr><th scope="row">${name} <span class="quiet">${kind}</span></th><td class="number">${values}</td><td class="number">${Math.round(100 * share)}%</td></tr>`)}</tbody></table></div>`
}
${words.length === 0 ? undefined : html`<h3>Words</h3><p class="quiet">Mean estimate of the prompts with the word less that of those without, with a 95% interval. Words that stand in the same prompts share a row.</p>${wordPlot(words)}`}
${
  views.length === 0
    ? undefined
    : html`<h3>Do prompts that are alike score alike?</h3><p class="quiet">Correlation between a prompt's own scores and those of the ${NEAREST} prompts most like it. Near 1, likeness of that kind predicts scores; near 0 or below, it does not.</p><div class="scroll"><table><thead><tr><th>alike in</th><th class="number">correlation</th></tr></thead><tbody>${views.map(({ view, correlation }) => html`<tr><th scope="row">${LIKENESS[view]} <span class="quiet">${view}</span></th><td class="number">${signedScore(correlation)}</td></tr>`)}</tbody></table></div>`
}`
}

function wordPlot(clearest: readonly WordEffect[]): Html {
  const words = clearest.toSorted((a, b) => b.difference - a.difference)
  const label = ({ word, alike }: WordEffect) => (alike.length === 0 ? word : `${word} +${alike.length}`)
  const title = (effect: WordEffect) =>
    hoverText(
      `${[effect.word, ...effect.alike].join(', ')}: ${signedScore(effect.difference)} (${interval(effect.interval)}), in ${effect.prompts} prompts`,
    )
  return drawPlot(
    {
      height: 80 + 20 * words.length,
      marginLeft: 150,
      x: { label: 'difference in score', grid: true },
      y: { domain: words.map(label), label: null, tickSize: 0, tickFormat: rowLabel },
      marks: [
        Plot.ruleX([0], { stroke: 'var(--quiet)' }),
        Plot.ruleY(words, {
          y: label,
          x1: ({ interval }) => interval[0],
          x2: ({ interval }) => interval[1],
          stroke: 'var(--accent)',
          strokeWidth: 3,
          strokeOpacity: 0.5,
          title,
        }),
        Plot.dot(words, { y: label, x: 'difference', fill: 'var(--accent)', title }),
      ],
    },
    words.map((effect) => `${label(effect)} ${signedScore(effect.difference)}`).join(', '),
  )
}
