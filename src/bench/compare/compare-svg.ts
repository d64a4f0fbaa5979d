/**
 * The comparison as pictures: error by budget, and critical differences of ranks.
 *
 * @module
 */
import * as Plot from '@observablehq/plot'
import { plotSvg } from '../../report/plot.ts'
import { visibleText } from '../../text/visible-text.ts'
import type { Comparison, FractionComparison } from './compare-results.ts'
import { formatP } from './compare-text.ts'

/** Okabe & Ito (2008): told apart with any color vision. Dashes tell a second round of them apart. */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8b6d00', '#555555']
const WIDTH = 760
const GAP = 24
const ROW = 20
const STYLE = { background: '#fff', color: '#222', fontFamily: 'system-ui, sans-serif', fontSize: '12px' }
const TICKS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]

/** One picture: an SVG element and its height. */
export interface Picture {
  readonly height: number
  readonly svg: string
}

/** All pictures of a comparison, in order. */
export function comparePictures({ fractions, holdout }: Comparison): Picture[] {
  return [
    ...(fractions.length > 0 ? [errorsByBudget(fractions, 'Normalized error by budget')] : []),
    ...(holdout.length > 0 ? [errorsByBudget(holdout, 'The same on the holdout examples')] : []),
    ...fractions.map(criticalDifferences),
  ]
}

/** All pictures in one SVG document. */
export function compareSvg(comparison: Comparison): string {
  let height = 0
  const placed = comparePictures(comparison).map((picture) => {
    const moved = picture.svg.replace('<svg ', `<svg y="${height}" `)
    height += picture.height + GAP
    return moved
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}">
<rect width="100%" height="100%" fill="#fff"/>
${placed.join('\n')}
</svg>
`
}

/** Errors over fractions, one line per policy, both axes logarithmic; where an error is 0 it stands at the bottom. */
function errorsByBudget(fractions: readonly FractionComparison[], title: string): Picture {
  const names = [...new Set(fractions.flatMap(({ policies }) => policies.map(({ policy }) => policy)))]
  const height = Math.max(320, 90 + ROW * names.length)
  const errors = fractions.flatMap(({ policies }) => policies.map(({ meanError }) => meanError))
  const positive = errors.filter((error) => error > 0)
  const high = Math.max(...positive, 0.001)
  const low = Math.max(Math.min(...positive, high / 10), high / 1000)
  const domain = [10 ** (Math.log10(low) - 0.1), 10 ** (Math.log10(high) + 0.1)] as const
  const budgets = fractions.map(({ fraction }) => fraction)
  const [first, last] = [Math.min(...budgets), Math.max(...budgets)]
  // The legend is in the order of the last budget, so that it reads as the right ends of the lines do.
  const order = fractions.at(-1)!.policies.map(({ policy }) => policy)
  const legend = [...order, ...names.filter((name) => !order.includes(name))]
  const lines = names.flatMap((name, index) => {
    const stroke = COLORS[index % COLORS.length]!
    const points = fractions.flatMap(({ fraction, policies }) =>
      policies
        .filter(({ policy }) => policy === name)
        .map(({ meanError }) => ({ fraction, error: Math.max(meanError, domain[0]) })),
    )
    const dash = index < COLORS.length ? {} : { strokeDasharray: '5 4' }
    const row = { frameAnchor: 'top-right', textAnchor: 'start', dy: ROW * legend.indexOf(name) } as const
    return [
      Plot.lineY(points, { x: 'fraction', y: 'error', stroke, strokeWidth: 2, ...dash }),
      Plot.dot(points, { x: 'fraction', y: 'error', fill: stroke, r: 3.5 }),
      Plot.text([index < COLORS.length ? '━━' : '╍╍'], { ...row, dx: 14, fill: stroke }),
      Plot.text([visibleText(name)], { ...row, dx: 46 }),
    ]
  })
  return {
    height,
    svg: draw(title, {
      height,
      marginLeft: 64,
      marginRight: 210,
      marginBottom: 48,
      x: {
        type: 'log',
        domain: first < last ? [first * 0.9, last * 1.1] : [first / 2, 2 * first],
        ticks: budgets,
        tickFormat: (fraction: number) => `× ${fraction}`,
        label: 'budget',
        labelAnchor: 'center',
        labelArrow: 'none',
      },
      y: {
        type: 'log',
        domain,
        grid: true,
        ticks: TICKS.filter((tick) => tick >= domain[0] && tick <= domain[1]),
        tickFormat: String,
        label: null,
      },
      marks: lines,
    }),
  }
}

/** Demšar's diagram: mean ranks on an axis, bars over the methods that are not told apart. */
function criticalDifferences({ fraction, ranks }: FractionComparison): Picture {
  const { policies, meanRanks, criticalDifference, blocks, pValue } = ranks
  const entries = policies
    .map((policy, index) => ({ policy: visibleText(policy), rank: meanRanks[index] ?? Number.NaN }))
    .filter(({ rank }) => !Number.isNaN(rank))
    .sort((a, b) => a.rank - b.rank)
  const count = entries.length
  const title = `Mean rank at budget × ${fraction} (1 = best)`
  if (count < 2 || criticalDifference === undefined) {
    const nothing = Plot.text(['Ranks need at least two policies and two tasks.'], { frameAnchor: 'top-left' })
    return { height: 60, svg: draw(title, { height: 60, marginTop: 34, marginLeft: 64, marks: [nothing] }) }
  }
  const bars = indistinct(
    entries.map(({ rank }) => rank),
    criticalDifference,
  )
  const half = Math.ceil(count / 2)
  // Heights in pixels below the axis.
  const top = 12 + 8 * bars.length + 18
  const labels = entries.map(({ policy, rank }, index) => {
    const isLeft = index < half
    return { policy, rank, isLeft, y: top + ROW * (isLeft ? index : count - 1 - index) }
  })
  const depth = top + ROW * half
  const height = 84 + depth + 8
  const edge = (isLeft: boolean) => (isLeft ? 1 - 0.02 * (count - 1) : count + 0.02 * (count - 1))
  const found = `critical difference ${criticalDifference.toFixed(2)} (${blocks} tasks, Friedman p ${formatP(pValue)})`
  return {
    height,
    svg: draw(title, {
      height,
      marginTop: 84,
      marginBottom: 8,
      marginLeft: 210,
      marginRight: 210,
      x: { domain: [1, count], axis: null },
      y: { domain: [0, depth], range: [84, 84 + depth], axis: null },
      marks: [
        Plot.axisX(
          entries.map((_, index) => index + 1),
          { anchor: 'top', tickFormat: String, label: null },
        ),
        Plot.link([0], { x1: 1, x2: count, y1: 0, y2: 0 }),
        Plot.link([0], { x1: 1, x2: 1 + criticalDifference, y1: -38, y2: -38, strokeWidth: 2 }),
        Plot.text([found], { x: () => 1, y: () => -38, dy: -9, textAnchor: 'start' }),
        Plot.line(
          labels.flatMap(({ rank, isLeft, y, policy }) => [
            { x: rank, y: 0, policy },
            { x: rank, y, policy },
            { x: edge(isLeft), y, policy },
          ]),
          { x: 'x', y: 'y', z: 'policy', stroke: '#888' },
        ),
        ...[true, false].map((isLeft) =>
          Plot.text(
            labels.filter((label) => label.isLeft === isLeft),
            {
              x: () => edge(isLeft),
              y: 'y',
              text: ({ policy, rank }) => `${policy} ${rank.toFixed(2)}`,
              textAnchor: isLeft ? 'end' : 'start',
              dx: isLeft ? -6 : 6,
            },
          ),
        ),
        Plot.link(bars, {
          x1: ([from]) => entries[from]!.rank,
          x2: ([, to]) => entries[to]!.rank,
          y1: (_, row) => 12 + 8 * row,
          y2: (_, row) => 12 + 8 * row,
          strokeWidth: 4,
          strokeLinecap: 'round',
        }),
      ],
    }),
  }
}

function draw(title: string, { marks = [], marginTop = 40, ...options }: Plot.PlotOptions): string {
  const heading = Plot.text([title], {
    frameAnchor: 'top-left',
    dy: 20 - marginTop,
    fontWeight: 600,
    lineAnchor: 'bottom',
  })
  return plotSvg({ width: WIDTH, marginTop, style: STYLE, ...options, marks: [heading, ...marks] })
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
