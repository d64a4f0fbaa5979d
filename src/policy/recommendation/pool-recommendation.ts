/**
 * A recommendation without a model: a Beta posterior for every candidate, independently.
 *
 * Notation: s summed scores in [0, 1] of n examples, Beta(1 + s, 1 + n − s); with the `set` estimand the variance shrinks
 * by the finite-population factor (1 − n/E), since what was measured is known exactly. Scores outside [0, 1] get a normal
 * posterior from their pooled standard deviation.
 *
 * @module
 */
import { createRandom } from '../../numerics/random/random.ts'
import type { CellScores } from '../cell-scores.ts'
import { type Estimand, INTERVAL_LEVEL, INTERVAL_QUANTILE, type Recommendation } from '../policy.ts'
import { rankingStatistics } from './ranking-statistics.ts'

export interface IndependentContext {
  readonly exampleCount: number
  readonly estimand: Estimand
  readonly seed: number
}

/** @param ranking Candidates, best first. */
export function recommendIndependently(
  poolSize: number,
  cells: CellScores,
  ranking: readonly number[],
  context: IndependentContext,
): Recommendation | undefined {
  const { exampleCount, estimand, seed } = context
  const totals = Array.from({ length: poolSize }, (_, i) => cells.scores(i).filter((score) => Number.isFinite(score)))
  const all = totals.flat()
  if (all.length === 0) return undefined
  const bounded = all.every((score) => score >= 0 && score <= 1)
  const low = bounded ? 0 : all.reduce((a, b) => Math.min(a, b))
  const span = bounded ? 1 : all.reduce((a, b) => Math.max(a, b)) - low || 1
  const means = new Float64Array(poolSize)
  const standardDeviations = new Float64Array(poolSize)
  totals.forEach((scores, i) => {
    const n = scores.length
    const sum = scores.reduce((total, score) => total + (score - low) / span, 0)
    const p = (1 + sum) / (2 + n)
    const unseen = estimand === 'set' ? Math.max(0, 1 - n / exampleCount) : 1
    const mean = estimand === 'set' && n > 0 ? ((1 - unseen) * sum) / n + unseen * p : p
    means[i] = low + span * mean
    standardDeviations[i] = span * Math.sqrt(((p * (1 - p)) / (3 + n)) * unseen)
  })
  const measured = ranking.filter((i) => totals[i]!.length > 0)
  const candidate = measured[0]!
  // A prompt measured alone has beaten no other: the others then count with their posterior.
  const contenders = measured.length > 1 ? measured : [candidate, ...[...totals.keys()].filter((i) => i !== candidate)]
  const margin = INTERVAL_QUANTILE * standardDeviations[candidate]!
  return {
    candidate,
    mean: means[candidate]!,
    interval: [Math.max(low, means[candidate]! - margin), Math.min(low + span, means[candidate]! + margin)],
    level: INTERVAL_LEVEL,
    ...rankingStatistics(contenders, { means, standardDeviations, span }, createRandom(seed)),
    means,
    standardDeviations,
  }
}
