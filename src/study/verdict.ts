/**
 * Is the winner really better than the baseline prompt? Decided by examples the search never saw, pairwise, together with
 * the posterior of the search, each by its precision.
 *
 * @module
 */
import * as z from 'zod'
import { checkInput } from '../check-input.ts'
import { InvalidArgumentError } from '../errors.ts'
import { timesPowerOfTwo } from '../history/score-unit.ts'
import { normalCdf } from '../numerics/special/normal.ts'
import { normalQuantile } from '../numerics/special/normal-quantile.ts'
import { INTERVAL_LEVEL, INTERVAL_QUANTILE as Z } from '../policy/policy.ts'
import type { Feasibility } from './feasibility.ts'
import { exponentOf, rangeOf, reduced, type ScoreSummary, summarizeScores, summaryTimes } from './score-summary.ts'

const pairedSchema = z.array(z.number().nullable())

export type Verdict = 'improved' | 'no improvement' | 'undecided'

/** Differences smaller than this are not worth changing a prompt for. */
export const DEFAULT_RELEVANT_DIFFERENCE = 0.05

export interface PairedComparison {
  readonly winner: ScoreSummary
  readonly baseline: ScoreSummary
  /** Winner − baseline over the examples both have a score on; positive is better whatever the direction. */
  readonly difference: ScoreSummary
  /** Posterior probability that the winner is better on examples like these. */
  readonly probabilityBetter: number
  /** Normal approximation behind the interval: pulled toward 0 by the pseudo-pairs. */
  readonly estimate: Estimate
}

export interface Estimate {
  readonly mean: number
  readonly standardDeviation: number
}

/** Winner − baseline by all that was measured; positive is better whatever the direction. */
export interface CombinedDifference extends Estimate {
  readonly interval: readonly [number, number]
  readonly probabilityBetter: number
  /** By the search alone. */
  readonly search: Estimate
}

/** A candidate as the search saw it: posterior mean and interval in the user's direction. */
export interface JudgedCandidate {
  readonly candidate: number
  readonly mean: number
  readonly interval: readonly [number, number]
}

/** What a search ended with; part of the log, so that a report needs neither policy nor model. */
export interface Conclusion {
  /** Why the search ended. */
  readonly reason: string
  readonly verdict: Verdict
  readonly winner: JudgedCandidate & { readonly probabilityBest: number; readonly level: number }
  readonly baseline?: JudgedCandidate
  /** Posterior of every candidate in the pool, in the user's direction. */
  readonly means: readonly number[]
  readonly standardDeviations: readonly number[]
  /** Scores on the holdout, when there was one. */
  readonly holdout?: { readonly winner: ScoreSummary; readonly baseline?: ScoreSummary }
  readonly comparison?: PairedComparison
  /** Search and holdout together, where the policy's beliefs allow for selection; what the verdict rests on then. */
  readonly combined?: CombinedDifference
  /** With constraints: how likely winner and baseline keep them, by all they were measured on. */
  readonly feasibility?: { readonly winner: Feasibility; readonly baseline?: Feasibility }
  readonly warnings: readonly string[]
}

/**
 * Interval of a candidate that was not selected, from its posterior; within [0, 1] where all scores of the pool are.
 *
 * @param pool Posterior means of all candidates, which tell the range of the scores.
 * @param level Probability that the score lies within.
 * @example
 * posteriorInterval(0.95, 0.05, [0.2, 0.95]) // ≈ [0.85, 1.00]
 */
export function posteriorInterval(
  mean: number,
  standardDeviation: number,
  pool: readonly number[],
  level: number = INTERVAL_LEVEL,
): [number, number] {
  const margin = normalQuantile(0.5 + level / 2) * standardDeviation
  const [lowest, highest] = rangeOfScores(pool)
  return [Math.max(lowest, mean - margin), Math.min(highest, mean + margin)]
}

/** What scores may be, as the posterior means of a pool tell: shares where all of them are. */
export function rangeOfScores(pool: ArrayLike<number>): readonly [number, number] {
  const shares = Array.from(pool).every((mean) => mean >= 0 && mean <= 1)
  return shares ? [0, 1] : [-Number.MAX_VALUE, Number.MAX_VALUE]
}

/**
 * What is known of a candidate by search and holdout together, each by its precision; by one of them where that is all.
 *
 * @example
 * // Hardly measured by the search, at length on the holdout: the holdout decides.
 * const judged = { candidate: 0, mean: 0.55, interval: [0.19, 0.91] as const }
 * knownScore(judged, { mean: 0.125, interval: [0.04, 0.28], count: 40 }) // ≈ 0.13
 */
export function knownScore(judged: JudgedCandidate, holdout: ScoreSummary | undefined): number {
  if (!holdout) return judged.mean
  const deviation = ([low, high]: readonly [number, number]) => (high - low) / 2 / Z
  return combineEvidence(
    { mean: holdout.mean, standardDeviation: deviation(holdout.interval) },
    { mean: judged.mean, standardDeviation: deviation(judged.interval) },
  ).mean
}

/**
 * Paired comparison of two candidates on the same examples, with the adjusted Wald interval of Agresti and Min, "Simple
 * improved confidence intervals for comparing matched proportions" (2005). It adds half a pseudo-pair in every cell of
 * the 2×2 table. It keeps its coverage with few or no discordant pairs, where the plain interval has length 0.
 *
 * @param winner,baseline Scores on the same examples, aligned; null where the call failed. Higher is better.
 * @returns `undefined` when no example has both scores.
 * @example
 * comparePaired([1, 1, 1, 0], [0, 1, 0, 0])?.difference.mean // 0.5
 */
export function comparePaired(
  winner: readonly (number | null)[],
  baseline: readonly (number | null)[],
): PairedComparison | undefined {
  checkInput(pairedSchema, winner, 'winner')
  checkInput(pairedSchema, baseline, 'baseline')
  if (winner.length !== baseline.length) {
    throw new InvalidArgumentError(
      `winner has ${winner.length} scores and baseline ${baseline.length}; expected the same examples for both`,
    )
  }
  const first: number[] = []
  const second: number[] = []
  for (let index = 0; index < winner.length; index++) {
    const a = winner[index] ?? null
    const b = baseline[index] ?? null
    if (a === null || b === null) continue
    first.push(a)
    second.push(b)
  }
  if (first.length === 0) return undefined
  const exponent = exponentOf([...first, ...second])
  if (exponent !== 0) {
    const { winner, baseline, difference, estimate, probabilityBetter } = comparePaired(
      reduced(first, exponent),
      reduced(second, exponent),
    )!
    return {
      winner: summaryTimes(winner, exponent),
      baseline: summaryTimes(baseline, exponent),
      difference: summaryTimes(difference, exponent),
      probabilityBetter,
      estimate: estimateTimes(estimate, exponent),
    }
  }
  const [low, high] = rangeOf([...first, ...second])
  const span = high - low
  const differences = first.map((score, index) => score - second[index]!)
  const total = differences.reduce((sum, difference) => sum + difference, 0)
  const squares = differences.reduce((sum, difference) => sum + difference * difference, 0)
  const weight = differences.length + 2
  const center = total / weight
  const error = Math.sqrt(Math.max(0, (squares + span * span) / weight - center * center) / weight)
  return {
    winner: summarizeScores(first),
    baseline: summarizeScores(second),
    difference: {
      mean: total / differences.length,
      interval: [Math.max(-span, center - Z * error), Math.min(span, center + Z * error)],
      count: differences.length,
    },
    probabilityBetter: error === 0 ? 0.5 : normalCdf(center / error),
    estimate: { mean: center, standardDeviation: error },
  }
}

/**
 * The difference by all evidence: the search's posterior and the holdout's comparison saw different examples, so they
 * are averaged by their precision. Where they disagree by more than both say they may err, the search is wrong, by
 * selection or by its model. Its variance is raised until they agree (the variance between studies of DerSimonian &
 * Laird, "Meta-analysis in clinical trials", 1986, laid on one of two).
 *
 * @param search Posterior of the search of winner − baseline, on examples like these.
 * @example
 * combineEvidence({ mean: 0.06, standardDeviation: 0.04 }, { mean: 0.08, standardDeviation: 0.04 }).mean // ≈ 0.07
 */
export function combineEvidence(holdout: Estimate, search: Estimate): CombinedDifference {
  const exponent = exponentOf([holdout.mean, holdout.standardDeviation, search.mean, search.standardDeviation])
  if (exponent !== 0) {
    const combined = combineEvidence(estimateTimes(holdout, -exponent), estimateTimes(search, -exponent))
    const [low, high] = combined.interval
    return {
      ...estimateTimes(combined, exponent),
      interval: [timesPowerOfTwo(low, exponent), timesPowerOfTwo(high, exponent)],
      probabilityBetter: combined.probabilityBetter,
      search,
    }
  }
  const disagreement = (search.mean - holdout.mean) ** 2 - holdout.standardDeviation ** 2
  const a = 1 / Math.max(holdout.standardDeviation ** 2, 1e-18)
  const b = 1 / Math.max(search.standardDeviation ** 2, disagreement, 1e-18)
  const mean = (a * holdout.mean + b * search.mean) / (a + b)
  const standardDeviation = 1 / Math.sqrt(a + b)
  return {
    mean,
    standardDeviation,
    interval: [mean - Z * standardDeviation, mean + Z * standardDeviation],
    probabilityBetter: normalCdf(mean / standardDeviation),
    search,
  }
}

/**
 * `improved` when the interval of the difference lies above 0. `no improvement` when it lies below the smallest
 * difference worth having, or the winner is the baseline. Otherwise the data cannot tell: `undecided`.
 *
 * @example
 * judge(comparePaired([1, 1, 1, 0], [0, 1, 0, 0])) // 'undecided': four examples say little
 */
export function judge(
  comparison: PairedComparison | undefined,
  options: {
    readonly winnerIsBaseline?: boolean
    readonly relevantDifference?: number
    /** Everything known, instead of the holdout alone. */
    readonly combined?: CombinedDifference | undefined
  } = {},
): Verdict {
  if (options.winnerIsBaseline) return 'no improvement'
  if (comparison === undefined) return 'undecided'
  const [low, high] = (options.combined ?? comparison.difference).interval
  if (low > 0) return 'improved'
  return high < (options.relevantDifference ?? DEFAULT_RELEVANT_DIFFERENCE) ? 'no improvement' : 'undecided'
}

function estimateTimes({ mean, standardDeviation }: Estimate, exponent: number): Estimate {
  return { mean: timesPowerOfTwo(mean, exponent), standardDeviation: timesPowerOfTwo(standardDeviation, exponent) }
}
