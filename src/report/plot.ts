/**
 * Observable Plot without a browser. A plot becomes inline SVG whose colors are the page's variables, so that it
 * follows light and dark and needs no script.
 *
 * @module
 */
import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { visibleText } from '../text/visible-text.ts'
import { type Html, html, trusted } from './html.ts'

/** Width of every plot in its own units; the page scales it. */
export const PLOT_WIDTH = 760

/** From low to high, told apart with any color vision, and the lowest also from a dark page; the style's `.ramp` shows it. */
export const SCORE_COLORS = { scheme: 'Cividis', range: [0.2, 1] } as const

/**
 * Draws a plot.
 *
 * @param label What it shows, in one sentence, for people who do not see it.
 * @example
 * toText(drawPlot({ marks: [] }, 'Nothing yet')).includes('aria-label="Nothing yet"') // true
 */
export function drawPlot(options: Plot.PlotOptions, label: string): Html {
  const style = { background: 'none', fontSize: '12px' }
  const drawn = plotElement({ width: PLOT_WIDTH, marginBottom: 42, style, ...options })
  // Without a role on the whole, a reader would spell out every tick.
  for (const name of ['xmlns', 'xmlns:xlink', 'width', 'height']) drawn.removeAttribute(name)
  // Plots are drawn from numbers and from texts that stand in `title` alone, which the DOM escapes.
  return html`<figure class="plot" role="img" aria-label="${label}">${trusted(drawn.outerHTML.replaceAll("'", '&#39;').replaceAll('`', '&#96;'))}</figure>`
}

/** A plot as an SVG document. */
export function plotSvg(options: Plot.PlotOptions): string {
  return plotElement(options).outerHTML
}

function plotElement(options: Plot.PlotOptions): SVGElement | HTMLElement {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  return Plot.plot({ ...options, document: document as unknown as Document })
}

/** A name that fits beside a row: names that begin alike often end differently. */
export function rowLabel(name: string): string {
  const visible = [...visibleText(name)]
  return visible.length > 18 ? [...visible.slice(0, 8), '…', ...visible.slice(-9)].join('') : visible.join('')
}

/** A text to be shown on hover: printable, and not longer than a screen takes. */
export function hoverText(text: string): string {
  const visible = visibleText(text)
  return visible.length > 600 ? `${visible.slice(0, 600)}…` : visible
}
