/**
 * Line plots as SVG, for notebooks: panels side by side, each with lines, bands, dots and vertical rules.
 *
 * @module
 */
import { escapeMarkup } from '../src/text/escape-markup.ts'
import { type Shown, svg } from './svg.ts'

interface Style {
  readonly color?: string
  /** Shown in the panel's legend. */
  readonly label?: string
}

export type Mark = Style &
  (
    | { readonly kind: 'line'; readonly x: Series; readonly y: Series; readonly dashed?: boolean }
    | { readonly kind: 'band'; readonly x: Series; readonly lower: Series; readonly upper: Series }
    | { readonly kind: 'dots'; readonly x: Series; readonly y: Series }
    | { readonly kind: 'rule'; readonly at: number }
  )

export interface Panel {
  readonly title: string
  readonly xLabel?: string
  readonly marks: readonly Mark[]
  /** Default: what the marks span. */
  readonly yRange?: readonly [number, number]
  /** Default false. */
  readonly logX?: boolean
}

type Series = ArrayLike<number>

export const PALETTE = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#666666'] as const // Okabe & Ito, for all eyes

const PANEL_HEIGHT = 230
const TOTAL_WIDTH = 840
const MARGIN = { top: 46, right: 12, bottom: 36, left: 44 }

export const line = (x: Series, y: Series, style: Style & { readonly dashed?: boolean } = {}): Mark => ({
  kind: 'line',
  x,
  y,
  ...style,
})
export const band = (x: Series, lower: Series, upper: Series, style: Style = {}): Mark => ({
  kind: 'band',
  x,
  lower,
  upper,
  ...style,
})
export const dots = (x: Series, y: Series, style: Style = {}): Mark => ({ kind: 'dots', x, y, ...style })
export const rule = (at: number, style: Style = {}): Mark => ({ kind: 'rule', at, ...style })

/**
 * Panels side by side.
 *
 * @example
 * figure([{ title: 'A parabola', marks: [line([-1, 0, 1], [1, 0, 1])] }])
 */
export function figure(panels: readonly Panel[]): Shown {
  const width = TOTAL_WIDTH / panels.length
  const parts = panels.map(
    (panel, i) => `<g transform="translate(${(i * width).toFixed(1)},0)">${draw(panel, width)}</g>`,
  )
  return svg(TOTAL_WIDTH, PANEL_HEIGHT, parts.join('\n'))
}

function draw(panel: Panel, width: number): string {
  const { marks, logX = false } = panel
  const [x0, x1] = extent(marks.flatMap((mark) => (mark.kind === 'rule' ? [mark.at] : Array.from(mark.x))))
  const [low, high] = panel.yRange ?? padded(extent(marks.flatMap(heights)))
  const warp = logX ? Math.log : (value: number) => value
  const right = width - MARGIN.right
  const bottom = PANEL_HEIGHT - MARGIN.bottom
  const px = (x: number) => MARGIN.left + ((warp(x) - warp(x0)) / (warp(x1) - warp(x0))) * (right - MARGIN.left)
  // Far outside the panel a coordinate only has to stay outside.
  const py = (y: number) => {
    const place = bottom - ((y - low) / (high - low)) * (bottom - MARGIN.top)
    return Math.min(Math.max(place, MARGIN.top - 1000), bottom + 1000)
  }
  const at = (x: number, y: number) => `${px(x).toFixed(1)},${py(y).toFixed(1)}`
  const path = (x: Series, y: Series) => Array.from(x, (value, i) => at(value, y[i]!)).join(' ')
  const clip = `clip-${panel.title.replace(/\W+/g, '-')}-${Math.round(width)}`

  const drawn = marks.map((mark, i) => {
    const color = colorOf(mark, i)
    if (mark.kind === 'line') {
      const dash = mark.dashed ? ' stroke-dasharray="5 4"' : ''
      return `<polyline points="${path(mark.x, mark.y)}" fill="none" stroke="${color}" stroke-width="1.6"${dash}/>`
    }
    if (mark.kind === 'band') {
      const back = path(Array.from(mark.x).reverse(), Array.from(mark.lower).reverse())
      return `<polygon points="${path(mark.x, mark.upper)} ${back}" fill="${color}" fill-opacity="0.18"/>`
    }
    if (mark.kind === 'rule') {
      const x = px(mark.at).toFixed(1)
      return `<line x1="${x}" x2="${x}" y1="${MARGIN.top}" y2="${bottom}" stroke="${color}" stroke-dasharray="2 3"/>`
    }
    return Array.from(mark.x, (x, j) => {
      const [cx, cy] = at(x, mark.y[j]!).split(',')
      return `<circle cx="${cx}" cy="${cy}" r="3.4" fill="${color}" stroke="#fff"/>`
    }).join('')
  })
  const xTicks = (logX ? logTicks(x0, x1) : ticks(x0, x1, 5)).map(
    (x) => `<text x="${px(x).toFixed(1)}" y="${bottom + 14}" text-anchor="middle">${label(x)}</text>`,
  )
  const yTicks = ticks(low, high, 5).map((y) => {
    const level = py(y).toFixed(1)
    const grid = `<line x1="${MARGIN.left}" x2="${right}" y1="${level}" y2="${level}" stroke="#e4e4e4"/>`
    return `${grid}<text x="${MARGIN.left - 5}" y="${level}" dy="3.5" text-anchor="end">${label(y)}</text>`
  })
  const box = `x="${MARGIN.left}" y="${MARGIN.top}" width="${(right - MARGIN.left).toFixed(1)}" height="${bottom - MARGIN.top}"`
  return [
    `<clipPath id="${clip}"><rect ${box}/></clipPath>`,
    `<text x="${MARGIN.left}" y="16" font-size="13" font-weight="bold">${escapeMarkup(panel.title)}</text>`,
    legend(marks),
    ...yTicks,
    `<rect ${box} fill="none" stroke="#999"/>`,
    `<g clip-path="url(#${clip})">${drawn.join('\n')}</g>`,
    ...xTicks,
    `<text x="${right}" y="${bottom + 29}" text-anchor="end" fill="#555">${escapeMarkup(panel.xLabel ?? '')}</text>`,
  ].join('\n')
}

function legend(marks: readonly Mark[]): string {
  let x = MARGIN.left
  return marks
    .map((mark, i) => {
      if (mark.label === undefined) return ''
      const opacity = mark.kind === 'band' ? ' fill-opacity="0.35"' : ''
      const entry = `<rect x="${x}" y="28" width="10" height="8" fill="${colorOf(mark, i)}"${opacity}/><text x="${x + 14}" y="36">${escapeMarkup(mark.label)}</text>`
      x += 26 + Math.round(6.1 * mark.label.length)
      return entry
    })
    .join('')
}

const colorOf = (mark: Mark, index: number) => mark.color ?? PALETTE[index % PALETTE.length]!

function heights(mark: Mark): number[] {
  if (mark.kind === 'rule') return []
  return mark.kind === 'band' ? [...Array.from(mark.lower), ...Array.from(mark.upper)] : Array.from(mark.y)
}

function extent(values: readonly number[]): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of values) {
    if (!Number.isFinite(value)) continue
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  return low < high ? [low, high] : [low - 1, low + 1]
}

function padded([low, high]: [number, number]): [number, number] {
  const margin = 0.06 * (high - low)
  return [low - margin, high + margin]
}

/** About `count` round numbers within a range. */
function ticks(low: number, high: number, count: number): number[] {
  const raw = (high - low) / count
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10)
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step)
}

/** 1, 2 and 5 times the powers of ten within a range. */
function logTicks(low: number, high: number): number[] {
  const powers = Array.from({ length: 13 }, (_, i) => 10 ** (i - 6))
  return powers.flatMap((power) => [power, 2 * power, 5 * power]).filter((value) => value >= low && value <= high)
}

const label = (value: number) => String(Number(value.toPrecision(3))).replace('-', '−')
