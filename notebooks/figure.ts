/**
 * Line plots for notebooks, drawn by Observable Plot: panels side by side, each with lines, bands, dots and vertical rules.
 *
 * @module
 */
import * as Plot from '@observablehq/plot'
import { plotSvg } from '../src/report/plot.ts'
import { PLOT_STYLE, type Shown, shown } from './shown.ts'

interface Style {
  /** Default: the next of the palette. */
  readonly color?: string
  /** Shown in the panel's legend. */
  readonly label?: string
}

export interface Mark extends Style {
  readonly legend: string
  readonly draw: (color: string) => Plot.Markish
}

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

const WIDTH = 840
const HEIGHT = 250
const TOP = 50

/** What stands for dots in a legend. */
const DOT = '●'

/** 1, 2 and 5 times the powers of ten have their number. */
const logTick = (value: number) =>
  /[125]/.test(value.toExponential(0)[0]!) ? String(Number(value.toPrecision(1))) : ''

const at = (x: Series, y: Series) => Array.from(x, (value, i) => [value, y[i]!] as const)

export const line = (
  x: Series,
  y: Series,
  { dashed = false, ...style }: Style & { readonly dashed?: boolean } = {},
): Mark => ({
  ...style,
  legend: dashed ? '╍╍' : '━━',
  draw: (stroke) =>
    Plot.line(at(x, y), { stroke, strokeWidth: 1.6, clip: true, ...(dashed ? { strokeDasharray: '5 4' } : {}) }),
})
export const band = (x: Series, lower: Series, upper: Series, style: Style = {}): Mark => ({
  ...style,
  legend: '▒▒',
  draw: (fill) =>
    Plot.areaY(at(x, lower), { x: '0', y1: '1', y2: Array.from(upper), fill, fillOpacity: 0.18, clip: true }),
})
export const dots = (x: Series, y: Series, style: Style = {}): Mark => ({
  ...style,
  legend: DOT,
  draw: (fill) => Plot.dot(at(x, y), { fill, stroke: '#fff', r: 3.4, clip: true }),
})
export const rule = (x: number, style: Style = {}): Mark => ({
  ...style,
  legend: '┆',
  draw: (stroke) => Plot.ruleX([x], { stroke, strokeDasharray: '2 3' }),
})

/**
 * Panels side by side.
 *
 * @example
 * figure([{ title: 'A parabola', marks: [line([-1, 0, 1], [1, 0, 1])] }])
 */
export function figure(panels: readonly Panel[]): Shown {
  const width = WIDTH / panels.length
  const placed = panels.map((panel, i) => draw(panel, width).replace('<svg ', `<svg x="${i * width}" `))
  return shown(`<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}">
<rect width="100%" height="100%" fill="#fff"/>
${placed.join('\n')}
</svg>
`)
}

function draw({ title, xLabel, marks, yRange, logX = false }: Panel, width: number): string {
  const colorOf = (mark: Mark, index: number) => mark.color ?? PALETTE[index % PALETTE.length]!
  return plotSvg({
    width,
    height: HEIGHT,
    marginTop: TOP,
    marginLeft: 44,
    marginRight: 16,
    marginBottom: 40,
    style: PLOT_STYLE,
    x: {
      type: logX ? 'log' : 'linear',
      ...(logX ? { tickFormat: logTick } : {}),
      inset: marks.some(({ legend }) => legend === DOT) ? 5 : 0,
      label: xLabel ?? null,
      labelAnchor: 'right',
      labelArrow: 'none',
    },
    y: { label: null, grid: true, ...(yRange ? { domain: yRange } : { inset: 8 }) },
    marks: [
      Plot.frame({ stroke: '#999' }),
      Plot.text([title], { frameAnchor: 'top-left', lineAnchor: 'bottom', dy: -30, fontSize: 13, fontWeight: 600 }),
      ...marks.map((mark, i) => mark.draw(colorOf(mark, i))),
      ...legend(marks.map((mark, i) => ({ ...mark, color: colorOf(mark, i) }))),
    ],
  })
}

/** One line above the frame: a sign in the color of each mark that has a label, and the label. */
function legend(marks: readonly (Mark & { readonly color: string })[]): Plot.Markish[] {
  const place = { frameAnchor: 'top-left', lineAnchor: 'bottom', textAnchor: 'start', dy: -8 } as const
  let dx = 0
  return marks.flatMap(({ label, legend: sign, color }) => {
    if (label === undefined) return []
    const left = dx
    const text = left + 8 + 9 * sign.length
    dx = text + 14 + 6.2 * label.length
    return [Plot.text([sign], { ...place, dx: left, fill: color }), Plot.text([label], { ...place, dx: text })]
  })
}
