/**
 * All candidates of a study, best first, with what was measured of each.
 *
 * @module
 */
import type { Candidate } from '../prompt/candidate.ts'
import { summarizeScores } from '../study/score-summary.ts'
import type { StudyState } from '../study/state.ts'
import { posteriorInterval } from '../study/verdict.ts'

/** What was measured of one candidate. */
interface Tally {
  /** Position in the pool. */
  readonly index: number
  readonly candidate: Candidate
  measured: number
  failed: number
  sum: number
  /** Of single cells, in the user's direction. */
  readonly scores: number[]
  /** Σ (count · standard error)² of what was told as a summary. */
  variance: number
}

/** A candidate with its estimate: the posterior where there is one, else the plain mean; NaN where nothing is known. */
export interface RankedCandidate extends Readonly<Tally> {
  readonly mean: number
  readonly interval: readonly [number, number]
}

/** All candidates, best first: by posterior where there is one, else by plain mean. */
export function rankCandidates(state: StudyState): RankedCandidate[] {
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
    const value = observations.score(at)
    // What a prompt shows is missing from the start: it was neither measured nor did it fail.
    if (Number.isNaN(value) && tally.candidate.shows?.includes(observations.example(at))) continue
    tally.measured += cells
    if (Number.isNaN(value)) tally.failed += cells
    else {
      tally.sum += cells * state.turned(value)
      const error = observations.standardError(at)
      if (Number.isFinite(error)) tally.variance += (cells * error) ** 2
      else tally.scores.push(state.turned(value))
    }
  }
  for (const { candidates, outcome } of state.comparisons) {
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
  const rows = tallies.map((tally): RankedCandidate => {
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
  return scores.length === 0 ? [Number.NaN, Number.NaN] : summarizeScores(scores).interval
}
