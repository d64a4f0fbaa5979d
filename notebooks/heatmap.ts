import * as Plot from '@observablehq/plot'
import { plotSvg } from '../src/report/plot.ts'
import { PALETTE } from './figure.ts'
import { PLOT_STYLE, type Shown, shown } from './shown.ts'

const CELL = 44
const LABEL_WIDTH = 400

/**
 * A square matrix of numbers in [0, 1] as shades, each with its number.
 *
 * @param matrix - row-major, as many rows as labels.
 * @example
 * heatmap('Correlation', ['A', 'B'], [1, 0.4, 0.4, 1])
 */
export function heatmap(title: string, labels: readonly string[], matrix: ArrayLike<number>): Shown {
  const size = labels.length
  const cells = Array.from(matrix, (value, k) => ({ row: Math.floor(k / size), column: k % size, value }))
  const number = { x: 'column', y: 'row', text: ({ value }: { value: number }) => value.toFixed(2) } as const
  return shown(
    plotSvg({
      width: LABEL_WIDTH + size * CELL + 12,
      height: 34 + size * CELL + 12,
      marginTop: 34,
      marginRight: 12,
      marginBottom: 12,
      marginLeft: LABEL_WIDTH,
      style: PLOT_STYLE,
      x: { axis: null, padding: 0.02 },
      y: { label: null, tickFormat: (row: number) => labels[row]!, tickSize: 0, padding: 0.02 },
      color: { type: 'linear', domain: [0, 1], range: ['#fff', PALETTE[0]] },
      marks: [
        Plot.text([title], { frameAnchor: 'top-left', lineAnchor: 'bottom', dy: -12, fontSize: 13, fontWeight: 600 }),
        Plot.cell(cells, { x: 'column', y: 'row', fill: 'value' }),
        Plot.text(cells, { ...number, filter: ({ value }) => value <= 0.6 }),
        Plot.text(cells, { ...number, filter: ({ value }) => value > 0.6, fill: '#fff' }),
      ],
    }),
  )
}
