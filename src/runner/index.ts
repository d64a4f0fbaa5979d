/**
 * The loop that joins task, embedding, evaluation, store and policy.
 *
 * @module
 */
export type { CellEvaluator, CellRequest, Reserve } from './cell.ts'
export { createJournal, type Journal } from './journal.ts'
export { type Cost, HOLDOUT_SHARE, makePlan, type Plan } from './plan.ts'
export { createPriceList, PRICES_AS_OF, type Price, type PriceOf } from './prices.ts'
export { type ResultCandidate, type RunResult, resultOf } from './result.ts'
export { type Prior, priorFromStudy, type RunTaskOptions, runTask } from './run-task.ts'
export { runSearch, type SearchOptions, type SearchProgress } from './search.ts'
