/**
 * The table of figures, the table of times and the plot.
 *
 * @module
 */
import { FIGURES, type Row, ratio } from './figures.ts'
import { IMPLEMENTATIONS, type Implementation, WORKS } from './works.ts'

const START = '<!-- results: written by npm run bench:native -->'
const END = '<!-- end of results -->'

export interface RunDescription {
  readonly machine: string
  readonly node: string
  readonly python: string
  readonly when: string
  /** Who did not take part, and why. */
  readonly absent: readonly string[]
}

/** The README with its results replaced. */
export function renderReadme(readme: string, rows: readonly Row[], run: RunDescription): string {
  const results = [
    START,
    '',
    `${run.when}; ${run.machine}; Node.js ${run.node}; ${run.python}.`,
    '',
    ...figureTable(rows),
    '',
    'Medians in milliseconds:',
    '',
    ...timeTable(rows, 'milliseconds'),
    '',
    'Best runs in milliseconds:',
    '',
    ...timeTable(rows, 'best'),
    ...run.absent.flatMap((line) => ['', line]),
    '',
    '![Time of the others divided by krige-1t](ratios.svg)',
    '',
    END,
  ].join('\n')
  const start = readme.indexOf(START)
  const end = readme.indexOf(END)
  if (start < 0 || end < 0) return `${readme.trimEnd()}\n\n${results}\n`
  return readme.slice(0, start) + results + readme.slice(end + END.length)
}

function figureTable(rows: readonly Row[]): string[] {
  const lines = FIGURES.map(({ text, work, peer, target }) => {
    const reached = ratio(rows, work, peer)
    const verdict = reached === undefined ? 'not run' : reached >= target ? 'reached' : 'missed'
    return `| ${text} | ≥${target}× | ${times(reached)} | ${verdict} | ${times(ratio(rows, work, peer, 'best'))} |`
  })
  return ['| work, against | target | medians | | best runs |', '|---|---|---|---|---|', ...lines]
}

function timeTable(rows: readonly Row[], of: 'milliseconds' | 'best'): string[] {
  const present = IMPLEMENTATIONS.filter((name) => rows.some((row) => row.implementation === name))
  const lines = WORKS.map(({ name }) => {
    const cells = present.map((implementation) => {
      const row = rows.find((candidate) => candidate.work === name && candidate.implementation === implementation)
      return row ? shorten(row[of]) : ''
    })
    return `| ${name} | ${cells.join(' | ')} |`
  })
  return [`| work | ${present.join(' | ')} |`, `|---|${present.map(() => '---:').join('|')}|`, ...lines]
}

const times = (value: number | undefined): string => (value === undefined ? '–' : `${shorten(value)}×`)

const shorten = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3))

const COLORS: Readonly<Partial<Record<Implementation, string>>> = {
  'krige-wide': '#2f6f96',
  'krige-simd': '#7aa6c2',
  'krige-js': '#b7cbd6',
  'ml-matrix': '#c9b458',
  'tfjs-wasm': '#e0a080',
  'tfjs-node': '#c97b5a',
  'openblas-1t': '#6b8e5a',
  'openblas-2t': '#a3bf94',
  'openblas-addon': '#4f7a5c',
  'scikit-learn': '#8a6fa8',
}

/** Time of every other implementation divided by ours, a bar each, on a logarithmic axis: right of 1 ours is faster. */
export function renderPlot(rows: readonly Row[]): string {
  const bars = WORKS.flatMap(({ name }) =>
    IMPLEMENTATIONS.filter((implementation) => implementation !== 'krige-1t').flatMap((implementation) => {
      const value = ratio(rows, name, implementation)
      return value === undefined ? [] : [{ work: name, implementation, value }]
    }),
  )
  const [left, width, line] = [250, 560, 16]
  const [low, high] = [Math.log(0.1), Math.log(200)]
  const x = (value: number) => left + (width * (Math.min(Math.max(Math.log(value), low), high) - low)) / (high - low)
  const height = 40 + bars.length * line + 20
  const shapes: string[] = []
  for (const tick of [0.1, 0.3, 1, 3, 10, 30, 100]) {
    const stroke = tick === 1 ? '#333' : '#ddd'
    shapes.push(`<line x1="${x(tick)}" y1="26" x2="${x(tick)}" y2="${height - 16}" stroke="${stroke}"/>`)
    shapes.push(`<text x="${x(tick)}" y="20" text-anchor="middle">${tick}×</text>`)
  }
  for (const [i, { work, implementation, value }] of bars.entries()) {
    const y = 32 + i * line
    const from = Math.min(x(1), x(value))
    const length = Math.max(1, Math.abs(x(value) - x(1)))
    shapes.push(`<text x="${left - 8}" y="${y + 11}" text-anchor="end">${work}, ${implementation}</text>`)
    const box = `x="${from.toFixed(1)}" y="${y + 1}" width="${length.toFixed(1)}" height="${line - 3}"`
    shapes.push(`<rect ${box} fill="${COLORS[implementation] ?? '#999'}"/>`)
    shapes.push(`<text x="${Math.max(x(value), x(1)) + 4}" y="${y + 11}">${shorten(value)}</text>`)
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="900" height="${height}" fill="#fff"/>`,
    ...shapes,
    '</svg>',
    '',
  ].join('\n')
}
