/**
 * Where written prompts come from: who wrote each, from which parent, expecting what, and how its words differ.
 *
 * @module
 */
import { candidateText } from '../prompt/candidate.ts'
import { countDrafts } from '../study/draft-counts.ts'
import type { StudyState } from '../study/state.ts'
import { difference } from './difference.ts'
import { type Html, html } from './html.ts'
import { count, score } from './numbers.ts'

/** Beyond that a tree says less than the table of prompts. */
const MOST = 200

/** The tree; `undefined` where no prompts were written. Parents stand before their children, which are set in below them. */
export function familyTree(state: StudyState): Html | undefined {
  const drafts = countDrafts(state)
  if (!drafts) return undefined
  const { candidates, conclusion } = state
  const children = new Map<number | undefined, number[]>()
  candidates.forEach(({ origin }, index) => {
    const parent = origin?.by === 'proposer' ? origin.parents?.find((one) => one < index) : undefined
    if (origin?.by === 'proposer') children.set(parent, [...(children.get(parent) ?? []), index])
  })
  const tallies = talliesOf(state)
  let shown = 0
  const node = (index: number): Html | undefined => {
    if (shown++ >= MOST) return undefined
    const { id, origin } = candidates[index]!
    const parent = origin?.by === 'proposer' ? origin.parents?.find((one) => one < index) : undefined
    const own = children.get(index) ?? []
    const mean = conclusion?.means[index]
    const cost = tallies[index]!
    return html`<li><strong>${id}</strong> ${mean === undefined ? '' : score(mean)}, ${count(cost)} evaluations${origin?.name === undefined ? '' : `, by ${origin.name}`}${origin?.hypothesis === undefined ? '' : `: ${origin.hypothesis}`}${
      parent === undefined
        ? undefined
        : html`<details><summary>what it changes in ${candidates[parent]!.id}</summary><pre>${difference(candidateText(candidates[parent]!), candidateText(candidates[index]!))}</pre></details>`
    }${own.length > 0 ? html`<ul>${own.map(node)}</ul>` : undefined}</li>`
  }
  const roots = [...candidates.keys()].filter((index) => candidates[index]!.origin?.by !== 'proposer')
  const refused = Object.entries(drafts.rejected).map(([reason, number]) => `${count(number)} ${reason}`)
  return html`<p>${count(drafts.written)} drafts were written, ${refused.length > 0 ? `${refused.join(', ')} of them refused` : 'none of them refused'}, and ${count(drafts.measured)} measured.</p>
<ul>${[...roots.filter((index) => children.has(index)), ...(children.get(undefined) ?? [])].map(node)}</ul>`
}

function talliesOf({ candidates, observations }: StudyState): number[] {
  const tallies = candidates.map(({ shows }) => -(shows?.length ?? 0))
  for (let index = 0; index < observations.length; index++) tallies[observations.candidate(index)]!++
  return tallies
}
