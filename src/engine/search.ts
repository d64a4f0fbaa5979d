/**
 * A whole search: the loop over the search examples, then winner and baseline on the holdout, then the verdict.
 *
 * @module
 */

import { BudgetError, KrigeError } from '../errors.ts'
import { constraintText } from '../history/constraint.ts'
import type { ObservationHistory } from '../history/observation-log.ts'
import type { Recommendation } from '../policy/policy.ts'
import { differenceOf } from '../policy/recommendation/ranking-statistics.ts'
import { evaluationsLeft, searchBudget } from '../study/allowance.ts'
import { countDrafts, type DraftCounts } from '../study/draft-counts.ts'
import { createFeasibility, FEASIBLE } from '../study/feasibility.ts'
import type { StudyState } from '../study/state.ts'
import type { Study } from '../study/study.ts'
import {
  type Conclusion,
  combineEvidence,
  comparePaired,
  type JudgedCandidate,
  judge,
  posteriorInterval,
  type ScoreSummary,
  summarizeScores,
} from '../study/verdict.ts'
import type { CellEvaluator } from './cell.ts'
import { runCells } from './cell-loop.ts'
import type { GenerateCandidates } from './generation.ts'
import type { Hold } from './hold.ts'
import type { Journal } from './journal.ts'
import { keepBaseline, sayWhyNot } from './keep-baseline.ts'
import { type Leader, leadersOf } from './leaders.ts'
import { missingOnHoldout, releaseSurplus } from './release-surplus.ts'
import type { Telemetry } from './telemetry.ts'

export interface SearchOptions {
  readonly study: Study
  readonly journal: Journal
  readonly evaluate: CellEvaluator
  /** Cells in flight at once; a function is asked whenever there is room for one more. @defaultValue 1 */
  readonly concurrency?: number | (() => number)
  readonly signal?: AbortSignal
  /** Nothing starts while it holds. @defaultValue nothing does */
  readonly hold?: Hold
  /** Makes candidates for `generate` actions. */
  readonly generate?: GenerateCandidates
  /** How many holdout examples winner and baseline are compared on. @defaultValue 0 */
  readonly holdoutExamples?: number
  readonly relevantDifference?: number
  readonly warnings?: readonly string[]
  /** More warnings, asked for once everything is measured. */
  readonly notes?: () => readonly string[]
  readonly onProgress?: (progress: SearchProgress) => void
  /** Spans for decisions and cells. @defaultValue none */
  readonly telemetry?: Pick<Telemetry, 'traceCells' | 'traceDecisions'>
}

export type { DraftCounts }

/** For people who wait. */
export interface SearchProgress {
  readonly stage: 'search' | 'holdout'
  /** Of this stage, those of earlier runs of the study among them. */
  readonly evaluations: number
  /** What this stage may come to as things stand, at least {@link evaluations}; `Infinity` when unlimited. */
  readonly evaluationBudget: number
  readonly calls: number
  readonly usd: number
  readonly incumbent?: Recommendation
  /** Its id. */
  readonly best?: string
  /** As of when the incumbent was looked at. */
  readonly leaders?: readonly Leader[]
  /** Where prompts are written. */
  readonly drafts?: DraftCounts
}

/** Prompts named in {@link SearchProgress.leaders}. */
const LEADERS = 6

/** How often the incumbent is looked at during a search. */
const CHECKPOINTS = 50

/**
 * Runs a study to its end, or from where it stopped to its end.
 *
 * @throws BudgetError when nothing could be measured; see {@link runCells} for interruptions.
 * @example
 * const journal = createJournal(study, await createMemoryStore().acquire('tickets'))
 * const evaluate: CellEvaluator = async ({ index }) => ({ score: index / 3 })
 * const conclusion = await runSearch({ study, journal, evaluate })
 * conclusion.winner.candidate // 3
 */
export async function runSearch(options: SearchOptions): Promise<Conclusion> {
  const { study, journal, holdoutExamples = 0, telemetry } = options
  const { state } = study
  const signal = options.signal ?? new AbortController().signal
  const evaluationBudget = searchBudget(state, state.ledger.limits)
  const loop = {
    study,
    journal,
    evaluate: telemetry?.traceCells(options.evaluate) ?? options.evaluate,
    concurrency: options.concurrency ?? 1,
    signal,
    ...(options.generate ? { generate: options.generate } : {}),
    ...(options.hold ? { hold: options.hold } : {}),
  }
  if (study.settleLostCalls() > 0) await journal.commit()

  let incumbent: Recommendation | undefined
  let leaders: readonly Leader[] = []
  const told = () => state.observations.length + state.comparisons.length
  let checked = told()
  const step = Math.max(
    1,
    Math.ceil((Number.isFinite(evaluationBudget) ? evaluationBudget : 10 * state.candidates.length) / CHECKPOINTS),
  )
  let holdoutGoal = 0
  const report = (stage: SearchProgress['stage']) => {
    const { calls, usd } = study.spent
    const drafts = countDrafts(state)
    const reached =
      stage === 'search'
        ? searchProgress(state, options.generate === undefined)
        : { evaluations: heldOut(state), evaluationBudget: holdoutGoal }
    const shown = { stage, ...reached, calls, usd, ...(drafts ? { drafts } : {}) }
    const best = incumbent && state.candidates[incumbent.candidate]!.id
    options.onProgress?.(incumbent ? { ...shown, incumbent, best: best!, leaders } : shown)
  }

  const search = () =>
    runCells({
      ...loop,
      next: telemetry?.traceDecisions(() => study.next()) ?? (() => study.next()),
      onResult: () => {
        if (told() >= checked + step) {
          checked = told()
          incumbent = study.recommend()
          if (incumbent) study.noteProgress(incumbent)
          if (incumbent && options.onProgress) leaders = leadersOf(state, incumbent, LEADERS)
        }
        report('search')
      },
    })

  const baseline = state.config.baseline === undefined ? undefined : state.indexById.get(state.config.baseline)
  const choose = () => {
    const recommended = study.recommend()
    return recommended && keepBaseline(state, recommended, baseline)
  }
  let reason = await search()
  let recommendation = choose()
  while (recommendation && releaseSurplus(study, recommendation.candidate, baseline, holdoutExamples)) {
    reason = await search()
    recommendation = choose()
  }
  if (!recommendation) {
    throw nothingMeasured(state, reason)
  }
  incumbent = recommendation
  study.noteProgress(recommendation)
  const winner = recommendation.candidate
  const warnings = [...(options.warnings ?? [])]
  if (holdoutExamples > 0) {
    const isComparison = state.config.response === 'comparison'
    const rivals = baseline === undefined || baseline === winner ? [winner] : [winner, baseline]
    const missing = missingOnHoldout(state, [winner, baseline], holdoutExamples)
    holdoutGoal = heldOut(state) + Math.min(missing, state.ledger.left().evaluations)
    if (isComparison && rivals.length < 2) {
      // A prompt is not compared with itself: that nothing beat the baseline is the result.
    } else if (isComparison) {
      const loopHere = { ...loop, onResult: () => report('holdout') }
      const complete = await measureHoldoutComparisons(winner, baseline!, holdoutExamples, loopHere)
      if (!complete) warnings.push('The budget ended before the holdout was complete.')
    } else {
      const complete = await measureHoldout(rivals, holdoutExamples, { ...loop, onResult: () => report('holdout') })
      if (!complete) warnings.push('The budget ended before the holdout was complete.')
    }
  }
  warnings.push(...(options.notes?.() ?? []))
  const conclusion = concludeSearch(study, recommendation, reason, baseline, warnings, options.relevantDifference)
  study.conclude(conclusion)
  await journal.commit()
  return conclusion
}

/** Evaluations told on holdout examples. */
function heldOut({ holdout, holdoutComparisons }: StudyState): number {
  return holdout.length + holdoutComparisons.length
}

/** @param isFixed Whether the pool is all there will be: then there is no more to measure than all of it. */
function searchProgress(state: StudyState, isFixed: boolean) {
  const { candidates, config, ledger, pendingCount } = state
  const evaluations = ledger.spent.evaluations - heldOut(state)
  const affordable = evaluations + pendingCount + evaluationsLeft(state)
  const all = isFixed && Object.keys(config.space).length === 0 ? candidates.length * config.exampleCount : affordable
  return { evaluations, evaluationBudget: Math.max(evaluations, Math.min(affordable, all)) }
}

/** No score, no winner: what failed, how often and why, or else the budget. */
function nothingMeasured({ failures, config }: StudyState, reason: string): KrigeError {
  const [last] = [...failures.values()].reverse()
  if (!last) {
    return new BudgetError(`the budget is too small to measure anything: ${reason}`, {
      remedy: 'Raise evaluations or calls (or tokens, or usd) in the budget.',
    })
  }
  const count = [...failures.values()].reduce((sum, failed) => sum + failed.count, 0)
  const what = config.response === 'comparison' ? 'comparisons' : 'evaluations'
  return new KrigeError('model', `nothing was measured: all ${count} ${what} failed, the last with: ${last.latest}`, {
    remedy: 'Without a score there is no winner. Put that right, then start another study.',
  })
}

/** Measures candidates on the first holdout examples, example by example, so that a cut leaves pairs. */
async function measureHoldout(
  rivals: readonly number[],
  count: number,
  loop: Omit<Parameters<typeof runCells>[0], 'next'>,
): Promise<boolean> {
  const { study } = loop
  const { state } = study
  const missing = function* () {
    for (let example = 0; example < count; example++) {
      for (const rival of rivals) if (!state.holdoutCells.has(rival, example, 0)) yield [rival, example] as const
    }
  }
  const cells = missing()
  await runCells({
    ...loop,
    next: () => {
      const cell = cells.next()
      if (cell.done) return { kind: 'done', reason: 'the holdout is measured' }
      if (state.ledger.left().evaluations < 1) return { kind: 'done', reason: 'the budget is spent' }
      return { kind: 'act', action: study.askHoldout(cell.value[0], [cell.value[1]]) }
    },
  })
  return missing().next().done === true
}

/** One comparison per example says which is better on it. */
async function measureHoldoutComparisons(
  winner: number,
  baseline: number,
  count: number,
  loop: Omit<Parameters<typeof runCells>[0], 'next'>,
): Promise<boolean> {
  const { study } = loop
  const { state } = study
  const missing = () => {
    for (let example = 0; example < count; example++) {
      if (!state.hasComparison('holdout', winner, baseline, example)) return example
    }
    return undefined
  }
  await runCells({
    ...loop,
    next: () => {
      const example = missing()
      if (example === undefined) return { kind: 'done', reason: 'the holdout is measured' }
      if (state.ledger.left().evaluations < 1) return { kind: 'done', reason: 'the budget is spent' }
      return { kind: 'act', action: study.askHoldoutComparison(winner, baseline, [example]) }
    },
  })
  return missing() === undefined
}

/** What the winner and the baseline scored on the holdout, by example; a comparison's loser has what its winner lacks. */
function holdoutPair(state: StudyState, winner: number, baseline: number | undefined) {
  const { config, holdout, holdoutComparisons } = state
  if (config.response !== 'comparison') {
    return [winner, baseline].map((candidate) =>
      candidate === undefined ? [] : holdoutScores(holdout, candidate, config.holdoutCount),
    )
  }
  const own = new Array<number | null>(config.holdoutCount).fill(null)
  for (const { candidates, example, outcome } of holdoutComparisons) {
    const [a, b] = candidates
    if (outcome === null || !((a === winner && b === baseline) || (a === baseline && b === winner))) continue
    own[example] = a === winner ? outcome : 1 - outcome
  }
  return [own, own.map((outcome) => (outcome === null ? null : 1 - outcome))]
}

function concludeSearch(
  study: Study,
  recommendation: Recommendation,
  reason: string,
  baseline: number | undefined,
  warnings: readonly string[],
  relevantDifference: number | undefined,
): Conclusion {
  const { candidate: winner, mean, interval, probabilityBest, level } = recommendation
  const [winnerScores = [], baselineScores = []] = holdoutPair(study.state, winner, baseline)
  const summarize = (all: readonly (number | null)[]): ScoreSummary | undefined => {
    const scores = all.filter((score) => score !== null)
    return scores.length === 0 ? undefined : summarizeScores(scores.map(study.state.turned))
  }
  const comparison =
    baseline === undefined || baseline === winner ? undefined : comparePaired(winnerScores, baselineScores)
  const search = searchDifference(study.state, recommendation, baseline)
  const combined = comparison && search && combineEvidence(comparison.estimate, search)
  const { feasibility, notes } = judgeFeasibility(study, winner, baseline)
  const keeps = feasibility === undefined || feasibility.winner.probability >= FEASIBLE
  const winnerOnHoldout = summarize(winnerScores)
  const baselineOnHoldout = baseline === undefined ? undefined : summarize(baselineScores)
  const verdict = keeps
    ? judge(comparison, {
        winnerIsBaseline: winner === baseline,
        combined,
        ...(relevantDifference === undefined ? {} : { relevantDifference }),
      })
    : 'undecided'
  return {
    reason,
    // A score that breaks a constraint is no improvement, and that nothing better keeps it has not been shown.
    verdict,
    winner: { candidate: winner, mean, interval, probabilityBest, level },
    ...(baseline === undefined ? {} : { baseline: posteriorOf(recommendation, baseline) }),
    means: [...recommendation.means],
    standardDeviations: [...recommendation.standardDeviations],
    ...(winnerOnHoldout
      ? { holdout: { winner: winnerOnHoldout, ...(baselineOnHoldout ? { baseline: baselineOnHoldout } : {}) } }
      : {}),
    ...(comparison ? { comparison } : {}),
    ...(combined ? { combined } : {}),
    ...(feasibility ? { feasibility } : {}),
    warnings: [...sayWhyNot(study.state, winner, baseline, verdict), ...warnings, ...notes, ...failureWarnings(study)],
  }
}

/** Posterior of winner − baseline on new examples by the search, where its policy has one worth joining to the holdout's. */
function searchDifference(state: StudyState, recommendation: Recommendation, baseline: number | undefined) {
  if (baseline === undefined || !recommendation.shared || state.config.estimand !== 'population') return undefined
  const { mean, standardDeviation } = differenceOf(recommendation, recommendation.candidate, baseline)
  return { mean: state.turned(mean), standardDeviation }
}

function judgeFeasibility({ state }: Study, winner: number, baseline: number | undefined) {
  const { constraints = [] } = state.config
  const notes: string[] = []
  if (constraints.length === 0) return { notes }
  const beliefs = createFeasibility(constraints, state.measurements)
  for (const metric of beliefs.unknown) {
    notes.push(
      `Nothing measured ${metric}: its constraint was not used. A metric or program must return it in metrics.`,
    )
  }
  if (beliefs.unknown.length === constraints.length) return { notes }
  const feasibility = {
    winner: beliefs.of(winner),
    ...(baseline === undefined ? {} : { baseline: beliefs.of(baseline) }),
  }
  if (feasibility.winner.probability < FEASIBLE) {
    notes.push(
      `No measured prompt is likely to keep ${constraints.map(constraintText).join(' and ')}: the winner is the likeliest, with probability ${feasibility.winner.probability.toFixed(2)}.`,
    )
  }
  return { feasibility, notes }
}

/** By example; null where it failed or was not measured. Maximized, as the log has them. */
function holdoutScores(log: ObservationHistory, candidate: number, count: number): (number | null)[] {
  const scores = new Array<number | null>(count).fill(null)
  for (let index = 0; index < log.length; index++) {
    if (log.candidate(index) !== candidate) continue
    const score = log.score(index)
    scores[log.example(index)] = Number.isNaN(score) ? null : score
  }
  return scores
}

function posteriorOf(recommendation: Recommendation, candidate: number): JudgedCandidate {
  const mean = recommendation.means[candidate]!
  const deviation = recommendation.standardDeviations[candidate]!
  return { candidate, mean, interval: posteriorInterval(mean, deviation, [...recommendation.means]) }
}

/** A prompt whose calls fail often is unreliable, which is not the same as bad. */
const UNRELIABLE_SHARE = 0.2

function failureWarnings({ state }: Study): string[] {
  const measured = new Map<number, number>()
  for (let index = 0; index < state.observations.length; index++) {
    const candidate = state.observations.candidate(index)
    measured.set(candidate, (measured.get(candidate) ?? 0) + 1)
  }
  for (const { candidates } of state.comparisons) measured.set(candidates[0], (measured.get(candidates[0]) ?? 0) + 1)
  const unreliable = [...state.failures].filter(
    ([candidate, { count }]) => count >= 3 && count > UNRELIABLE_SHARE * (measured.get(candidate) ?? count),
  )
  if (unreliable.length === 0) {
    const all = [...state.failures.values()]
    const count = all.reduce((sum, failed) => sum + failed.count, 0)
    return count === 0 ? [] : [`${count} evaluations failed and count as missing, the last with: ${all.at(-1)!.latest}`]
  }
  const [candidate, { latest }] = unreliable[0]!
  return [
    `${unreliable.length} of ${state.candidates.length} prompts failed on more than ${100 * UNRELIABLE_SHARE}% of their calls: unreliable, not bad; failed calls count as missing. For instance ${state.candidates[candidate]!.id}: ${latest}`,
  ]
}
