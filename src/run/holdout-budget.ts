import { LARGEST_HOLDOUT_SHARE } from '../study/allowance.ts'

/** Of a small budget, set aside for comparing winner and baseline on examples the search never saw. */
const SMALL_SHARE = 0.2
/**
 * Evaluations of one prompt on all search examples. A budget that leaves the search as many sets {@link LARGEST_HOLDOUT_SHARE}
 * aside: from there on a verdict gains more than the search does.
 */
const ENOUGH = 5

/**
 * How many evaluations a run sets aside for its holdout: a fifth. It is up to three eighths of what goes beyond five
 * full evaluations for the search.
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
  return Math.floor(Math.max(SMALL_SHARE * total, Math.min(LARGEST_HOLDOUT_SHARE * total, spare)))
}

export interface HoldoutOptions {
  readonly total: number
  readonly searchExamples: number
  /** Examples held out. */
  readonly available: number
  /** Evaluations per example. */
  readonly finalists: number
  /** All the search could measure; `Infinity` where its pool grows. */
  readonly everything: number
}

/**
 * On how many examples winner and baseline are compared. As many as {@link holdoutBudget} pays, or more where the
 * search can measure everything without the rest.
 *
 * @example
 * const sizes = { searchExamples: 8, available: 6, finalists: 2, everything: 24 }
 * holdoutSize({ ...sizes, total: 36 }) // 6: the search cannot use more than 24
 * holdoutSize({ ...sizes, total: 20 }) // 2
 */
export function holdoutSize({ total, searchExamples, available, finalists, everything }: HoldoutOptions): number {
  const spare = everything === Number.POSITIVE_INFINITY ? 0 : total - everything
  return Math.min(available, Math.floor(Math.max(holdoutBudget(total, searchExamples), spare) / finalists))
}

/**
 * Evaluations from which on that many examples are compared.
 *
 * @example
 * neededForHoldout(5, { finalists: 2, everything: 24 }) // 34
 */
export function neededForHoldout(
  examples: number,
  { finalists, everything }: Pick<HoldoutOptions, 'finalists' | 'everything'>,
): number {
  return Math.min(Math.ceil((examples * finalists) / SMALL_SHARE), everything + examples * finalists)
}
