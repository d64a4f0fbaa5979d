import { sampleCorrelation } from 'simple-statistics'

/**
 * Spearman's rank correlation; equals share their mean rank.
 *
 * @returns null where there are fewer than three pairs, or one side is constant.
 * @example
 * rankCorrelation([1, 2, 3], [10, 20, 15]) // 0.5
 */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number | null {
  if (a.length < 3) return null
  const value = sampleCorrelation(ranksOf(a), ranksOf(b))
  // Rounding may take a perfect agreement past 1.
  return Number.isFinite(value) ? Math.max(-1, Math.min(1, value)) : null
}

function ranksOf(values: readonly number[]): number[] {
  const order = values.map((_, index) => index).sort((a, b) => values[a]! - values[b]!)
  const ranks = new Array<number>(values.length)
  for (let start = 0; start < order.length; ) {
    let end = start + 1
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++
    for (let k = start; k < end; k++) ranks[order[k]!] = (start + end - 1) / 2
    start = end
  }
  return ranks
}
