/**
 * The comparison as pictures: error by budget, and critical differences of ranks.
 *
 * @module
 */

import { escapeMarkup } from '../../text/escape-markup.ts'
import type { Comparison, FractionComparison } from './compare-results.ts'
import { formatP } from './compare-text.ts'

/** Okabe & Ito (2008): told apart with any color vision. Dashes tell a second round of them apart. */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8b6d00', '#555555']
const WIDTH = 760
const FONT = 'font-family="system-ui, sans-serif" font-size="13"'

/** Both pictures in one SVG document. */
export function compareSvg(comparison: Comparison): string {
  const parts = [
    ...(comparison.fractions.length > 0 ? [anytimeChart(comparison.fractions, 'Normalized error by budget')] : []),
    ...(comparison.holdout.length > 0 ? [anytimeChart(comparison.holdout, 'The same on the holdout examples')] : []),
    ...comparison.fractions.map(criticalDifferenceChart),
  ]
  let top = 0
  const placed = parts.map(({ height, body }) => {
    const group = `<g transform="translate(0 ${top})">${body}</g>`
    top += height + 24
    return group
  })
  return document(top, placed.join(''))
}

interface Picture {
  readonly height: number
  readonly body: string
}

export function document(height: number, body: string): string {
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" ` +
    `role="img" ${FONT}><rect width="100%" height="100%" fill="#fff"/>${body}</svg>\n`
  )
}

const text = (x: number, y: number, content: string, extra = '') =>
  `<text x="${round(x)}" y="${round(y)}" fill="#222" ${extra}>${escapeMarkup(content)}</text>`

const line = (x1: number, y1: number, x2: number, y2: number, extra = 'stroke="#bbb"') =>
  `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" ${extra}/>`

const round = (value: number) => Math.round(value * 100) / 100

/** Errors over fractions, one line per policy, both axes logarithmic; where an error is 0 it stands at the bottom. */
export function anytimeChart(fractions: readonly FractionComparison[], title: string): Picture {
  const names = [...new Set(fractions.flatMap(({ policies }) => policies.map(({ policy }) => policy)))]
  const height = Math.max(320, 90 + 20 * names.length)
  const box = { left: 64, right: WIDTH - 200, top: 40, bottom: height - 48 }
  const values = fractions.flatMap(({ policies }) => policies.map(({ meanError }) => meanError))
  const positive = values.filter((value) => value > 0)
  const high = Math.max(...positive, 0.001)
  const low = Math.max(Math.min(...positive, high / 10), high / 1000)
  const [bottomValue, topValue] = [10 ** (Math.log10(low) - 0.1), 10 ** (Math.log10(high) + 0.1)]
  const xs = fractions.map(({ fraction }) => Math.log(fraction))
  const [first, final] = [Math.min(...xs), Math.max(...xs)]
  const x = (fraction: number) =>
    final === first
      ? (box.left + box.right) / 2
      : box.left + 20 + ((Math.log(fraction) - first) / (final - first)) * (box.right - box.left - 40)
  const y = (value: number) =>
    box.bottom -
    (Math.log(Math.max(value, bottomValue) / bottomValue) / Math.log(topValue / bottomValue)) * (box.bottom - box.top)
  const ticks = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1].filter(
    (tick) => tick >= bottomValue && tick <= topValue,
  )
  const axes =
    ticks.map((tick) => line(box.left, y(tick), box.right, y(tick), 'stroke="#e5e5e5"')).join('') +
    ticks.map((tick) => text(box.left - 8, y(tick) + 4, String(tick), 'text-anchor="end"')).join('') +
    fractions
      .map(({ fraction }) => text(x(fraction), box.bottom + 20, `× ${fraction}`, 'text-anchor="middle"'))
      .join('') +
    line(box.left, box.bottom, box.right, box.bottom) +
    text((box.left + box.right) / 2, box.bottom + 40, 'budget', 'text-anchor="middle"')
  const lines = names.map((name, index) => {
    const points = fractions.flatMap(({ fraction, policies }) => {
      const found = policies.find(({ policy }) => policy === name)
      return found ? [[x(fraction), y(found.meanError)] as const] : []
    })
    const style = strokeOf(index)
    return (
      `<polyline fill="none" ${style} points="${points.map(([px, py]) => `${round(px)},${round(py)}`).join(' ')}"/>` +
      points
        .map(([px, py]) => `<circle cx="${round(px)}" cy="${round(py)}" r="3.5" fill="${colorOf(index)}"/>`)
        .join('')
    )
  })
  // The legend is in the order of the last budget, so that it reads as the right ends of the lines do.
  const order = fractions.at(-1)!.policies.map(({ policy }) => policy)
  const legend = [...order, ...names.filter((name) => !order.includes(name))].map((name, row) => {
    const top = box.top + 8 + 20 * row
    const style = strokeOf(names.indexOf(name))
    return line(box.right + 16, top, box.right + 44, top, style) + text(box.right + 52, top + 4, name)
  })
  return {
    height,
    body: text(box.left, 20, title, 'font-weight="600"') + axes + lines.join('') + legend.join(''),
  }
}

const colorOf = (index: number) => COLORS[index % COLORS.length]!

const strokeOf = (index: number) =>
  `stroke="${colorOf(index)}" stroke-width="2"${index >= COLORS.length ? ' stroke-dasharray="5 4"' : ''}`

/** Demšar's diagram: mean ranks on an axis, bars over the methods that are not told apart. */
export function criticalDifferenceChart({ fraction, ranks }: FractionComparison): Picture {
  const { policies, meanRanks, criticalDifference, blocks, pValue } = ranks
  const entries = policies
    .map((policy, index) => ({ policy, rank: meanRanks[index] ?? Number.NaN }))
    .filter(({ rank }) => !Number.isNaN(rank))
    .sort((a, b) => a.rank - b.rank)
  const count = entries.length
  const title = text(64, 20, `Mean rank at budget × ${fraction} (1 = best)`, 'font-weight="600"')
  if (count < 2 || criticalDifference === undefined) {
    return { height: 60, body: title + text(64, 44, 'Ranks need at least two policies and two tasks.') }
  }
  const box = { left: 200, right: WIDTH - 200, axis: 84 }
  const x = (rank: number) => box.left + ((rank - 1) / (count - 1)) * (box.right - box.left)
  const bars = indistinct(
    entries.map(({ rank }) => rank),
    criticalDifference,
  )
  const barTop = box.axis + 12
  const labelTop = barTop + 8 * bars.length + 18
  const left = Math.ceil(count / 2)
  const scale = Array.from({ length: count }, (_, index) => index + 1)
    .map(
      (rank) =>
        line(x(rank), box.axis - 5, x(rank), box.axis, 'stroke="#222"') +
        text(x(rank), box.axis - 10, String(rank), 'text-anchor="middle"'),
    )
    .join('')
  const cdWidth = (criticalDifference / (count - 1)) * (box.right - box.left)
  const ruler =
    line(box.left, 46, Math.min(box.left + cdWidth, WIDTH - 20), 46, 'stroke="#222" stroke-width="2"') +
    text(
      box.left,
      40,
      `critical difference ${criticalDifference.toFixed(2)} (${blocks} tasks, Friedman p ${formatP(pValue)})`,
    )
  const labels = entries.map(({ policy, rank }, index) => {
    const onLeft = index < left
    const row = onLeft ? index : count - 1 - index
    const top = labelTop + 20 * row
    const edge = onLeft ? box.left - 12 : box.right + 12
    return (
      `<polyline fill="none" stroke="#888" points="${round(x(rank))},${box.axis} ${round(x(rank))},${top} ${edge},${top}"/>` +
      text(
        onLeft ? edge - 6 : edge + 6,
        top + 4,
        `${policy} ${rank.toFixed(2)}`,
        `text-anchor="${onLeft ? 'end' : 'start'}"`,
      )
    )
  })
  const over = bars.map(([from, to], row) =>
    line(
      x(entries[from]!.rank) - 4,
      barTop + 8 * row,
      x(entries[to]!.rank) + 4,
      barTop + 8 * row,
      'stroke="#222" stroke-width="4"',
    ),
  )
  return {
    height: labelTop + 20 * left + 8,
    body:
      title +
      ruler +
      line(box.left, box.axis, box.right, box.axis, 'stroke="#222"') +
      scale +
      labels.join('') +
      over.join(''),
  }
}

/** Maximal runs of sorted ranks that span less than the critical difference. */
export function indistinct(sorted: readonly number[], criticalDifference: number): (readonly [number, number])[] {
  const runs: (readonly [number, number])[] = []
  let reached = -1
  sorted.forEach((rank, from) => {
    let to = from
    while (to + 1 < sorted.length && sorted[to + 1]! - rank < criticalDifference) to++
    if (to > from && to > reached) runs.push([from, to])
    reached = Math.max(reached, to)
  })
  return runs
}
