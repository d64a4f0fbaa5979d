/**
 * The loop that joins task, embedding, evaluation, store and policy.
 *
 * @module
 */
import '../node-version.ts'

export type { CellEvaluator, CellRequest, Reserve } from '../engine/cell.ts'
export type {
  GenerateCandidates,
  GenerationOutcome,
  GenerationRequest,
  GenerationReservation,
} from '../engine/generation.ts'
export { createJournal, type Journal } from '../engine/journal.ts'
export { runSearch, type SearchOptions, type SearchProgress } from '../engine/search.ts'
export { type FunctionModelOptions, functionModel } from '../evaluation/models/function-model.ts'
export type { GenerateRequest, Generation, TextModel } from '../evaluation/text-model.ts'
export { openThreadedBackend, type ThreadedBackendOptions } from '../threads/open-threaded-backend.ts'
export { type EarlierStudy, readEarlierStudy } from './earlier-study.ts'
export { holdoutBudget } from './holdout-budget.ts'
export { type OpenEvaluatorOptions, openEvaluator } from './open-task-evaluator.ts'
export { type Cost, makePlan, type Plan } from './plan.ts'
export { createPriceList, PRICES_AS_OF, type Price, type PriceOf } from './prices.ts'
export {
  createGenerating,
  type Generating,
  type GenerationContext,
  openProposer,
  type ProposingOptions,
} from './proposing.ts'
export { type ResultCandidate, type RunResult, resultOf } from './result.ts'
export { type RunTaskOptions, runTask } from './run-task.ts'
