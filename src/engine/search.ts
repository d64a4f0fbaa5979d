/**
 * A whole search: the loop over the search examples, then winner and baseline on the holdout, then the verdict.
 *
 * @module
 */

import { BudgetError, KrigeError } from '../errors.ts'
import { NO_CALL_LEFT } from '../history/failure.ts'
import type { Recommendation } from '../policy/policy.ts'
import { evaluationsLeft, searchBudget } from '../study/allowance.ts'
import { countDrafts, type DraftCounts } from '../study/draft-counts.ts'
import type { Split } from '../study/events.ts'
import type { StudyState } from '../study/state.ts'
import type { Study } from '../study/study.ts'
import type { Conclusion } from '../study/verdict.ts'
import { messageOf } from '../text/message-of.ts'
import type { CellEvaluator } from './cell.ts'
import { runCells } from './cell-loop.ts'
import { concludeSearch } from './conclude.ts'
import type { GenerateCandidates } from './generation.ts'
import type { Hold } from './hold.ts'
import type { Journal } from './journal.ts'
import { keepBaseline } from './keep-baseline.ts'
import { type Leader, leadersOf } from './leaders.ts'
import { measureHoldout, measureHoldoutComparisons } from './measure-holdout.ts'
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
  /** Called while it searches. What it throws ends no search: it is a warning of the conclusion. */
  readonly onProgress?: (progress: SearchProgress) => void
  /** Spans for decisions and cells. @defaultValue none */
  readonly telemetry?: Pick<Telemetry, 'traceCells' | 'traceDecisions'>
}

export type { DraftCounts }

/** For people who wait. */
export interface SearchProgress {
  /** Examples of which split are being measured. */
  readonly split: Split
  /** Of this split, those of earlier runs of the study among them. */
  readonly evaluations: number
  /** What this split may come to as things stand, at least {@link evaluations}; `Infinity` when unlimited. */
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
  const { study, journal } = options
  try {
    return await searchToEnd(options)
  } catch (error) {
    // The report is read where nobody saw the error. Who interrupted the search knows.
    if (!(KrigeError.isInstance(error) && error.code === 'interrupted')) {
      study.noteStop(messageOf(error))
      // A log that cannot be written any more may be what stopped it.
      await journal.commit().catch(() => {})
    }
    throw error
  }
}

async function searchToEnd(options: SearchOptions): Promise<Conclusion> {
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
  const watcher = createWatcher(options.onProgress)
  const { show } = watcher
  const report = (split: Split) => {
    const { calls, usd } = study.spent
    const drafts = countDrafts(state)
    const reached =
      split === 'search'
        ? searchProgress(state, options.generate === undefined)
        : { evaluations: heldOut(state), evaluationBudget: Math.max(holdoutGoal, heldOut(state)) }
    const shown = { split, ...reached, calls, usd, ...(drafts ? { drafts } : {}) }
    const best = incumbent && state.candidates[incumbent.candidate]!.id
    show(incumbent ? { ...shown, incumbent, best: best!, leaders } : shown)
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
    const finalists = baseline === undefined || baseline === winner ? [winner] : [winner, baseline]
    const missing = missingOnHoldout(state, [winner, baseline], holdoutExamples)
    holdoutGoal = heldOut(state) + Math.min(missing, state.ledger.left().evaluations)
    if (isComparison && finalists.length < 2) {
      // A prompt is not compared with itself: that nothing beat the baseline is the result.
    } else if (isComparison) {
      const loopHere = { ...loop, onResult: () => report('holdout') }
      const complete = await measureHoldoutComparisons(winner, baseline!, holdoutExamples, loopHere)
      if (!complete) warnings.push('The budget ended before the holdout was complete.')
    } else {
      const complete = await measureHoldout(finalists, holdoutExamples, { ...loop, onResult: () => report('holdout') })
      if (!complete) warnings.push('The budget ended before the holdout was complete.')
    }
  }
  // Sent in batches by earlier processes for cells that were given back since: nothing fetches those any more.
  study.settleLostCalls('all')
  warnings.push(...(options.notes?.() ?? []), ...watcher.problems())
  const conclusion = concludeSearch(study, recommendation, reason, baseline, warnings, options.relevantDifference)
  study.conclude(conclusion)
  await journal.commit()
  return conclusion
}

/** A callback that throws does not end the search: the error is reported once, as a warning, and it is not called again. */
function createWatcher(onProgress: SearchOptions['onProgress']) {
  let problem: string | undefined
  const fail = (error: unknown) => {
    problem ??= `onProgress failed and was not called again: ${messageOf(error)}`
  }
  return {
    show(progress: SearchProgress): void {
      if (problem !== undefined) return
      try {
        const given: unknown = onProgress?.(progress)
        if (given instanceof Promise) given.catch(fail)
      } catch (error) {
        fail(error)
      }
    },
    problems: () => (problem === undefined ? [] : [problem]),
  }
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
  if (!last || last.latest.endsWith(NO_CALL_LEFT)) {
    return new BudgetError(`the budget is too small to measure anything: ${last?.latest ?? reason}`, {
      remedy: 'Raise evaluations or calls (or tokens, or usd) in the budget.',
    })
  }
  const count = [...failures.values()].reduce((sum, failed) => sum + failed.count, 0)
  const what = config.response === 'comparison' ? 'comparisons' : 'evaluations'
  return new KrigeError('model', `nothing was measured: all ${count} ${what} failed, the last with: ${last.latest}`, {
    remedy: 'Without a score there is no winner. Put that right, then start another study.',
  })
}
