import { evaluationsLeft } from '../study/allowance.ts'
import type { StudyState } from '../study/state.ts'
import type { Study } from '../study/study.ts'

/**
 * Gives the search what the holdout need not measure again. After a raised budget a share is kept for a winner that was
 * never compared. Where the winner is the earlier one, most of its share was spent before.
 *
 * @param winner,baseline Indices of candidates; where they are the same, the share of another winner is kept.
 * @param examples On how many they are to be compared.
 * @returns whether the search may go on.
 * @example
 * releaseSurplus(study, 2, 0, 5) // false: nothing was measured before
 */
export function releaseSurplus(
  study: Pick<Study, 'state' | 'setBudget'>,
  winner: number,
  baseline: number | undefined,
  examples: number,
): boolean {
  const { state } = study
  if (evaluationsLeft(state) > 0) return false
  const missing =
    missingOnHoldout(state, [winner, baseline], examples) +
    (winner === baseline && state.config.response !== 'comparison' ? examples : 0)
  if (missing >= state.holdoutReserve) return false
  study.setBudget(state.ledger.limits, state.holdoutShare - state.holdoutReserve + missing)
  return evaluationsLeft(state) > 0
}

/**
 * Evaluations that judging winner against baseline still takes: cells not asked for yet, or comparisons. A candidate is not
 * compared with itself: then it is all comparisons there could be.
 *
 * @example
 * missingOnHoldout(study.state, [2, 0], 0) // 0: on no examples
 */
export function missingOnHoldout(
  state: StudyState,
  [winner, baseline]: readonly [number, number | undefined],
  examples: number,
): number {
  const count = (isMeasured: (example: number) => boolean) =>
    Array.from({ length: examples }, (_, example) => isMeasured(example)).filter((measured) => !measured).length
  if (state.config.response === 'comparison') {
    if (baseline === undefined || baseline === winner) return examples
    return count((example) => state.hasComparison('holdout', winner, baseline, example))
  }
  const finalists = new Set(baseline === undefined ? [winner] : [winner, baseline])
  return [...finalists].reduce(
    (sum, candidate) => sum + count((example) => state.holdoutCells.has(candidate, example, 0)),
    0,
  )
}
