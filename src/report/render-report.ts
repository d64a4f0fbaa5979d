/**
 * A study as one HTML file that needs nothing else: no network, no fonts, and no script but the one that searches the prompts.
 *
 * @module
 */

import { constraintText } from '../history/constraint.ts'
import { INTERVAL_LEVEL } from '../policy/policy.ts'
import { type Candidate, candidateText } from '../prompt/candidate.ts'
import { creditOf } from '../study/credit.ts'
import { type ConstraintBelief, createFeasibility, FEASIBLE } from '../study/feasibility.ts'
import type { ScoreSummary } from '../study/score-summary.ts'
import type { StudyState } from '../study/state.ts'
import { type Conclusion, type JudgedCandidate, knownScore } from '../study/verdict.ts'
import { calibration } from './calibration.ts'
import { changes } from './changes.ts'
import { familyTree } from './family-tree.ts'
import { frontPlots } from './front.ts'
import { header, levelOf } from './head.ts'
import { heatMap } from './heat-map.ts'
import { type Html, html, toText, trusted } from './html.ts'
import { importance } from './importance.ts'
import { intervalBar } from './interval-bar.ts'
import { count, counted, interval, probability, score } from './numbers.ts'
import { type PromptRow, promptRows, promptSearch, ROWS_TOGETHER, scaleOf } from './prompt-list.ts'
import { promptMap } from './prompt-map.ts'
import { type RankedCandidate, rankCandidates } from './ranking.ts'
import type { ReportOptions } from './report-options.ts'
import { intervalPlot, progressPlot } from './score-plots.ts'
import { SEARCH_SCRIPT, SEARCH_SCRIPT_HASH } from './search-script.ts'
import { separatingExamples } from './separating-examples.ts'
import { shellWord } from './shell-word.ts'
import { failures, spending } from './spending.ts'
import { STYLE } from './style.ts'

/** Of every interval that is made when the report is. */
const LEVEL = `${Math.round(100 * INTERVAL_LEVEL)}%`

/** A section of a report; what the live view exchanges when it changes. */
export interface ReportPart {
  readonly id: string
  readonly html: Html
}

/** A report in pieces: everything but the rows of the list of prompts, which may be thousands. */
export interface ReportParts {
  readonly parts: readonly ReportPart[]
  /** Of the list of all prompts, best first: what each looks like. */
  readonly rows: readonly PromptRow[]
}

interface Titled extends ReportPart {
  readonly title: string
}

/** The part that holds the list of prompts. */
const LIST = 'all'

/**
 * @example
 * import { writeFileSync } from 'node:fs'
 * const page = renderReport({ state: study.state })
 * writeFileSync('report.html', page)
 * page.startsWith('<!doctype html>') // true
 */
export function renderReport(options: ReportOptions): string {
  const { parts, rows } = reportParts(options)
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src '${SEARCH_SCRIPT_HASH}'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<title>${options.state.config.name} · krige</title>
${trusted(`<style>${STYLE}</style>`)}
</head>
<body>
<a class="skip" href="#${LIST}">Skip to all prompts</a>
<main>
${parts.map(({ id, html: body }) => (id === LIST ? withRows(body, rows) : body))}
</main>
${trusted(`<script>${SEARCH_SCRIPT}</script>`)}
</body>
</html>
`
  return toText(page)
}

/** The rows of the list of prompts stand apart, and the list is empty. */
export function reportParts(options: ReportOptions): ReportParts {
  const { state } = options
  const { config, conclusion } = state
  const ranked = rankCandidates(state)
  const sections: Titled[] = [
    ...(conclusion ? [{ id: 'winner', title: 'Winner', html: winner(state, conclusion, ranked) }] : []),
    ...section('Constraints', conclusion?.feasibility && constraintTable(conclusion.feasibility)),
    ...section('Progress', progress(state)),
    ...section(
      'Estimates and intervals',
      intervalPlot(ranked, { winner: conclusion?.winner.candidate, baseline: config.baseline }),
    ),
    ...section('Stages', stageTable(state)),
    ...section('Score and price', frontPlots(state, ranked)),
    ...section('Map of the prompts', promptMap(ranked, conclusion?.winner.candidate)),
    ...section('Prompts and examples', heatMap(state, ranked)),
    ...section('What matters', importance(ranked)),
    ...section('Calibration', calibration(state, ranked)),
    ...section('Winner and baseline by example', separatingExamples(state, options.answers)),
    ...section('Family tree', familyTree(state, ranked)),
    ...section('Spent', spending(options)),
    ...section('Failures', failures(state, ranked)),
    {
      id: LIST,
      title: 'All prompts',
      html: html`<section id="${LIST}"><h2>All prompts</h2>
<p class="quiet">${conclusion ? `Estimates with ${levelOf(conclusion)} intervals (the posterior). They borrow from similar prompts, so a prompt that was hardly measured has one, too.` : 'Plain means of what was measured, with 95% intervals.'}</p>
${promptSearch}
${EMPTY_LIST}</section>`,
    },
    ...section('How to repeat this', reproduction(options)),
  ]
  const head = { id: 'head', html: html`<div id="head">${header(options, ranked)}</div>` }
  return { parts: [head, contents(sections), ...sections], rows: promptRows(state, ranked) }
}

/** Links to every section: a report is long. */
function contents(sections: readonly Titled[]): ReportPart {
  const links = sections.map(({ id, title }) => html`<a href="#${id}">${title}</a>`)
  return { id: 'contents', html: html`<nav id="contents" aria-label="Sections">${links}</nav>` }
}

const EMPTY_LIST = html`<div id="prompts"></div>`

/** In groups, of which a browser lays out only those in sight: ten thousand rows scroll fluently. */
function withRows(list: Html, rows: readonly PromptRow[]): Html {
  const items = rows.map(({ html: row }, place) => toText(row).replace('<li', `<li value="${place + 1}"`))
  const groups: string[] = []
  for (let first = 0; first < items.length; first += ROWS_TOGETHER) {
    groups.push(`<ol class="prompts">${items.slice(first, first + ROWS_TOGETHER).join('')}</ol>`)
  }
  return trusted(toText(list).replace(toText(EMPTY_LIST), () => `<div id="prompts">${groups.join('\n')}</div>`))
}

function section(title: string, body: Html | undefined): Titled[] {
  if (!body) return []
  const id = title.toLowerCase().replaceAll(' ', '-')
  return [
    {
      id,
      title,
      html: html`<section id="${id}"><h2>${title}</h2>
${body}</section>`,
    },
  ]
}

function winner(state: StudyState, conclusion: Conclusion, rows: readonly RankedCandidate[]): Html {
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
    html`<tr><th scope="row">${label}</th><td class="bar">${intervalBar(mean, range, scale, kind)}</td><td class="number">${score(mean)}</td><td class="number">${interval(range)}</td><td class="number">${holdout ? score(holdout.mean) : '–'}</td><td class="number">${holdout ? interval(holdout.interval) : '–'}</td><td class="number">${holdout ? count(holdout.count) : '–'}</td></tr>`
  return html`<section id="winner"><h2>Winner: ${best.id}</h2>
${beaten ? html`<h3>What changed</h3>${changes(beaten, best)}<h3>The whole prompt</h3>` : undefined}<div class="winner">${promptText(best)}</div>
<div class="scroll"><table><thead><tr><td></td><th colspan="3">estimate from the search, ${levelOf(conclusion)} interval</th><th class="number">holdout</th><th class="number">95% interval</th><th class="number">examples</th></tr></thead><tbody>
${line('winner', 'winner', conclusion.winner.mean, conclusion.winner.interval, conclusion.holdout?.winner)}
${baseline && beaten ? line('baseline', 'baseline', baseline.mean, rows.find(({ index }) => index === baseline.candidate)!.interval, conclusion.holdout?.baseline) : undefined}
</tbody></table></div>
${higherEstimates(state, conclusion, rows)}${beaten ? html`<h3>Baseline: ${beaten.id}</h3>${promptText(beaten)}` : undefined}</section>`
}

const MOST_PREFERRED = { score: '', shorter: 'shortest', cheaper: 'cheapest', faster: 'fastest' } as const

/** Why prompts that seem better were not recommended. */
function higherEstimates(
  state: StudyState,
  conclusion: Conclusion,
  rows: readonly RankedCandidate[],
): Html | undefined {
  const { constraints = [], prefer = 'score', direction } = state.config
  const { candidate, mean } = conclusion.winner
  const sign = direction === 'minimize' ? -1 : 1
  const higher = rows.filter((row) => row.measured > row.failed && sign * (row.mean - mean) > 0)
  if (higher.length === 0) return undefined
  const feasibility = createFeasibility(constraints, state.measurements)
  const breaking = higher.filter(({ index }) => feasibility.of(index).probability < FEASIBLE).length
  const why = [
    ...(breaking > 0 ? [`${count(breaking)} probably ${breaking === 1 ? 'breaks' : 'break'} a constraint`] : []),
    ...(breaking === higher.length
      ? []
      : prefer !== 'score'
        ? [`of those that cannot be told apart from the best, the ${MOST_PREFERRED[prefer]} is preferred`]
        : candidate === conclusion.baseline?.candidate
          ? ['the lead over the baseline is too small to count']
          : ['the winner was measured more']),
  ]
  return html`<p class="quiet">${counted(higher.length, 'measured prompt')} ${higher.length === 1 ? 'has' : 'have'} a ${sign > 0 ? 'higher' : 'lower'} estimate than the winner: ${why.join('; ')}.</p>`
}

function stageTable(state: StudyState): Html | undefined {
  const credit = creditOf(state)
  if (!credit) return undefined
  const rows = credit.parts.toSorted((a, b) => b.share - a.share)
  const tokens = (part: string) => {
    const total = (metric: string) =>
      [...(state.measurements.of(`${part}.${metric}`)?.values() ?? [])].reduce((all, { sum }) => all + sum, 0)
    const calls = total('calls')
    return calls === 0 ? '' : count(Math.round(total('tokens') / calls))
  }
  return html`<p class="quiet">What differences in score come from, with ${LEVEL} intervals, and the probability that a new text for a stage gains most over ${state.conclusion ? 'the winner' : 'the first prompt'}. Tokens are those of one call, on average.</p>
<div class="scroll"><table><thead><tr><th>part</th><th class="number">share of variance</th><th class="number">${LEVEL} interval</th><th class="number">gains most</th><th class="number">tokens</th></tr></thead><tbody>
${rows.map(
  ({
    part,
    share,
    interval: range,
  }) => html`<tr><th scope="row">${part}</th><td class="number">${probability(share)}</td><td class="number">${interval(range, probability)}</td><td class="number">${credit.blame[part] === undefined ? '' : probability(credit.blame[part])}</td><td class="number">${tokens(part)}</td></tr>
`,
)}
</tbody></table></div>`
}

function constraintTable({ winner, baseline }: NonNullable<Conclusion['feasibility']>): Html {
  const amount = (value: number) => String(Number(value.toPrecision(4))).replace('-', '−')
  const line = (label: string, belief: ConstraintBelief) =>
    html`<tr><th scope="row">${label}</th><td>${constraintText(belief)}</td><td class="number">${amount(belief.mean)}</td><td class="number">${interval(belief.interval, amount)}</td><td class="number">${probability(belief.probability)}</td><td class="number">${count(belief.count)}</td></tr>`
  return html`<p class="quiet">Limits on the mean over examples like these. A prompt that was measured little is assumed to be like the others; one that keeps all limits with a probability of at least ½ may win.${winner.constraints.some(({ metric }) => metric === 'latency') ? ' Latency is in milliseconds.' : ''}</p>
<div class="scroll"><table><thead><tr><td></td><th>constraint</th><th class="number">mean</th><th class="number">95% interval</th><th class="number">kept with probability</th><th class="number">measured</th></tr></thead><tbody>
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
  const reference = baseline && baselineLine(state, conclusion, baseline)
  return html`<p class="quiet">Estimated score of the best prompt so far, with its interval${conclusion ? ` (${levelOf(conclusion)})` : ''}. A dot marks a change of the lead.${reference?.joint ? ' The dashed line is the baseline by search and holdout together.' : ''}</p>
${progressPlot(points, reference && { label: 'baseline', mean: reference.mean })}
${conclusion ? html`<p class="quiet">The search ended because ${conclusion.reason}.</p>` : undefined}`
}

/** The search has other uses for its budget than the baseline: what the holdout says of it counts as much. */
function baselineLine({ config, comparisons }: StudyState, { holdout }: Conclusion, baseline: JudgedCandidate) {
  const isSame = config.estimand === 'population' && comparisons.length === 0
  const held = isSame ? holdout?.baseline : undefined
  return { mean: knownScore(baseline, held), joint: held !== undefined }
}

/** Of what the log keeps a hash alone. */
const HASHED: Readonly<Record<string, string>> = {
  examples: 'the examples',
  holdout: 'the held-out examples',
  split: 'which examples are held out',
  scoring: 'template, stages, metric, system and program',
  evaluator: 'the code of metric or program, or the file of the model',
}
const HASH = /^[0-9a-f]{16,64}$/

function reproduction({ state, version, command = state.command, store }: ReportOptions): Html {
  const { config } = state
  const facts = { seed: String(config.seed), policy: config.policy, backend: config.backend, ...config.fingerprint }
  return html`${command === undefined ? undefined : html`<pre>${command}</pre>`}
<div class="scroll"><table><tbody>${Object.entries(facts).map(([key, value]) => (HASH.test(value) ? html`<tr><th scope="row">${HASHED[key] ?? key}</th><td>has the hash ${value}</td></tr>` : html`<tr><th scope="row">${key}</th><td>${value}</td></tr>`))}${version === undefined ? undefined : html`<tr><th scope="row">krige</th><td>${version}</td></tr>`}</tbody></table></div>
<p class="quiet">The whole log: <code>krige export ${shellWord(config.name)} --format jsonl${store === undefined ? '' : ` --store ${shellWord(store)}`}</code>. Decisions follow from seed, backend and the order in which results arrived; that order is in the log.</p>`
}
