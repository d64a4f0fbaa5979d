/**
 * What the search and its proposers may still spend: within the limits, beside what is pending and the holdout's share.
 *
 * @module
 */
import { type Budget, NO_COST, type Spending } from './ledger.ts'
import type { StudyState } from './state.ts'

/** Of all that a budget pays for, what is set aside for the holdout at most. */
export const LARGEST_HOLDOUT_SHARE = 0.375

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
  return Math.max(0, state.ledger.left().calls - promisedCalls(state) - holdoutCalls(state))
}

/**
 * Calls that an evaluation takes: as planned, or as many as evaluations took so far where that is more. A module of the
 * user's may make any number, and some calls are sent again.
 */
function callsEach({ config, ledger, pendingCount }: StudyState): number {
  // Those that are pending count, too: some of their calls are among the settled ones.
  const evaluations = ledger.spent.evaluations + pendingCount
  return evaluations === 0
    ? config.callsPerEvaluation
    : Math.max(config.callsPerEvaluation, ledger.cellCalls / evaluations)
}

/** Calls set aside for the holdout: as planned; for evaluations that take more, up to its largest share. */
function holdoutCalls(state: StudyState): number {
  const { config, ledger, holdoutReserve } = state
  const wanted = holdoutReserve * callsEach(state)
  const most = LARGEST_HOLDOUT_SHARE * (ledger.limits.calls ?? Number.POSITIVE_INFINITY)
  return Math.max(holdoutReserve * config.callsPerEvaluation, Math.min(wanted, most))
}

/** Calls that pending cells still have to make. Cells that wait have not drawn all theirs yet; those in flight have. */
function promisedCalls(state: StudyState): number {
  const { ledger, pendingCount } = state
  let open = 0
  for (const { for: purpose } of ledger.openCalls().values()) if (purpose?.role !== 'proposer') open++
  return Math.max(0, pendingCount * callsEach(state) - open)
}

/** Search evaluations that can still be asked for: within the limits, beside what is pending and the holdout's share. */
export function evaluationsLeft(state: StudyState): number {
  const { ledger, holdoutReserve } = state
  const left = ledger.left()
  const calls = Math.floor((left.calls - promisedCalls(state) - holdoutCalls(state)) / callsEach(state))
  return Math.max(0, Math.min(left.evaluations - holdoutReserve, calls, payable(state)))
}

const TOKENS_AND_MONEY = {
  inputTokens: ['inputTokens'],
  outputTokens: ['outputTokens'],
  tokens: ['inputTokens', 'outputTokens'],
  usd: ['usd'],
} as const satisfies Partial<Record<keyof Budget, readonly (keyof Spending)[]>>

/** Sums of prices are not exact in binary: 0.3 pays for three at 0.1. */
const TOLERANCE = 1e-9

/**
 * Search evaluations that tokens and money pay for at what one took so far, beside what is pending and the holdout's
 * share; unlimited before the first is known.
 */
function payable({ ledger, holdoutReserve }: StudyState): number {
  const { limits, spent, reserved, byRole } = ledger
  if (spent.evaluations === 0) return Number.POSITIVE_INFINITY
  const proposing = byRole.get('proposer') ?? NO_COST
  const counts = (Object.keys(TOKENS_AND_MONEY) as (keyof typeof TOKENS_AND_MONEY)[]).map((key) => {
    const sum = (costs: typeof NO_COST) => TOKENS_AND_MONEY[key].reduce((total, cost) => total + costs[cost], 0)
    const limit = limits[key] ?? Number.POSITIVE_INFINITY
    const each = (sum(spent) - sum(proposing)) / spent.evaluations
    if (limit === Number.POSITIVE_INFINITY || each <= 0) return Number.POSITIVE_INFINITY
    // Where the share was set nothing was known of what an evaluation takes.
    const share = Math.min(holdoutReserve, Math.floor((LARGEST_HOLDOUT_SHARE * limit) / each))
    return Math.floor((limit - sum(spent)) / each + TOLERANCE) - reserved.evaluations - share
  })
  return Math.min(...counts)
}
