/**
 * What the search and its proposers may still spend: within the limits, beside what is pending and the holdout's share.
 *
 * @module
 */
import type { Budget } from './ledger.ts'
import type { StudyState } from './state.ts'

/**
 * What the search may spend in evaluations of a given budget, the holdout aside: what a policy plans with. It does not
 * depend on how far the study is, so that a resumed policy plans the same.
 */
export function searchBudget(state: StudyState, limits: Budget): number {
  const { callsPerEvaluation } = state.config
  const calls = Math.floor((limits.calls ?? Number.POSITIVE_INFINITY) / callsPerEvaluation)
  return Math.max(0, Math.min(limits.evaluations ?? Number.POSITIVE_INFINITY, calls) - state.holdoutShare)
}

/** Calls that nothing waits for: within the limit, beside what pending cells need and the holdout's share. */
export function callsLeft(state: StudyState): number {
  const { config, ledger, holdoutReserve } = state
  return Math.max(0, ledger.left().calls - promisedCalls(state) - holdoutReserve * config.callsPerEvaluation)
}

/** Calls that pending cells still have to make. Cells that wait have not drawn all theirs yet; those in flight have. */
function promisedCalls({ config, ledger, pendingCount }: StudyState): number {
  let open = 0
  for (const { for: purpose } of ledger.openCalls().values()) if (purpose?.role !== 'proposer') open++
  return Math.max(0, pendingCount * config.callsPerEvaluation - open)
}

/** Search evaluations that can still be asked for: within the limits, beside what is pending and the holdout's share. */
export function evaluationsLeft(state: StudyState): number {
  const { config, ledger, holdoutReserve } = state
  const left = ledger.left()
  const calls = Math.floor((left.calls - promisedCalls(state)) / config.callsPerEvaluation)
  return Math.max(0, Math.min(left.evaluations, calls) - holdoutReserve)
}
