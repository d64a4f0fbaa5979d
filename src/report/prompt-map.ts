import * as Plot from '@observablehq/plot'
import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { tfIdfSquaredDistances } from '../features/tf-idf-distances.ts'
import { wordNGrams } from '../features/tokens.ts'
import { candidateText } from '../prompt/candidate.ts'
import { type Html, html } from './html.ts'
import { count, score } from './numbers.ts'
import { drawPlot, hoverText, SCORE_COLORS } from './plot.ts'
import type { RankedCandidate } from './ranking.ts'

/** An eigendecomposition takes time cubic in these. */
const MOST = 250

/**
 * The prompts in two dimensions: principal coordinates of their tf-idf vectors (Gower 1966), so that prompts of like
 * words stand together. Points are colored by mean, and larger where it is less certain.
 */
export function promptMap(rows: readonly RankedCandidate[], winner: number | undefined): Html {
  const scored = rows.filter(({ mean }) => Number.isFinite(mean))
  const shown = scored.slice(0, MOST)
  const texts = shown.map(({ candidate }) => candidateText(candidate))
  if (new Set(texts).size < 4) return html`<p class="quiet">Too few different texts for a map.</p>`
  const [xs, ys, share] = principalCoordinates(texts)
  const points = shown.map((row, index) => ({
    x: xs[index]!,
    y: ys[index]!,
    mean: row.mean,
    width: Number.isFinite(row.interval[1] - row.interval[0]) ? row.interval[1] - row.interval[0] : 0,
    isWinner: row.index === winner,
    title: hoverText(`${row.candidate.id}: ${score(row.mean)}, ${count(row.measured)} evaluations\n${texts[index]}`),
  }))
  const means = points.map(({ mean }) => mean)
  const [low, high] = [Math.min(...means), Math.max(...means)]
  const widths = points.map(({ width }) => width)
  const [sharpest, vaguest] = [Math.min(...widths), Math.max(...widths)]
  const drawn = drawPlot(
    {
      height: 420,
      x: { axis: null, inset: 14 },
      y: { axis: null, inset: 14 },
      r: { type: 'linear', domain: sharpest < vaguest ? [sharpest, vaguest] : [0, vaguest || 1], range: [4.5, 9] },
      color: { ...SCORE_COLORS, domain: [low, high] },
      marks: [
        Plot.dot(points, {
          x: 'x',
          y: 'y',
          r: 'width',
          fill: 'mean',
          stroke: 'var(--quiet)',
          strokeWidth: 0.7,
          fillOpacity: 0.9,
          title: 'title',
          sort: { channel: '-r' },
        }),
        Plot.dot(
          points.filter(({ isWinner }) => isWinner),
          { x: 'x', y: 'y', r: 12, symbol: 'circle', stroke: 'var(--accent)', strokeWidth: 2.5, title: 'title' },
        ),
      ],
    },
    `Map of ${count(points.length)} prompts by their words; the same estimates stand in the list of all prompts`,
  )
  return html`<p class="quiet">Prompts with similar words stand close together. The two directions hold ${Math.round(100 * share)}% of the differences (principal coordinates of tf-idf). Hover shows the prompt, the ring marks the winner, and a larger dot is less certain.${scored.length > shown.length ? ` The ${count(shown.length)} best of ${count(scored.length)}.` : ''}</p>
${low < high ? html`<p class="legend"><span>${score(low)}</span><span class="ramp" aria-hidden="true"></span><span>${score(high)}</span></p>` : undefined}
${drawn}`
}

/** Double-centers −½·distance² and takes the two leading eigenvectors, and their share of the trace. */
function principalCoordinates(texts: readonly string[]): [xs: number[], ys: number[], share: number] {
  const n = texts.length
  const gram = new Matrix(n, n)
  const squared = tfIdfSquaredDistances(texts.map((text) => wordNGrams(text, 1, 2)))
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) gram.set(i, j, -squared[i * n + j]! / 2)
  gram.center('row').center('column')
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(gram, { assumeSymmetric: true })
  const axis = (rank: number) => {
    const column = n - rank
    const scale = Math.sqrt(Math.max(0, realEigenvalues[column]!))
    const values = eigenvectorMatrix.getColumn(column)
    // The sign of an eigenvector is arbitrary; this one keeps the map from flipping.
    const sign = Math.sign(values.reduce((sum, value) => sum + value ** 3, 0)) || 1
    return values.map((value) => value * scale * sign)
  }
  const total = realEigenvalues.reduce((sum, value) => sum + Math.max(0, value), 0)
  const held = Math.max(0, realEigenvalues[n - 1]!) + Math.max(0, realEigenvalues[n - 2]!)
  return [axis(1), axis(2), total > 0 ? held / total : 0]
}
