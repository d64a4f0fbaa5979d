import type { Answer } from '../store/read-answers.ts'
import type { StudyState } from '../study/state.ts'
import { type Html, html } from './html.ts'
import { count, score } from './numbers.ts'

const MOST = 12
const LONGEST = 600

/** What of an answer is shown. */
export type ShownAnswer = Pick<Answer, 'prompt' | 'example' | 'split' | 'repeat' | 'output'>

interface Pair {
  readonly split: 'search' | 'holdout'
  readonly example: number
  readonly winner: number
  readonly baseline: number
}

/**
 * The examples on which winner and baseline differ most, with what both answered where answers are kept. `undefined` where
 * there is no baseline, or no example that both were measured on.
 */
export function separatingExamples(state: StudyState, answers: readonly ShownAnswer[] = []): Html | undefined {
  const { conclusion, candidates, config } = state
  const winner = conclusion?.winner.candidate
  const baseline = conclusion?.baseline?.candidate
  if (winner === undefined || baseline === undefined || winner === baseline) return undefined
  const pairs = [...pairsOf(state, 'search', winner, baseline), ...pairsOf(state, 'holdout', winner, baseline)]
  if (pairs.length === 0) return undefined
  const differ = pairs.filter((pair) => pair.winner !== pair.baseline)
  const sign = config.direction === 'minimize' ? -1 : 1
  const better = differ.filter((pair) => sign * (pair.winner - pair.baseline) > 0).length
  const shown = differ
    .toSorted((a, b) => Math.abs(b.winner - b.baseline) - Math.abs(a.winner - a.baseline))
    .slice(0, MOST)
  const outputs = new Map(
    answers
      .filter(({ repeat }) => repeat === 0)
      .map((answer) => [`${answer.prompt}/${answer.split}/${answer.example}`, answer.output]),
  )
  const cell = (candidate: number, { split, example }: Pair, value: number) => {
    const output = outputs.get(`${candidates[candidate]!.id}/${split}/${example}`)
    return html`<td><b>${score(value)}</b>${output === undefined ? undefined : html`<pre dir="auto">${output.length > LONGEST ? `${output.slice(0, LONGEST)} …` : output}</pre>`}</td>`
  }
  return html`<p class="quiet">Of ${count(pairs.length)} examples that both were measured on, the winner is better on ${count(better)} and worse on ${count(differ.length - better)}.${outputs.size === 0 ? ' No answers are kept.' : ''}</p>
${
  shown.length === 0
    ? undefined
    : html`<div class="scroll"><table><thead><tr><th>example</th><th>winner</th><th>baseline</th></tr></thead><tbody>${shown.map((pair) => html`<tr><td>${pair.split} ${pair.example}</td>${cell(winner, pair, pair.winner)}${cell(baseline, pair, pair.baseline)}</tr>`)}</tbody></table></div>`
}`
}

function pairsOf(state: StudyState, split: Pair['split'], winner: number, baseline: number): Pair[] {
  const log = split === 'search' ? state.observations : state.holdout
  const scores = new Map<number, { winner?: number; baseline?: number }>()
  for (let at = 0; at < log.length; at++) {
    const candidate = log.candidate(at)
    const value = log.score(at)
    if ((candidate !== winner && candidate !== baseline) || log.repeat(at) > 0 || log.example(at) < 0) continue
    if (Number.isNaN(value)) continue
    const known = scores.get(log.example(at)) ?? {}
    known[candidate === winner ? 'winner' : 'baseline'] = state.turned(value)
    scores.set(log.example(at), known)
  }
  return [...scores].flatMap(([example, { winner: a, baseline: b }]) =>
    a === undefined || b === undefined ? [] : [{ split, example, winner: a, baseline: b }],
  )
}
