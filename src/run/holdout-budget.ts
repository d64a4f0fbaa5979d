/** Of a small budget, set aside for comparing winner and baseline on examples the search never saw. */
const SMALL_SHARE = 0.2
/** Of a budget that leaves the search {@link ENOUGH} all the same: from there on a verdict gains more than the search does. */
const LARGE_SHARE = 0.375
/** Evaluations of one prompt on all search examples. */
const ENOUGH = 5

/**
 * How many evaluations a run sets aside for its holdout: a fifth; up to three eighths of what goes beyond five full
 * evaluations for the search.
 *
 * @param total Evaluations in all; may be `Infinity`.
 * @param searchExamples Examples the search measures prompts on.
 * @example
 * holdoutBudget(300, 60) // 60: a fifth
 * holdoutBudget(1200, 60) // 450: three eighths, and the search keeps twelve full evaluations
 */
export function holdoutBudget(total: number, searchExamples: number): number {
  if (total === Number.POSITIVE_INFINITY) return total
  const spare = total - ENOUGH * searchExamples
  return Math.floor(Math.max(SMALL_SHARE * total, Math.min(LARGE_SHARE * total, spare)))
}
