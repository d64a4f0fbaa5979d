/**
 * Ranks of methods over blocks, whether they differ at all (Friedman), and by how much they must (Nemenyi).
 *
 * Demšar (2006), "Statistical Comparisons of Classifiers over Multiple Data Sets", JMLR 7.
 *
 * @module
 */
import { mean } from 'simple-statistics'
import { regularizedIncompleteBeta } from '../../numerics/special/index.ts'
import { normalRangeQuantile } from './studentized-range.ts'

/** Ranks of some values, 1 = smallest; equals share the mean of their ranks. */
export function ranksOf(values: readonly number[]): number[] {
  const order = values.map((value, index) => ({ value, index })).sort((a, b) => a.value - b.value)
  const ranks = new Array<number>(values.length)
  for (let start = 0; start < order.length; ) {
    let end = start
    while (end + 1 < order.length && order[end + 1]!.value === order[start]!.value) end++
    for (let at = start; at <= end; at++) ranks[order[at]!.index] = (start + end) / 2 + 1
    start = end + 1
  }
  return ranks
}

export interface RankComparison {
  /** By method. */
  readonly meanRanks: readonly number[]
  readonly blocks: number
  /** p-value of "all methods are alike" (Iman & Davenport's F); 1 with fewer than two blocks or methods. */
  readonly pValue: number
  /** Mean ranks that differ by less than this are not told apart at 5%; undefined with fewer than two of anything. */
  readonly criticalDifference?: number
}

/**
 * @param blocks One array a block (a task), with every method's error in it; smaller is better.
 * @example
 * compareRanks([[0.1, 0.2, 0.3], [0.1, 0.3, 0.2]]).meanRanks // [1, 2.5, 2.5]
 */
export function compareRanks(blocks: readonly (readonly number[])[]): RankComparison {
  const n = blocks.length
  const k = blocks[0]?.length ?? 0
  const ranks = blocks.map(ranksOf)
  const meanRanks = Array.from({ length: k }, (_, method) => mean(ranks.map((row) => row[method]!)))
  if (n < 2 || k < 2) return { meanRanks, blocks: n, pValue: 1 }
  // With ties: χ² = (k−1) Σ_j (R_j − n(k+1)/2)² / (Σ r² − nk(k+1)²/4), Conover (1999).
  const center = (n * (k + 1)) / 2
  const between = meanRanks.reduce((sum, rank) => sum + (n * rank - center) ** 2, 0)
  const within = ranks.flat().reduce((sum, rank) => sum + rank * rank, 0) - (n * k * (k + 1) ** 2) / 4
  const chiSquared = within > 0 ? ((k - 1) * between) / within : 0
  const room = n * (k - 1) - chiSquared
  const first = k - 1
  const second = (k - 1) * (n - 1)
  const f = room > 1e-12 ? ((n - 1) * chiSquared) / room : Number.POSITIVE_INFINITY
  const pValue = Number.isFinite(f)
    ? regularizedIncompleteBeta(second / (second + first * f), second / 2, first / 2)
    : 0
  return {
    meanRanks,
    blocks: n,
    pValue,
    criticalDifference: (normalRangeQuantile(0.95, k) / Math.SQRT2) * Math.sqrt((k * (k + 1)) / (6 * n)),
  }
}
