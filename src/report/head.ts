/**
 * The head of a report: what came out, in words and figures.
 *
 * @module
 */
import type { StudyState } from '../study/state.ts'
import type { Conclusion } from '../study/verdict.ts'
import { durationText } from '../text/duration-text.ts'
import { type Html, html } from './html.ts'
import { count, counted, interval, probability, score, signedScore } from './numbers.ts'
import type { RankedCandidate } from './ranking.ts'
import type { ReportOptions } from './report-options.ts'

export function header({ state, startedAt, endedAt }: ReportOptions, rows: readonly RankedCandidate[]): Html {
  const { config, conclusion } = state
  const when = startedAt === undefined ? undefined : new Date(startedAt).toISOString().slice(0, 16).replace('T', ' ')
  const verdict = conclusion?.verdict ?? 'unfinished'
  const model = config.fingerprint['model']
  return html`<h1>${config.name}</h1>
<p><span class="badge ${verdict.replace(' ', '-')}">${verdict}</span> ${beforeAfter(state)}</p>
<p>${verdictInWords(state)}</p>
${state.stopped === undefined ? undefined : html`<ul class="warnings" aria-label="Why it stopped"><li>The run was stopped by a failure: ${state.stopped}</li></ul>`}
<p class="quiet">${counted(state.candidates.length, 'prompt')} × ${counted(config.exampleCount, 'search example')}, policy ${config.policy}${model === undefined ? '' : `, model ${model}`}${when === undefined ? '' : `, ${when} UTC`}${startedAt !== undefined && endedAt !== undefined && endedAt > startedAt ? `, ${durationText((endedAt - startedAt) / 1000)} from first to last event` : ''}.</p>
${state.comparisons.length > 0 ? html`<p>Prompts were compared, not scored: a score is the probability of beating the baseline in a comparison before the judge, on the holdout the share of comparisons won (a tie is half).</p>` : undefined}
${conclusion ? figures(state, conclusion) : unfinished(state, rows)}
${
  conclusion && conclusion.warnings.length > 0
    ? html`<ul class="warnings" aria-label="Warnings">${conclusion.warnings.map((warning) => html`<li>${warning}</li>`)}</ul>`
    : undefined
}`
}

/** Of comparisons there is none: the baseline's share of wins is what the winner lost. */
function beforeAfter({ conclusion, comparisons }: StudyState): Html | undefined {
  const held = conclusion?.holdout
  if (!held?.baseline || comparisons.length > 0) return undefined
  if (conclusion?.baseline?.candidate === conclusion?.winner.candidate) return undefined
  return html`<strong class="change">${score(held.baseline.mean)} → ${score(held.winner.mean)}</strong> <span class="quiet">before → after, on held-out examples</span>`
}

function verdictInWords({ conclusion, comparisons }: StudyState): string {
  if (!conclusion) return 'The search has not ended. Prompts are ranked by their plain means so far.'
  const { combined, comparison, verdict, winner, baseline } = conclusion
  if (baseline && baseline.candidate === winner.candidate) return 'Nothing better than the baseline prompt was found.'
  if (!comparison) return 'There was no holdout comparison with a baseline prompt.'
  const { mean, interval: range, count: pairs } = comparison.difference
  const held = `The difference to the baseline${comparisons.length > 0 ? ', wins less losses,' : ''} is ${signedScore(mean)} on ${counted(pairs, 'held-out example')} (95% interval ${interval(range)})`
  const difference = combined
    ? `${held}, and ${signedScore(combined.mean)} ${interval(combined.interval)} together with what the search saw`
    : held
  if (verdict === 'improved') return `${difference}.`
  if (verdict === 'no improvement') return `${difference}: a worthwhile improvement is ruled out.`
  return `${difference}: too few examples to tell.`
}

function figures(state: StudyState, conclusion: Conclusion): Html {
  const { config, ledger } = state
  const { winner, holdout } = conclusion
  // The baseline is not compared with itself.
  const measurable = conclusion.means.length - (state.comparisons.length > 0 ? 1 : 0)
  const exhaustive = measurable * config.exampleCount
  const held = state.holdout.length + state.holdoutComparisons.length
  const figure = (value: string, label: string) => html`<div class="figure"><b>${value}</b><span>${label}</span></div>`
  return html`<div class="figures">
${figure(score(winner.mean), `estimated score of the winner, ${levelOf(conclusion)} interval ${interval(winner.interval)}`)}
${holdout ? figure(score(holdout.winner.mean), `on the holdout, 95% interval ${interval(holdout.winner.interval)}`) : undefined}
${figure(probability(winner.probabilityBest), 'probability of being the best of the pool')}
${figure(count(ledger.spent.evaluations - held), `evaluations by the search; measuring everything takes ${count(exhaustive)}`)}
</div>`
}

function unfinished({ progress, candidates }: StudyState, rows: readonly RankedCandidate[]): Html {
  const [best] = rows
  const lead = progress.at(-1)
  if (lead) {
    return html`<p>In front so far: <b>${candidates[lead.candidate]!.id}</b>, estimated at ${score(lead.mean)} ${interval(lead.interval)}.</p>`
  }
  if (!best || best.measured === best.failed) return html`<p>Nothing has been measured yet.</p>`
  return html`<p>In front so far: <b>${best.candidate.id}</b> with a plain mean of ${score(best.mean)} over ${counted(best.measured - best.failed, 'example')}.</p>`
}

/** The level of every interval of a search that has ended: what earlier versions wrote has their own. */
export function levelOf({ winner }: Conclusion): string {
  return `${Math.round(100 * winner.level)}%`
}
