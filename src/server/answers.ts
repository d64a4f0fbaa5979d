/**
 * What a study answers over HTTP: its objects as plain JSON.
 *
 * @module
 */
import { logExpectedImprovement } from '../acquisition/log-expected-improvement.ts'
import { type ConcludeOptions, concludeStudy } from '../engine/conclude-study.ts'
import { ConflictError, InvalidArgumentError } from '../errors.ts'
import { readMeasurement } from '../history/measurement.ts'
import { differenceOf } from '../policy/recommendation/ranking-statistics.ts'
import type { Candidate } from '../prompt/candidate.ts'
import { checkExample } from '../study/checks.ts'
import type { AskedEvent } from '../study/events.ts'
import type { ScoreSummary } from '../study/score-summary.ts'
import type { AskedAction, AskedComparison, Study } from '../study/study.ts'
import type { TextPosterior } from '../study/text-posterior.ts'
import type { JudgedCandidate } from '../study/verdict.ts'
import type { ServedStudy } from './served-studies.ts'

export function candidateAnswer({ id, text, slots, parameters }: Candidate, index: number) {
  return {
    id,
    index,
    ...(text === undefined ? {} : { text }),
    ...(slots === undefined ? {} : { slots: { ...slots } }),
    ...(parameters === undefined ? {} : { parameters: { ...parameters } }),
  }
}

export function studyAnswer({ name, study, log, control }: ServedStudy) {
  const { config, candidates, observations, actions, ledger, conclusion } = study.state
  const left = ledger.left().evaluations
  const { evaluations, calls, inputTokens, outputTokens, usd } = ledger.spent
  return {
    name,
    policy: config.policy,
    direction: config.direction,
    seed: config.seed,
    exampleCount: config.exampleCount,
    holdoutCount: config.holdoutCount,
    candidates: candidates.length,
    observations: observations.length,
    pendingActions: actions.size,
    spent: { evaluations, calls, inputTokens, outputTokens, usd },
    state: control.state,
    evaluationsLeft: Number.isFinite(left) ? left : null,
    events: log.length,
    verdict: conclusion?.verdict ?? null,
  }
}

/** Predictions of texts; candidates by id, as elsewhere in answers. null before anything was scored. */
export function textsAnswer<Predicted extends TextPosterior>(
  { state }: Study,
  texts: readonly Predicted[] | undefined,
) {
  if (!texts) return null
  return texts.map(({ candidate, ...rest }) => ({
    ...rest,
    ...(candidate === undefined ? {} : { candidate: state.candidates[candidate]!.id }),
  }))
}

/** What speaks for a candidate of the pool; null before anything was scored. */
export function explanationAnswer({ study }: ServedStudy, index: number) {
  const explained = study.explain(index)
  if (!explained) return null
  const { candidate, posterior, byText, own, nearest } = explained
  const place = ({ id }: Candidate) => study.state.indexById.get(id)!
  const expectation = ({ measured, mean, standardDeviation }: TextPosterior) => ({ measured, mean, standardDeviation })
  return {
    candidate: candidateAnswer(candidate, index),
    posterior: expectation(posterior),
    ...(byText ? { byText: expectation(byText) } : {}),
    own: { ...own },
    nearest: nearest.map((near) => ({ ...near, candidate: candidateAnswer(near.candidate, place(near.candidate)) })),
  }
}

/** Of the whole pool; null before anything was measured. */
export function posteriorAnswer({ study }: ServedStudy) {
  const recommendation = study.recommend()
  const finite = (value: number | undefined) => (value !== undefined && Number.isFinite(value) ? value : null)
  const improvement = (index: number) => {
    if (!recommendation || index === recommendation.candidate) return recommendation && 0
    const { mean, standardDeviation } = differenceOf(recommendation, index, recommendation.candidate)
    const gain = study.state.turned(mean)
    return Math.exp(logExpectedImprovement(0).evaluate(gain, standardDeviation).value)
  }
  return {
    candidates: study.state.candidates.map((candidate, index) => ({
      candidate: candidateAnswer(candidate, index),
      mean: finite(recommendation?.means[index]),
      standardDeviation: finite(recommendation?.standardDeviations[index]),
      expectedImprovement: finite(improvement(index)),
    })),
  }
}

type Measuring = Exclude<AskedAction, { kind: 'generate' }>

export function actionAnswer(action: Omit<Measuring, 'kind'> & Partial<Pick<AskedComparison, 'rival'>>) {
  const { id, candidate, index, rival, examples, split, repeat, reason } = action
  return {
    id,
    kind: rival ? ('compare' as const) : ('evaluate' as const),
    candidate: candidateAnswer(candidate, index),
    ...(rival ? { rival: candidateAnswer(rival.candidate, rival.index) } : {}),
    examples: [...examples],
    ...(split === 'holdout' ? { holdout: true as const } : {}),
    repeat,
    ...(reason ? { reason: reason.summary } : {}),
  }
}

/** An action as the log has it. */
export function askedAnswer({ study: { state } }: ServedStudy, asked: AskedEvent) {
  const { action, candidate, rival, examples, stage: split = 'search', repeat = 0, reason } = asked
  const member = (index: number) => ({ candidate: state.candidates[index]!, index })
  return actionAnswer({
    id: action,
    ...member(candidate),
    ...(rival === undefined ? {} : { rival: member(rival) }),
    examples,
    split,
    repeat,
    ...(reason ? { reason } : {}),
  })
}

/** @throws ConflictError when the study is measured by a run, not by clients. */
export function checkAsker({ name, runner }: ServedStudy): void {
  if (!runner) return
  throw new ConflictError(`study ${name} is measured by the run that serves it`, {
    remedy: 'Enqueue what you want measured.',
  })
}

/**
 * Asks for up to `count` actions.
 *
 * @param request Its idempotency key: repeated, it gets the same actions, also of a server that was started anew.
 */
export function askStudy(served: ServedStudy, count: number, request?: string) {
  checkAsker(served)
  const { study, control } = served
  const before = request === undefined ? [] : served.actionsOf(request)
  if (before.length > 0) return { actions: before.map((asked) => askedAnswer(served, asked)), status: 'act' as const }
  if (control.state === 'paused') return { actions: [], status: 'wait' as const, reason: 'the study is paused' }
  if (control.state === 'stopped') return { actions: [], status: 'done' as const, reason: 'the study was stopped' }
  const actions: ReturnType<typeof actionAnswer>[] = []
  while (actions.length < count) {
    const next = study.next(request)
    if (next.kind === 'wait') return { actions, status: actions.length > 0 ? ('act' as const) : ('wait' as const) }
    if (next.kind === 'done') {
      return actions.length > 0
        ? { actions, status: 'act' as const }
        : { actions, status: 'done' as const, reason: next.reason }
    }
    // A server has no generator: its clients write prompts and add them.
    if (next.action.kind === 'generate')
      study.tellCandidates(next.action.id, [], { error: 'the client writes prompts' })
    else actions.push(actionAnswer(next.action))
  }
  return { actions, status: 'act' as const }
}

interface TellResult {
  readonly action: number
  readonly scores?: readonly unknown[] | undefined
  readonly summary?: { readonly mean: number; readonly standardError: number; readonly count: number } | undefined
}

/**
 * Tells the results of actions: of all of them, or of none where one is refused. A result that was told before with the same
 * values counts once: a client that did not get the answer repeats its request.
 *
 * @returns How many were new.
 * @throws ConflictError when an action has other results already.
 */
export function tellStudy(served: ServedStudy, results: readonly TellResult[]): number {
  checkAsker(served)
  const fresh = new Map<number, TellResult>()
  for (const result of results) {
    const { action, scores, summary } = result
    if ((scores === undefined) === (summary === undefined)) {
      throw new InvalidArgumentError(`the result of action ${action} needs scores or a summary, one of them`)
    }
    const isOpen = served.study.state.actions.has(action)
    if (!isOpen && toldBefore(served, action, scores, summary)) continue
    const other = fresh.get(action)
    if (other && JSON.stringify(other) !== JSON.stringify(result)) throw toldOtherwise(action)
    fresh.set(action, result)
  }
  type Given = Parameters<ServedStudy['study']['tellAll']>[0][number]
  served.study.tellAll(
    [...fresh.values()].map(
      ({ action, scores, summary }): Given => ({
        action,
        scores: summary ?? (scores as Exclude<Given['scores'], undefined>),
      }),
    ),
  )
  return fresh.size
}

/** Whether the log holds these very results of an action. */
function toldBefore(
  { log, study }: ServedStudy,
  action: number,
  scores: TellResult['scores'],
  summary: TellResult['summary'],
): boolean {
  if (action > study.state.lastAction) return false
  const stored = new Map<number, number | null>()
  // From the end: what is repeated was told lately.
  for (let i = log.length - 1; i >= 0; i--) {
    const event = log[i]!
    if (!('action' in event) || event.action !== action) continue
    if (event.type === 'asked') break
    if (event.type === 'summarised' && summary) {
      if (
        event.mean === summary.mean &&
        event.standardError === summary.standardError &&
        event.count === summary.count
      ) {
        return true
      }
      throw toldOtherwise(action)
    }
    if (event.type === 'told') stored.set(event.position, event.score ?? null)
  }
  if (stored.size === 0 || scores === undefined) return false
  const same = scores.every((score, position) => {
    const { score: value } = readMeasurement(score as Parameters<typeof readMeasurement>[0], 'score')
    return stored.has(position) && stored.get(position) === (value ?? null)
  })
  if (same && scores.length === stored.size) return true
  throw toldOtherwise(action)
}

function toldOtherwise(action: number): ConflictError {
  return new ConflictError(`action ${action} was told before, with other results`, {
    remedy: 'Ask for more evaluations if you measured it again.',
  })
}

interface Observation {
  readonly candidate: number
  readonly example?: number | undefined
  readonly score: number | null
  readonly count?: number | undefined
  readonly standardError?: number | undefined
}

/**
 * Tells results that were not asked for: all of them, or none where one is refused. The same score of the same cell told
 * again counts once.
 *
 * @returns How many were new.
 * @throws InvalidArgumentError where there is no such example; ConflictError when a cell has another score already.
 */
export function observeStudy(served: ServedStudy, observations: readonly Observation[]): number {
  const { state } = served.study
  const known = observedBefore(served, observations)
  const fresh = observations.filter((observation) => {
    const { candidate, example, score } = observation
    // A mean cannot be told from the same one sent again.
    if (example === undefined) return true
    checkExample(example, state.config.exampleCount)
    const cell = cellOf(observation)
    if (known.has(cell) ? known.get(cell) !== score : state.cells.has(candidate, example, 0)) {
      throw new ConflictError(`candidate ${candidate} has a result on example ${example}, or waits for one`, {
        remedy: 'Tell what was asked for with the id of its action.',
      })
    }
    if (known.has(cell)) return false
    known.set(cell, score)
    return true
  })
  for (const { candidate, example, score, count, standardError } of fresh) {
    served.study.observe({
      candidate,
      score,
      ...(example === undefined ? {} : { example }),
      ...(count === undefined ? {} : { count }),
      ...(standardError === undefined ? {} : { standardError }),
    })
  }
  return fresh.length
}

const cellOf = ({ candidate, example }: Pick<Observation, 'candidate' | 'example'>) => `${candidate}/${example}`

/** Scores of those of these cells that were observed before, in one pass through the log. */
function observedBefore({ study, log }: ServedStudy, observations: readonly Observation[]) {
  const { cells } = study.state
  const taken = observations.filter((each) => each.example !== undefined && cells.has(each.candidate, each.example, 0))
  const wanted = new Set(taken.map(cellOf))
  const scores = new Map<string, number | null>()
  if (wanted.size === 0) return scores
  for (const event of log) {
    if (event.type === 'observed' && wanted.has(cellOf(event))) scores.set(cellOf(event), event.score)
  }
  return scores
}

/** What was asked for and not told. */
export function pendingAnswer(served: ServedStudy) {
  const open = [...served.study.state.actions.values()]
  return { actions: open.flatMap((action) => (action.kind === 'evaluate' ? askedAnswer(served, action.asked) : [])) }
}

/**
 * Ends the search of a study: actions on held-out examples, or the verdict.
 *
 * @throws ConflictError where actions of the search are open, or nothing was scored.
 */
export function concludeAnswer(served: ServedStudy, options: ConcludeOptions) {
  checkAsker(served)
  const concluding = concludeStudy(served.study, options)
  if (concluding.kind === 'measure') return { actions: concluding.actions.map(actionAnswer), conclusion: null }
  const { verdict, reason, winner, baseline, holdout, comparison, combined, warnings } = concluding.conclusion
  const judged = ({ candidate, mean, interval }: JudgedCandidate, held: ScoreSummary | undefined) => ({
    candidate: candidateAnswer(served.study.state.candidates[candidate]!, candidate),
    mean,
    interval: pairOf(interval),
    holdout: held ? summaryAnswer(held) : null,
  })
  const { level, probabilityBest } = winner
  return {
    actions: [],
    conclusion: {
      verdict,
      reason,
      winner: { ...judged(winner, holdout?.winner), level, probabilityBest },
      baseline: baseline ? judged(baseline, holdout?.baseline) : null,
      difference: comparison ? summaryAnswer(comparison.difference) : null,
      combined: combined
        ? { mean: combined.mean, interval: pairOf(combined.interval), probabilityBetter: combined.probabilityBetter }
        : null,
      warnings: [...warnings],
    },
  }
}

const pairOf = ([low, high]: readonly [number, number]): [number, number] => [low, high]
const summaryAnswer = ({ mean, interval, count }: ScoreSummary) => ({ mean, interval: pairOf(interval), count })

/** What would be recommended now; null before anything was scored. */
export function bestAnswer({ study }: ServedStudy) {
  const recommendation = study.recommend()
  if (!recommendation) return { best: null }
  const { candidate, mean, interval, level, probabilityBest } = recommendation
  return {
    best: {
      candidate: candidateAnswer(study.state.candidates[candidate]!, candidate),
      mean,
      interval: pairOf(interval),
      level,
      probabilityBest,
    },
  }
}
