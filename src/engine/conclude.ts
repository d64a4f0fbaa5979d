import { constraintText } from '../history/constraint.ts'
import { NO_CALL_LEFT } from '../history/failure.ts'
import type { ObservationHistory } from '../history/observation-log.ts'
import type { Recommendation } from '../policy/policy.ts'
import { differenceOf } from '../policy/recommendation/ranking-statistics.ts'
import { createFeasibility, FEASIBLE } from '../study/feasibility.ts'
import { type ScoreSummary, summarizeScores } from '../study/score-summary.ts'
import type { StudyState } from '../study/state.ts'
import type { Study } from '../study/study.ts'
import {
  type Conclusion,
  combineEvidence,
  comparePaired,
  type JudgedCandidate,
  judge,
  posteriorInterval,
} from '../study/verdict.ts'
import { sayNoneRight, sayWhyNot } from './keep-baseline.ts'

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

/** From what was measured to the verdict. */
export function concludeSearch(
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
  const whyNot = sayWhyNot(study.state, winner, baseline, verdict)
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
    warnings: [
      ...whyNot,
      ...sayNoneRight(study.state),
      ...warnings,
      ...notes,
      ...failureWarnings(study),
      ...generationWarnings(study, whyNot),
    ],
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
    const why =
      metric === 'latency'
        ? 'Answers that were paid for before have none: run it with --no-cache.'
        : 'A metric or program must return it in metrics.'
    notes.push(`Nothing measured ${metric}: its constraint was not used. ${why}`)
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

/** Prompts that were asked for and did not come, where that is not said already. */
function generationWarnings({ state: { generations } }: Study, said: readonly string[]): string[] {
  const errors = generations.flatMap(({ error }) => (error === undefined || error === NO_CALL_LEFT ? [] : [error]))
  const last = errors.at(-1)
  if (last === undefined || said.some((warning) => warning.includes(last))) return []
  return [`${errors.length} of ${generations.length} requests for prompts failed, the last with: ${last}`]
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
    ([candidate, { count, latest }]) =>
      // A program that the end of the budget cut short says nothing of its prompts.
      !latest.endsWith(NO_CALL_LEFT) && count >= 3 && count > UNRELIABLE_SHARE * (measured.get(candidate) ?? count),
  )
  if (unreliable.length === 0) {
    const all = [...state.failures.values()]
    const count = all.reduce((sum, failed) => sum + failed.count, 0)
    if (count === 0) return []
    const failed = count === 1 ? 'One evaluation failed and counts' : `${count} evaluations failed and count`
    return [`${failed} as missing, the last with: ${all.at(-1)!.latest}`]
  }
  const [candidate, { latest }] = unreliable[0]!
  return [
    `${unreliable.length} of ${state.candidates.length} prompts failed on more than ${100 * UNRELIABLE_SHARE}% of their calls: unreliable, not bad; failed calls count as missing. For instance ${state.candidates[candidate]!.id}: ${latest}`,
  ]
}
