/**
 * Where written prompts come from: who wrote each, from which parent, expecting what, and how its words differ.
 *
 * @module
 */
import * as Plot from '@observablehq/plot'
import { candidateText } from '../prompt/candidate.ts'
import { countDrafts } from '../study/draft-counts.ts'
import type { StudyState } from '../study/state.ts'
import { changes } from './changes.ts'
import { type Html, html } from './html.ts'
import { count, counted, score } from './numbers.ts'
import { drawPlot, hoverText, SCORE_COLORS } from './plot.ts'
import { type RankedCandidate, rankCandidates } from './ranking.ts'

/** Beyond these a drawing says less than the list of prompts; those measured most stay. */
const MOST_DRAWN = 80
const MOST_LISTED = 200
const LEAF_HEIGHT = 15

interface Family {
  readonly parentOf: (index: number) => number | undefined
  readonly childrenOf: (index: number | undefined) => readonly number[]
  readonly row: (index: number) => RankedCandidate
  /** Of what is given and their ancestors: those without a parent. */
  readonly within: (kept: Iterable<number>) => { readonly kept: ReadonlySet<number>; readonly roots: readonly number[] }
}

/**
 * How the winner came about, the tree as a drawing, and as a list; `undefined` where no prompts were written. Drafts that
 * were not measured are counted.
 */
export function familyTree(
  state: StudyState,
  rows: readonly RankedCandidate[] = rankCandidates(state),
): Html | undefined {
  const drafts = countDrafts(state)
  if (!drafts) return undefined
  const family = familyOf(state, rows)
  const measured = rows
    .filter((row) => row.measured > 0)
    .toSorted((a, b) => b.measured - a.measured || a.index - b.index)
    .map(({ index }) => index)
  const reasons = Object.entries(drafts.rejected)
  const rejected = reasons.reduce((sum, [, number]) => sum + number, 0)
  const why = reasons.map(([reason, number]) => `${count(number)} ${reason}`).join(', ')
  const winner = state.conclusion?.winner.candidate
  return html`<p>${counted(drafts.written, 'draft')} written, ${count(rejected)} rejected${why === '' ? '' : ` (${why})`}, ${count(drafts.measured)} measured.</p>
${winner === undefined ? undefined : lineOf(state, family, winner)}
${drawing(state, family, measured.slice(0, MOST_DRAWN))}
${list(state, family, measured.slice(0, MOST_LISTED))}`
}

function familyOf({ candidates }: StudyState, rows: readonly RankedCandidate[]): Family {
  const parentOf = (index: number) => {
    const { origin } = candidates[index]!
    return origin?.by === 'proposer' ? origin.parents?.find((one) => one < index) : undefined
  }
  const children = Map.groupBy(candidates.keys(), parentOf)
  const byIndex = new Map(rows.map((row) => [row.index, row]))
  return {
    parentOf,
    childrenOf: (index) => children.get(index) ?? [],
    row: (index) => byIndex.get(index)!,
    within(given) {
      const kept = new Set<number>()
      for (const one of given) {
        for (let at: number | undefined = one; at !== undefined && !kept.has(at); at = parentOf(at)) kept.add(at)
      }
      return { kept, roots: [...kept].filter((index) => parentOf(index) === undefined).sort((a, b) => a - b) }
    },
  }
}

/** From the prompt that was given to the winner, a change at a time. */
function lineOf(state: StudyState, family: Family, winner: number): Html | undefined {
  const line: number[] = []
  for (let at: number | undefined = winner; at !== undefined; at = family.parentOf(at)) line.unshift(at)
  if (line.length < 2) return undefined
  return html`<h3>How the winner came about</h3><ol class="line">${line.map((index) => {
    const parent = family.parentOf(index)
    return html`<li>${nameOf(state, family, index)}${parent === undefined ? html`<pre dir="auto">${candidateText(state.candidates[index]!)}</pre>` : changeFrom(state, parent, index)}</li>`
  })}</ol>`
}

/** Generations from left to right, the measured drafts and their ancestors. */
function drawing(state: StudyState, family: Family, measured: readonly number[]): Html | undefined {
  const { kept, roots } = family.within(measured)
  if (kept.size < 3) return undefined
  const winner = state.conclusion?.winner.candidate
  const baseline = state.config.baseline
  let leaves = 0
  const places = new Map<number, { readonly x: number; readonly y: number }>()
  const place = (index: number, depth: number): number => {
    const ys = family.childrenOf(index).flatMap((child) => (kept.has(child) ? [place(child, depth + 1)] : []))
    const y = ys.length === 0 ? leaves++ : (ys[0]! + ys.at(-1)!) / 2
    places.set(index, { x: depth, y })
    return y
  }
  // A pool that came with the task has members without children: they are no tree.
  for (const root of roots) if (family.childrenOf(root).some((child) => kept.has(child))) place(root, 0)
  if (places.size < 3) return undefined
  const nodes = [...places].map(([index, at]) => {
    const { candidate, mean, measured: cells } = family.row(index)
    const kind = index === winner ? 'winner' : candidate.id === baseline ? 'baseline' : undefined
    const told = [
      `${candidate.id}: ${score(mean)}, ${counted(cells, 'evaluation')}`,
      candidate.origin?.hypothesis ?? '',
    ]
    return { ...at, index, mean, cells, kind, title: hoverText(`${told.join('\n')}\n${candidateText(candidate)}`) }
  })
  const links = nodes.flatMap(({ index, x, y }) => {
    const from = places.get(family.parentOf(index) ?? -1)
    return from ? [{ x1: from.x, y1: from.y, x2: x, y2: y }] : []
  })
  const means = nodes.map(({ mean }) => mean).filter(Number.isFinite)
  const named = nodes.filter(({ kind }) => kind !== undefined)
  const plot = drawPlot(
    {
      height: 60 + LEAF_HEIGHT * leaves,
      margin: 20,
      marginLeft: 30,
      marginRight: 30,
      x: { axis: null },
      y: { axis: null, reverse: true },
      r: { range: [0, 9], domain: [0, Math.sqrt(Math.max(...nodes.map(({ cells }) => cells)))], type: 'linear' },
      color: { ...SCORE_COLORS, domain: [Math.min(...means), Math.max(...means)] },
      marks: [
        Plot.link(links, {
          x1: 'x1',
          y1: 'y1',
          x2: 'x2',
          y2: 'y2',
          curve: 'bump-x',
          stroke: 'var(--quiet)',
          strokeOpacity: 0.6,
        }),
        Plot.dot(nodes, {
          x: 'x',
          y: 'y',
          r: ({ cells }) => Math.max(1, Math.sqrt(cells)),
          fill: 'mean',
          stroke: 'var(--quiet)',
          strokeWidth: 0.7,
          title: 'title',
        }),
        Plot.dot(
          nodes.filter(({ kind }) => kind === 'winner'),
          { x: 'x', y: 'y', r: 12, symbol: 'circle', stroke: 'var(--accent)', strokeWidth: 2.5, title: 'title' },
        ),
        Plot.text(named, {
          x: 'x',
          y: 'y',
          dy: -17,
          text: 'kind',
          stroke: 'var(--paper)',
          strokeWidth: 4,
          fill: 'var(--ink)',
        }),
      ],
    },
    `Family tree of ${count(nodes.length)} prompts; the list below says the same`,
  )
  return html`<h3>The tree</h3><p class="quiet">One column per generation. Yellow is a high score, dark blue a low one; a larger dot was measured more. Hover shows the prompt.</p>
${plot}`
}

function list(state: StudyState, family: Family, measured: readonly number[]): Html {
  const { kept, roots } = family.within(measured)
  const item = (index: number): Html => {
    const all = family.childrenOf(index)
    const own = all.filter((child) => kept.has(child))
    const parent = family.parentOf(index)
    const left = all.length - own.length
    return html`<li>${nameOf(state, family, index)}${
      parent === undefined
        ? undefined
        : html`<details><summary>what changed from ${state.candidates[parent]!.id}</summary>${changeFrom(state, parent, index)}</details>`
    }${
      all.length === 0
        ? undefined
        : html`<ul>${own.map(item)}${left === 0 ? undefined : html`<li class="quiet">${own.length === 0 ? '' : 'and '}${counted(left, 'draft')} not measured</li>`}</ul>`
    }</li>`
  }
  const shown = roots.filter(
    (index) => state.candidates[index]!.origin?.by === 'proposer' || family.childrenOf(index).length > 0,
  )
  return html`<details><summary>All measured drafts, as a list</summary><ul class="family">${shown.map(item)}</ul></details>`
}

function nameOf({ candidates }: StudyState, { row }: Family, index: number): Html {
  const { id, origin } = candidates[index]!
  const { mean, measured } = row(index)
  const known = Number.isFinite(mean) ? `${score(mean)}, ` : ''
  return html`<strong>${id}</strong> <span class="quiet">${known}${counted(measured, 'evaluation')}${origin?.name === undefined ? '' : `, by ${origin.name}`}</span>${origin?.hypothesis === undefined ? '' : `: ${origin.hypothesis}`}`
}

function changeFrom({ candidates }: StudyState, parent: number, index: number): Html {
  return changes(candidates[parent]!, candidates[index]!)
}
