/**
 * The mean of scores on examples, and how far it may be off.
 *
 * @module
 */
import * as z from 'zod'
import { checkInput } from '../check-input.ts'
import { InvalidArgumentError } from '../errors.ts'
import { scoreExponent, timesPowerOfTwo } from '../history/score-unit.ts'
import { INTERVAL_QUANTILE as Z } from '../policy/policy.ts'

const scoresSchema = z.array(z.number())

export interface ScoreSummary {
  readonly mean: number
  readonly interval: readonly [number, number]
  /** Examples with a score; failed ones are missing. */
  readonly count: number
}

/**
 * Mean of scores with a 95% interval that stays honest when all scores agree. It has Agresti and Coull's two
 * pseudo-successes and two pseudo-failures for scores in [0, 1], and the same pull toward the middle of the range
 * otherwise.
 *
 * @throws InvalidArgumentError when there is none, or one is no finite number.
 * @example
 * summarizeScores([1, 1, 1, 1]).interval // ≈ [0.45, 1.00]: four right answers do not prove perfection
 */
export function summarizeScores(scores: readonly number[]): ScoreSummary {
  checkInput(scoresSchema, scores, 'scores')
  const n = scores.length
  if (n === 0) throw new InvalidArgumentError('scores is empty; expected at least one score')
  const exponent = exponentOf(scores)
  if (exponent !== 0) return summaryTimes(summarizeScores(reduced(scores, exponent)), exponent)
  const [low, high] = rangeOf(scores)
  const middle = (low + high) / 2
  const half = (high - low) / 2
  const total = scores.reduce((sum, score) => sum + score, 0)
  const weight = n + Z * Z
  const center = (total + Z * Z * middle) / weight
  // Pseudo-observations at both ends keep the variance from vanishing; with 0/1 scores this is Agresti–Coull exactly.
  const squares = scores.reduce((sum, score) => sum + (score - center) ** 2, 0)
  const variance = (squares + Z * Z * (half * half + (middle - center) ** 2)) / weight
  const margin = Z * Math.sqrt(variance / weight)
  return { mean: total / n, interval: [Math.max(low, center - margin), Math.min(high, center + margin)], count: n }
}

/**
 * The name before {@link summarizeScores}.
 *
 * @deprecated
 * @example
 * summarizeScores([1, 0]).mean // 0.5
 */
export const summariseScores = summarizeScores

/** Of a unit in which squares are numbers; 0 for all but huge and tiny scores. */
export function exponentOf(scores: readonly number[]): number {
  return scoreExponent(scores.reduce((most, score) => Math.max(most, Math.abs(score)), 0))
}

export function reduced(scores: readonly number[], exponent: number): number[] {
  return scores.map((score) => timesPowerOfTwo(score, -exponent))
}

export function summaryTimes({ mean, interval: [low, high], count }: ScoreSummary, exponent: number): ScoreSummary {
  const times = (x: number) => timesPowerOfTwo(x, exponent)
  return { mean: times(mean), interval: [times(low), times(high)], count }
}

export function rangeOf(scores: readonly number[]): [number, number] {
  let low = 0
  let high = 1
  for (const score of scores) {
    if (score < low) low = score
    if (score > high) high = score
  }
  return [low, high]
}
