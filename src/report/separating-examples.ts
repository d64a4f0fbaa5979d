import { type Conversation, showConversation } from '../prompt/turns.ts'
import type { Answer } from '../store/read-answers.ts'
import type { StudyState } from '../study/state.ts'
import { type Html, html } from './html.ts'
import { count, score } from './numbers.ts'

const MOST = 8
const LONGEST = 600

/** What of an answer is shown. */
export interface ShownAnswer extends Pick<Answer, 'prompt' | 'example' | 'split' | 'repeat' | 'output'> {
  /** All that was sent to the model. */
  readonly asked?: Conversation
  readonly feedback?: Answer['feedback']
}

interface Pair {
  readonly split: 'search' | 'holdout'
  readonly example: number
  readonly winner: number
  readonly baseline: number
}

/**
 * The examples on which winner and baseline differ most, with what both were asked and answered where that is kept.
 * `undefined` where there is no baseline, or no example that both were measured on.
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
  const kept = new Map(
    answers
      .filter(({ repeat }) => repeat === 0)
      .map((answer) => [`${answer.prompt}/${answer.split}/${answer.example}`, answer]),
  )
  const answerOf = (candidate: number, { split, example }: Pair) =>
    kept.get(`${candidates[candidate]!.id}/${split}/${example}`)
  const cell = (candidate: number, pair: Pair, own: number, other: number) => {
    const { output, feedback = [] } = answerOf(candidate, pair) ?? {}
    const said = feedback.map(({ text }) => html`<p class="quiet">${cut(text)}</p>`)
    return html`<td><b${sign * (own - other) > 0 ? html` class="better"` : undefined}>${score(own)}</b>${output === undefined ? undefined : html`<pre dir="auto">${cut(output)}</pre>`}${said}</td>`
  }
  const rows = shown.map((pair) => {
    const asked = inCommon(answerOf(winner, pair)?.asked, answerOf(baseline, pair)?.asked)
    return html`<tr><td>${pair.split} ${pair.example}${asked === '' ? undefined : html`<pre dir="auto">${cut(asked)}</pre>`}</td>${cell(winner, pair, pair.winner, pair.baseline)}${cell(baseline, pair, pair.baseline, pair.winner)}</tr>`
  })
  return html`<p class="quiet">Of ${count(pairs.length)} examples that both were measured on, the winner is better on ${count(better)} and worse on ${count(differ.length - better)}.${kept.size === 0 ? ' No answers are kept.' : ''}${differ.length > shown.length ? ` The ${count(shown.length)} that differ most:` : ''}</p>
${
  rows.length === 0
    ? undefined
    : html`<div class="scroll"><table class="answers"><thead><tr><th>example</th><th>winner</th><th>baseline</th></tr></thead><tbody>${rows}</tbody></table></div>`
}`
}

/**
 * The example as both prompts put it: the message that both were to answer, or what of it is alike. Examples themselves are
 * not stored.
 */
function inCommon(a: Conversation | undefined, b: Conversation | undefined): string {
  if (!a || !b || showConversation(a) === showConversation(b)) return ''
  return a.prompt === b.prompt ? a.prompt : linesInCommon(a.prompt, b.prompt)
}

/** What two texts end with alike, or begin with, in whole lines. */
function linesInCommon(a: string, b: string): string {
  const shorter = Math.min(a.length, b.length)
  let end = 0
  while (end < shorter && a.at(-1 - end) === b.at(-1 - end)) end++
  let start = 0
  while (start < shorter && a[start] === b[start]) start++
  const after = a.slice(a.length - end)
  const before = a.slice(0, start)
  const beginsLine = (text: string) => end === text.length || text.at(-1 - end) === '\n'
  const whole = beginsLine(a) && beginsLine(b) ? after : after.slice(after.indexOf('\n') + 1)
  const common = end >= start ? whole : before.slice(0, Math.max(0, before.lastIndexOf('\n')))
  return common.trim()
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text
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
