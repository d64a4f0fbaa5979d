import type { DraftCounts, SearchProgress } from '../engine/search.ts'
import { constraintText } from '../history/constraint.ts'
import { INTERVAL_LEVEL } from '../policy/policy.ts'
import { changedParts, type PromptParts } from '../prompt/changed-parts.ts'
import { splitTurns } from '../prompt/turns.ts'
import { count, counted, dollars, interval, probability } from '../report/numbers.ts'
import type { Cost, Plan } from '../run/plan.ts'
import type { ResultCandidate, RunResult } from '../run/result.ts'
import { durationText } from '../text/duration-text.ts'

const score = (value: number) => value.toFixed(3)
const amount = (value: number) => String(Number(value.toPrecision(4)))
const range = (ends: readonly [number, number]) => interval(ends, score)

/**
 * What is going to happen, before it does.
 *
 * @param localSeconds - what the calls may take where the model runs on this machine.
 */
export function planText(plan: Plan, localSeconds?: number): string {
  return [
    `${counted(plan.prompts, 'prompt')}, ${counted(plan.searchExamples, 'search example')}.`,
    plan.proposing
      ? `Search: ${searchText(plan)}. ${proposingText(plan.proposing)}`
      : `Search: ${searchText(plan)} (measuring everything takes ${count(plan.exhaustive.evaluations)}).`,
    plan.holdoutExamples > 0
      ? `Holdout: ${count(plan.holdoutEvaluations)} evaluations of the same budget, to judge the winner on ${plan.callsPerEvaluation > 1 ? 'at least ' : ''}${counted(plan.holdoutExamples, 'example')} the search never sees.`
      : 'Holdout: none.',
    plan.proposing
      ? `Cost: at most ${costText(plan.cost)}, retries and the writing of prompts aside.`
      : `Cost: at most ${costText(plan.cost)}, retries aside; exhaustive: ${costText(plan.exhaustive)}.`,
    ...(plan.batch === undefined
      ? []
      : [`Batches: up to ${count(plan.batch)} calls in each. A provider may take hours for one.`]),
    ...(localSeconds === undefined
      ? []
      : [`Time: some ${durationText(localSeconds)} on this machine, guessed from the size of the model.`]),
    ...plan.warnings.map((warning) => `Warning: ${warning}`),
    '',
  ].join('\n')
}

/** Calls of stages that have answered already are saved, and the search goes on with them: how far, nobody knows before. */
function searchText({ searchEvaluations, holdoutEvaluations, proposing, exhaustive, budget }: Plan): string {
  const isAll = !proposing && searchEvaluations >= exhaustive.evaluations
  const { evaluations: most = Number.POSITIVE_INFINITY } = budget
  return isAll || searchEvaluations + holdoutEvaluations >= most
    ? `up to ${count(searchEvaluations)} evaluations`
    : `some ${count(searchEvaluations)} evaluations, more where stages have answered already`
}

function proposingText({ calls }: NonNullable<Plan['proposing']>): string {
  return calls === 0
    ? 'Further prompts are made from the examples, without a model.'
    : 'Further prompts are written where that pays, in calls of the same budget.'
}

function costText(cost: Cost): string {
  if (cost.inputTokens + cost.outputTokens === 0) {
    // A recording answers for nothing; what a program without a model calls, only it knows.
    return cost.usd === undefined
      ? `${counted(cost.evaluations, 'evaluation')} by the program`
      : `${counted(cost.calls, 'call')}, ${dollars(cost.usd)}`
  }
  const tokens = `${count(cost.inputTokens)} input and ${count(cost.outputTokens)} output tokens`
  return `${counted(cost.calls, 'call')}, ${tokens}${cost.usd === undefined ? ' (price unknown)' : `, ${dollars(cost.usd)}`}`
}

/** One line while it runs. */
export function progressText(
  progress: SearchProgress,
  best: string | undefined,
  secondsLeft: number | undefined,
): string {
  const { split, evaluations, evaluationBudget, calls, usd, incumbent, drafts } = progress
  const budget = Number.isFinite(evaluationBudget) ? `/${count(evaluationBudget)}` : ''
  return [
    `${split}: ${count(evaluations)}${budget} evaluations, ${counted(calls, 'call')}${usd > 0 ? `, ${dollars(usd)}` : ''}`,
    ...(secondsLeft === undefined || evaluations >= evaluationBudget
      ? []
      : [`about ${durationText(Math.max(1, secondsLeft))} left`]),
    // Before the drafts: the end of a line is the first to be cut.
    ...(incumbent && best !== undefined ? [`best ${best} ${score(incumbent.mean)} ${range(incumbent.interval)}`] : []),
    ...(drafts ? [draftsText(drafts)] : []),
  ].join(', ')
}

/** What became of prompts that were written. */
export function draftsText({ written, rejected, measured }: DraftCounts): string {
  const refused = Object.entries(rejected)
    .filter(([, drafts]) => drafts > 0)
    .map(([reason, drafts]) => `${count(drafts)} ${reason}`)
  const all = Object.values(rejected).reduce((sum, drafts) => sum + drafts, 0)
  return `${counted(written, 'draft')} written, ${count(all)} rejected${refused.length > 0 ? ` (${refused.join(', ')})` : ''}, ${count(measured)} measured`
}

/**
 * The end of a run, for people.
 *
 * @param more Evaluations of the holdout, which are among those spent; why the search ended; the stages of a program.
 */
export function resultText(
  result: RunResult,
  exhaustive: Pick<Cost, 'evaluations'>,
  {
    holdout = 0,
    reason,
    stages,
  }: {
    readonly holdout?: number
    readonly reason?: string | undefined
    readonly stages?: readonly string[] | undefined
  } = {},
): string {
  const { winner, baseline, spent } = result
  const apart = ({ text, slots, parameters = {} }: ResultCandidate): PromptParts =>
    stages && slots ? { slots, parameters } : { text, parameters }
  const line = (label: string, candidate: ResultCandidate) =>
    `${label} ${candidate.id}: ${score(candidate.mean)} ${range(candidate.interval)} by the search${
      candidate.holdout === null ? '' : `, ${score(candidate.holdout)} on the holdout`
    }`
  const difference = baseline?.difference
  const combined = baseline?.combined
  const signed = (value: number) => `${value >= 0 ? '+' : ''}${score(value)}`
  const comparisons = baseline?.comparisons
  const saved =
    result.savedCalls === undefined || result.savedCalls === 0
      ? ''
      : ` (${count(result.savedCalls)} more ${result.savedCalls === 1 ? 'was' : 'were'} saved: those stages had answered already)`
  return [
    `The best prompt found, ${winner.id}:`,
    '',
    ...(stages && winner.slots ? slotsText(winner.slots) : [winner.text]),
    ...parametersText(winner),
    '',
    ...(baseline && !comparisons && baseline.id !== winner.id
      ? [...changesText(apart(baseline), apart(winner)), '']
      : []),
    ...(difference
      ? [
          `Difference to the baseline on ${counted(difference.count, 'held-out example')}: ${signed(difference.mean)} ${range(difference.interval)}${
            combined ? `; with what the search saw ${signed(combined.mean)} ${range(combined.interval)}` : ''
          }`,
        ]
      : []),
    ...(comparisons && winner.id !== baseline.id
      ? [
          `Probability that the winner beats the baseline in a comparison: ${score(winner.mean)} ${range(winner.interval)}; ${counted(comparisons.wins + comparisons.ties + comparisons.losses, 'comparison')}: ${count(comparisons.wins)} won, ${count(comparisons.ties)} tied, ${count(comparisons.losses)} lost`,
        ]
      : []),
    `${line('Winner', winner)}; probability of being the best ${probability(winner.probabilityBest)}`,
    ...(baseline && baseline.id !== winner.id ? [line('Baseline', baseline)] : []),
    ...(winner.feasibility?.constraints ?? []).map(
      (belief) =>
        `Constraint ${constraintText(belief)}: ${amount(belief.mean)} ${interval(belief.interval, amount)} for the winner, kept with probability ${Math.round(100 * belief.probability)}%`,
    ),
    `Intervals are ${Math.round(100 * INTERVAL_LEVEL)}% intervals.`,
    ...(result.credit ? [creditText(result.credit)] : []),
    ...(result.drafts ? [`Prompts: ${draftsText(result.drafts)}`] : []),
    ...(reason === undefined ? [] : [`The search ended: ${reason}.`]),
    `Spent: ${counted(spent.evaluations, 'evaluation')}, ${counted(spent.calls, 'call')}${saved}, ${count(spent.inputTokens)} input and ${count(spent.outputTokens)} output tokens, ${dollars(spent.usd)}${result.drafts ? '' : `; measuring everything${holdout === 0 ? '' : ', and the holdout,'} would have taken ${count(exhaustive.evaluations + holdout)} evaluations`}`,
    ...(result.report === null ? [] : [`Report: ${result.report}`]),
    ...(baseline && baseline.id !== winner.id && baseline.holdout !== null && winner.holdout !== null && !comparisons
      ? [`Before → after, on held-out examples: ${score(baseline.holdout)} → ${score(winner.holdout)}`]
      : []),
    `Verdict: ${result.verdict}`,
    '',
  ].join('\n')
}

/** Each text under the stage that it belongs to. */
function slotsText(slots: Readonly<Record<string, string>>): string[] {
  return Object.entries(slots)
    .filter(([, text]) => text !== '')
    .flatMap(([name, text], place) => [...(place === 0 ? [] : ['']), `${name}:`, text])
}

function parametersText({ parameters = {} }: ResultCandidate): string[] {
  const stated = Object.entries(parameters).map(([name, value]) => `${name} = ${String(value)}`)
  return stated.length === 0 ? [] : ['', `with ${stated.join(', ')}`]
}

/** What scores depend on, most first. */
function creditText({ parts, blame }: NonNullable<RunResult['credit']>): string {
  const percent = (share: number) => `${Math.round(100 * share)}%`
  const shares = parts
    .toSorted((a, b) => b.share - a.share)
    .map(({ part, share, interval: ends }) => `${part} ${percent(share)} ${interval(ends, percent)}`)
  const [stage, probability] = Object.entries(blame).reduce((best, one) => (one[1] > best[1] ? one : best))
  return `Of the differences in score: ${shares.join(', ')}. Most is to be gained at ${stage} (probability ${percent(probability)})`
}

/** What the winner says otherwise than the baseline, line by line. Of turns, which stand above, only how many there are. */
function changesText(baseline: PromptParts, winner: PromptParts): string[] {
  const changed = changedParts(baseline, winner).map(({ name, before, after }) => {
    const lines = changedLines(before, after)
    return { ...lines, title: name === undefined || lines.gone.length + lines.come.length === 0 ? [] : [`${name}:`] }
  })
  if (changed.every(({ gone, come }) => gone.length + come.length === 0)) return []
  // The winner stands above already: where it shares no line with the baseline, only what it replaces is news.
  return changed.every(({ sharesNone }) => sharesNone)
    ? ['Instead of:', ...changed.flatMap(({ title, gone }) => [...title, ...gone])]
    : ['Against the baseline:', ...changed.flatMap(({ title, gone, come }) => [...title, ...gone, ...come])]
}

function changedLines(before: string, after: string) {
  const [old, now] = [splitTurns(before), splitTurns(after)]
  const sameTurns = JSON.stringify(old.turns) === JSON.stringify(now.turns)
  const missing = (lines: string, others: string) => {
    const known = new Set(others.split('\n'))
    return lines === '' ? [] : lines.split('\n').filter((line) => !known.has(line))
  }
  const turnsOf = ({ turns }: typeof old) =>
    sameTurns || turns.length === 0 ? [] : [`${counted(turns.length, 'turn')} of a conversation`]
  const added = missing(now.text, old.text)
  return {
    gone: [...missing(old.text, now.text), ...turnsOf(old)].map((line) => `- ${line}`),
    come: [...added, ...turnsOf(now)].map((line) => `+ ${line}`),
    sharesNone: added.length === now.text.split('\n').length,
  }
}
