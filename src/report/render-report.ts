/**
 * A study as one HTML file that needs nothing else: no script, no network, no fonts.
 *
 * @module
 */

import { constraintText } from '../history/constraint.ts'
import { type Candidate, candidateText } from '../prompt/candidate.ts'
import { creditOf } from '../study/credit.ts'
import type { ConstraintBelief } from '../study/feasibility.ts'
import type { StudyState } from '../study/state.ts'
import {
  type Conclusion,
  type JudgedCandidate,
  knownScore,
  posteriorInterval,
  type ScoreSummary,
  summariseScores,
} from '../study/verdict.ts'
import { intervalBar, progressChart } from './charts.ts'
import { familyTree } from './family-tree.ts'
import { type Html, html, toText, trusted } from './html.ts'
import { count, dollars, duration, interval, probability, score, signedScore } from './numbers.ts'
import { shellWord } from './shell-word.ts'
import { STYLE } from './style.ts'

export interface ReportOptions {
  readonly state: StudyState
  /** When the study was first and last written, in milliseconds since 1970. */
  readonly startedAt?: number
  readonly endedAt?: number
  /** Version of krige that writes the report. */
  readonly version?: string
  /** How to run the same again. @defaultValue what the log says */
  readonly command?: string
  /** Where the log is, for a command that exports it. @defaultValue the default store */
  readonly store?: string
}

/** What was measured of one candidate. */
interface Tally {
  readonly index: number
  readonly candidate: Candidate
  measured: number
  failed: number
  sum: number
  /** Of single cells. */
  readonly scores: number[]
  /** Σ (count · standard error)² of what was told as a summary. */
  variance: number
}

interface Row extends Tally {
  readonly mean: number
  readonly interval: readonly [number, number]
}

/**
 * @example
 * import { writeFileSync } from 'node:fs'
 * const page = renderReport({ state: study.state })
 * writeFileSync('report.html', page)
 * page.startsWith('<!doctype html>') // true
 */
export function renderReport(options: ReportOptions): string {
  const { state } = options
  const { config, conclusion } = state
  const rows = rank(state)
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<title>${config.name} · krige</title>
${trusted(`<style>${STYLE}</style>`)}
</head>
<body><main>
${header(options, rows)}
${conclusion ? winner(state, conclusion, rows) : undefined}
${conclusion?.feasibility ? constraintTable(conclusion.feasibility) : undefined}
${stageTable(state)}
<h2>Progress</h2>
${progress(state)}
<h2>Spent</h2>
${spending(options)}
<h2>All prompts</h2>
${table(state, rows)}
${familyTree(state)}
${failures(state, rows)}
<h2>How to repeat this</h2>
${reproduction(options)}
</main></body>
</html>
`
  return toText(page)
}

function header({ state, startedAt, endedAt }: ReportOptions, rows: readonly Row[]): Html {
  const { config, conclusion } = state
  const when = startedAt === undefined ? undefined : new Date(startedAt).toISOString().slice(0, 16).replace('T', ' ')
  const verdict = conclusion?.verdict ?? 'unfinished'
  return html`<h1>${config.name}</h1>
<p><span class="badge ${verdict.replace(' ', '-')}">${verdict}</span> ${verdictInWords(conclusion)}</p>
<p class="quiet">${count(state.candidates.length)} prompts × ${count(config.exampleCount)} search examples, policy ${config.policy}, model ${config.fingerprint['model'] ?? 'unknown'}${when === undefined ? '' : `, ${when} UTC`}${startedAt !== undefined && endedAt !== undefined && endedAt > startedAt ? `, ${duration(endedAt - startedAt)} from first to last event` : ''}.</p>
${state.duels.length > 0 ? html`<p>Prompts were compared, not scored: a score is the probability of beating the baseline in a duel before the judge, on the holdout the share of duels won (a tie is half).</p>` : undefined}
${conclusion ? figures(state, conclusion) : unfinished(rows)}
${
  conclusion && conclusion.warnings.length > 0
    ? html`<ul class="warnings">${conclusion.warnings.map((warning) => html`<li>${warning}</li>`)}</ul>`
    : undefined
}`
}

function verdictInWords(conclusion: Conclusion | undefined): string {
  if (!conclusion) return 'The search has not ended; what follows are plain means so far.'
  const { combined, comparison, verdict, winner, baseline } = conclusion
  if (baseline && baseline.candidate === winner.candidate) return 'Nothing better than the baseline prompt was found.'
  if (!comparison) return 'There was no holdout comparison with a baseline prompt.'
  const { mean, interval: range, count: pairs } = comparison.difference
  const held = `${signedScore(mean)} against the baseline (95% interval ${interval(range)}) on ${count(pairs)} held-out examples`
  const difference = combined
    ? `${held}, and by these and the search together ${signedScore(combined.mean)} (${interval(combined.interval)})`
    : held
  if (verdict === 'improved') return `The winner scores ${difference}.`
  if (verdict === 'no improvement') return `The winner scores ${difference}: a worthwhile improvement is ruled out.`
  return `The winner scores ${difference}: too few examples to tell.`
}

function figures(state: StudyState, conclusion: Conclusion): Html {
  const { config, ledger } = state
  const { winner, holdout } = conclusion
  const exhaustive = conclusion.means.length * config.exampleCount
  const held = state.holdout.length + state.holdoutDuels.length
  const figure = (value: string, label: string) => html`<div class="figure"><b>${value}</b><span>${label}</span></div>`
  return html`<div class="figures">
${figure(score(winner.mean), `estimated score of the winner, ${levelOf(conclusion)} interval ${interval(winner.interval)}`)}
${holdout ? figure(score(holdout.winner.mean), `on the holdout, 95% interval ${interval(holdout.winner.interval)}`) : undefined}
${figure(probability(winner.probabilityBest), 'probability of being the best of the pool')}
${figure(count(ledger.spent.evaluations - held), `evaluations by the search; measuring everything takes ${count(exhaustive)}`)}
</div>`
}

function unfinished(rows: readonly Row[]): Html {
  const [best] = rows
  if (!best || best.measured === best.failed) return html`<p>Nothing has been measured yet.</p>`
  return html`<p>In front so far: <b>${best.candidate.id}</b> with a plain mean of ${score(best.mean)} over ${count(best.measured - best.failed)} examples.</p>`
}

function winner(state: StudyState, conclusion: Conclusion, rows: readonly Row[]): Html {
  const { baseline } = conclusion
  const best = state.candidates[conclusion.winner.candidate]!
  const beaten =
    baseline && baseline.candidate !== conclusion.winner.candidate ? state.candidates[baseline.candidate] : undefined
  const scale = scaleOf(rows)
  const line = (
    label: string,
    kind: 'winner' | 'baseline',
    mean: number,
    range: readonly [number, number],
    holdout?: ScoreSummary,
  ) =>
    html`<tr><td>${label}</td><td class="bar">${intervalBar(mean, range, scale, kind)}</td><td class="number">${score(mean)}</td><td class="number">${interval(range)}</td><td class="number">${holdout ? score(holdout.mean) : '–'}</td><td class="number">${holdout ? interval(holdout.interval) : '–'}</td><td class="number">${holdout ? count(holdout.count) : '–'}</td></tr>`
  return html`<h2>Winner: ${best.id}</h2>
<div class="winner">${promptText(best)}</div>
<div class="scroll"><table><thead><tr><th></th><th colspan="3">estimate from the search, ${levelOf(conclusion)} interval</th><th class="number">holdout</th><th class="number">95% interval</th><th class="number">examples</th></tr></thead><tbody>
${line('winner', 'winner', conclusion.winner.mean, conclusion.winner.interval, conclusion.holdout?.winner)}
${baseline && beaten ? line('baseline', 'baseline', baseline.mean, rows.find(({ index }) => index === baseline.candidate)!.interval, conclusion.holdout?.baseline) : undefined}
</tbody></table></div>
${beaten ? html`<h2>Baseline: ${beaten.id}</h2>${promptText(beaten)}` : undefined}`
}

function stageTable(state: StudyState): Html | undefined {
  const credit = creditOf(state)
  if (!credit) return undefined
  const rows = credit.parts.toSorted((a, b) => b.share - a.share)
  const tokens = (part: string) => {
    const tallies = [...(state.measurements.of(`${part}.tokens`)?.values() ?? [])]
    const cells = tallies.reduce((sum, tally) => sum + tally.count, 0)
    return cells === 0 ? '' : count(Math.round(tallies.reduce((sum, tally) => sum + tally.sum, 0) / cells))
  }
  return html`<h2>Stages</h2>
<p class="quiet">What differences in score come from, with 90% intervals, and the probability that a new text for a stage gains most over ${state.conclusion ? 'the winner' : 'the first prompt'}. Tokens are means where a stage ran.</p>
<div class="scroll"><table><thead><tr><th>part</th><th class="number">share of variance</th><th class="number">90% interval</th><th class="number">gains most</th><th class="number">tokens</th></tr></thead><tbody>
${rows.map(
  ({
    part,
    share,
    interval: range,
  }) => html`<tr><td>${part}</td><td class="number">${probability(share)}</td><td class="number">${range.map(probability).join(' to ')}</td><td class="number">${credit.blame[part] === undefined ? '' : probability(credit.blame[part])}</td><td class="number">${tokens(part)}</td></tr>
`,
)}
</tbody></table></div>`
}

function constraintTable({ winner, baseline }: NonNullable<Conclusion['feasibility']>): Html {
  const amount = (value: number) => String(Number(value.toPrecision(4)))
  const line = (label: string, belief: ConstraintBelief) =>
    html`<tr><td>${label}</td><td>${constraintText(belief)}</td><td class="number">${amount(belief.mean)}</td><td class="number">${belief.interval.map(amount).join(' to ')}</td><td class="number">${probability(belief.probability)}</td><td class="number">${count(belief.count)}</td></tr>`
  return html`<h2>Constraints</h2>
<p class="quiet">On the mean over examples like these. A prompt measured little is believed to be like the others; one that keeps all constraints with a probability of at least ½ may win.</p>
<div class="scroll"><table><thead><tr><th></th><th>constraint</th><th class="number">mean</th><th class="number">95% interval</th><th class="number">kept with probability</th><th class="number">n</th></tr></thead><tbody>
${winner.constraints.map((belief) => line('winner', belief))}
${(baseline?.constraints ?? []).map((belief) => line('baseline', belief))}
</tbody></table></div>`
}

function promptText(candidate: Candidate): Html {
  const parameters = Object.entries(candidate.parameters ?? {})
  const slots = Object.entries(candidate.slots ?? {}).filter(([, text]) => text !== '')
  const text =
    candidate.text !== undefined || slots.length === 0
      ? html`<pre dir="auto">${candidateText(candidate)}</pre>`
      : html`${slots.map(([name, slot]) => html`<p class="slot">${name}</p><pre dir="auto">${slot}</pre>`)}`
  if (parameters.length === 0) return text
  return html`${text}<p class="slot">${parameters.map(([name, value]) => `${name} = ${String(value)}`).join(', ')}</p>`
}

function progress(state: StudyState): Html {
  const { conclusion } = state
  const points = state.progress.map(({ evaluations, mean, interval: range, candidate }) => ({
    evaluations,
    mean,
    interval: range,
    label: state.candidates[candidate]!.id,
  }))
  const baseline = conclusion?.baseline
  return html`<p class="quiet">Estimated score of the best prompt so far, with its interval${conclusion ? ` (${levelOf(conclusion)})` : ''}. A dot marks a change of the lead.</p>
${progressChart(points, baseline ? { label: 'baseline', mean: baselineLine(state, conclusion, baseline) } : undefined)}
${conclusion ? html`<p class="quiet">The search ended because ${conclusion.reason}.</p>` : undefined}`
}

/** The search has other uses for its budget than the baseline: what the holdout says of it counts as much. */
function baselineLine({ config, duels }: StudyState, { holdout }: Conclusion, baseline: JudgedCandidate): number {
  const isSame = config.estimand === 'population' && duels.length === 0
  return knownScore(baseline, isSame ? holdout?.baseline : undefined)
}

function spending({ state }: ReportOptions): Html {
  const { spent, limits, reserved, exceeded } = state.ledger
  const line = (label: string, used: string, limit: string | undefined) =>
    html`<tr><td>${label}</td><td class="number">${used}</td><td class="number">${limit ?? '–'}</td></tr>`
  const limit = (value: number | undefined) => (value === undefined ? undefined : count(value))
  return html`<div class="scroll"><table><thead><tr><th></th><th class="number">spent</th><th class="number">budget</th></tr></thead><tbody>
${line('evaluations (search and holdout)', count(spent.evaluations), limit(limits.evaluations))}
${line('calls (with retries)', count(spent.calls), limit(limits.calls))}
${line('input tokens', count(spent.inputTokens), limit(limits.inputTokens))}
${line('output tokens', count(spent.outputTokens), limit(limits.outputTokens))}
${line('money', dollars(spent.usd), limits.usd === undefined ? undefined : dollars(limits.usd))}
</tbody></table></div>
${reserved.calls > 0 ? html`<p class="quiet">${count(reserved.calls)} calls were in flight when this was written; they are charged at their worst case once the study is resumed.</p>` : undefined}
${exceeded.inputTokens + exceeded.outputTokens > 0 ? html`<p>The provider charged ${count(exceeded.inputTokens)} input and ${count(exceeded.outputTokens)} output tokens more than the worst case we had counted.</p>` : undefined}`
}

/** Rows that show their whole text; the rest are cut, so that a pool of ten thousand still opens. */
const FULL_TEXTS = 200
const CUT = 300

function table({ conclusion, config }: StudyState, rows: readonly Row[]): Html {
  const scale = scaleOf(rows)
  return html`<p class="quiet">${conclusion ? `Means and ${levelOf(conclusion)} intervals are the posterior: they borrow from similar prompts, so a prompt that was hardly measured has an estimate, too.` : 'Plain means of what was measured, with 95% intervals.'}</p>
<div class="scroll"><table><thead><tr><th class="number">#</th><th>prompt</th><th>mean and interval</th><th class="number">mean</th><th class="number">interval</th><th class="number">n</th><th class="number">failed</th></tr></thead><tbody>
${rows.map((row, position) => {
  const isWinner = row.index === conclusion?.winner.candidate
  const isBaseline = row.candidate.id === config.baseline
  const text = candidateText(row.candidate)
  const shown = position < FULL_TEXTS || text.length <= CUT ? text : `${text.slice(0, CUT)} …`
  return html`<tr${isWinner ? html` class="winner"` : undefined}><td class="number">${position + 1}</td><td class="text"><details><summary dir="auto">${firstLine(text)}</summary><pre dir="auto">${shown}</pre></details><span class="quiet">${row.candidate.id}</span>${isWinner ? html`<span class="tag">winner</span>` : undefined}${isBaseline ? html`<span class="tag">baseline</span>` : undefined}</td><td class="bar">${intervalBar(row.mean, row.interval, scale, isWinner ? 'winner' : 'other')}</td><td class="number">${score(row.mean)}</td><td class="number">${interval(row.interval)}</td><td class="number">${count(row.measured)}</td><td class="number">${row.failed === 0 ? '' : count(row.failed)}</td></tr>
`
})}
</tbody></table></div>`
}

function failures(state: StudyState, rows: readonly Row[]): Html | undefined {
  if (state.failures.size === 0) return undefined
  const failed = rows.filter((row) => state.failures.has(row.index)).sort((a, b) => b.failed - a.failed)
  return html`<h2>Failures</h2>
<p class="quiet">Failed cells are missing, not zero: they cost budget and say nothing about the prompt.</p>
<div class="scroll"><table><thead><tr><th>prompt</th><th class="number">failed</th><th>latest reason</th></tr></thead><tbody>
${failed.slice(0, 50).map((row) => html`<tr><td>${row.candidate.id}</td><td class="number">${count(state.failures.get(row.index)!.count)}</td><td>${state.failures.get(row.index)!.latest}</td></tr>`)}
</tbody></table></div>
${failed.length > 50 ? html`<p class="quiet">And ${count(failed.length - 50)} more prompts.</p>` : undefined}`
}

function reproduction({ state, version, command = state.command, store }: ReportOptions): Html {
  const { config } = state
  const facts = { seed: String(config.seed), policy: config.policy, backend: config.backend, ...config.fingerprint }
  return html`${command === undefined ? undefined : html`<pre>${command}</pre>`}
<div class="scroll"><table><tbody>${Object.entries(facts).map(([key, value]) => html`<tr><td>${key}</td><td>${value}</td></tr>`)}${version === undefined ? undefined : html`<tr><td>krige</td><td>${version}</td></tr>`}</tbody></table></div>
<p class="quiet">The whole log: <code>krige export ${shellWord(config.name)} --format jsonl${store === undefined ? '' : ` --store ${shellWord(store)}`}</code>. Decisions follow from seed, backend and the order in which results arrived; that order is in the log.</p>`
}

/** All candidates, best first: by posterior where there is one, else by plain mean. */
function rank(state: StudyState): Row[] {
  const { observations, conclusion, config } = state
  const tallies: Tally[] = state.candidates.map((candidate, index) => ({
    index,
    candidate,
    measured: 0,
    failed: 0,
    sum: 0,
    scores: [],
    variance: 0,
  }))
  for (let at = 0; at < observations.length; at++) {
    const tally = tallies[observations.candidate(at)]!
    const cells = observations.count(at)
    tally.measured += cells
    const value = observations.score(at)
    if (Number.isNaN(value)) tally.failed += cells
    else {
      tally.sum += cells * state.turned(value)
      const error = observations.standardError(at)
      if (Number.isFinite(error)) tally.variance += (cells * error) ** 2
      else tally.scores.push(state.turned(value))
    }
  }
  for (const { candidates, outcome } of state.duels) {
    candidates.forEach((index, side) => {
      const tally = tallies[index]!
      tally.measured++
      if (outcome === null) tally.failed++
      else {
        const own = side === 0 ? outcome : 1 - outcome
        tally.sum += own
        tally.scores.push(own)
      }
    })
  }
  const rows = tallies.map((tally): Row => {
    const posterior = conclusion?.means[tally.index]
    const deviation = conclusion?.standardDeviations[tally.index] ?? 0
    const scored = tally.measured - tally.failed
    const mean = posterior ?? (scored > 0 ? tally.sum / scored : Number.NaN)
    // The winner's own interval allows for having been chosen; the others are plain.
    const chosen = tally.index === conclusion?.winner.candidate ? conclusion.winner.interval : undefined
    const plain =
      posterior === undefined
        ? plainInterval(tally, mean)
        : posteriorInterval(mean, deviation, conclusion!.means, conclusion!.winner.level)
    return { ...tally, mean, interval: chosen ?? plain }
  })
  const sign = config.direction === 'minimize' ? 1 : -1
  const first = conclusion?.winner.candidate
  return rows.sort((a, b) => {
    if (a.index === first) return -1
    if (b.index === first) return 1
    if (Number.isNaN(a.mean) || Number.isNaN(b.mean)) return Number(Number.isNaN(a.mean)) - Number(Number.isNaN(b.mean))
    return sign * (a.mean - b.mean) || a.index - b.index
  })
}

function plainInterval({ scores, variance, measured, failed }: Tally, mean: number): readonly [number, number] {
  if (variance > 0) return posteriorInterval(mean, Math.sqrt(variance) / (measured - failed), [mean])
  return scores.length === 0 ? [Number.NaN, Number.NaN] : summariseScores(scores).interval
}

/** The level of every interval of a search that has ended: what earlier versions wrote has their own. */
function levelOf({ winner }: Conclusion): string {
  return `${Math.round(100 * winner.level)}%`
}

function scaleOf(rows: readonly Row[]): [number, number] {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const { interval: range } of rows) {
    if (range[0] < low) low = range[0]
    if (range[1] > high) high = range[1]
  }
  return low < high ? [low, high] : [0, 1]
}

function firstLine(text: string): string {
  const [line = ''] = text.trimStart().split('\n', 1)
  return line.length > 110 ? `${line.slice(0, 110)}…` : line || '(empty)'
}
