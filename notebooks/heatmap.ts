import { escapeMarkup } from '../src/text/escape-markup.ts'
import { type Shown, svg } from './svg.ts'

const CELL = 44
const LABEL_WIDTH = 400
const TOP = 34

/**
 * A square matrix of numbers in [0, 1] as shades, each with its number.
 *
 * @param matrix - row-major, as many rows as labels.
 * @example
 * heatmap('Correlation', ['A', 'B'], [1, 0.4, 0.4, 1])
 */
export function heatmap(title: string, labels: readonly string[], matrix: ArrayLike<number>): Shown {
  const size = labels.length
  const rows = labels.map((label, i) => {
    const y = TOP + i * CELL
    const middle = y + CELL / 2 + 4
    const cells = labels.map((_, j) => {
      const value = matrix[i * size + j]!
      const x = LABEL_WIDTH + j * CELL
      const shade = `fill="#0072b2" fill-opacity="${value.toFixed(2)}"`
      const ink = value > 0.6 ? '#fff' : '#222'
      return `<rect x="${x}" y="${y}" width="${CELL}" height="${CELL}" ${shade} stroke="#fff"/><text x="${x + CELL / 2}" y="${middle}" text-anchor="middle" fill="${ink}">${value.toFixed(2)}</text>`
    })
    return `<text x="${LABEL_WIDTH - 8}" y="${middle}" text-anchor="end">${escapeMarkup(label)}</text>${cells.join('')}`
  })
  const heading = `<text x="${LABEL_WIDTH}" y="20" font-size="13" font-weight="bold">${escapeMarkup(title)}</text>`
  return svg(LABEL_WIDTH + size * CELL + 12, TOP + size * CELL + 12, [heading, ...rows].join('\n'))
}
