/**
 * From history, pool and budget to the next action.
 *
 * @module
 */
import '../node-version.ts'

export type { Comparison, PendingComparison, ResponseKind } from '../history/comparison.ts'
export { createComparisonPolicy } from './comparison.ts'
export { createGpPolicy } from './gp.ts'
export { type GrowingOptions, growingPool } from './growing-pool.ts'
export { createHyperbandPolicy } from './hyperband.ts'
export { createKrigePolicy } from './krige.ts'
export { lookingAgain } from './looking-again.ts'
export type {
  Action,
  CompareAction,
  Decision,
  Estimand,
  EvaluateAction,
  Fit,
  GenerateAction,
  Generation,
  PendingCell,
  Policy,
  PolicyContext,
  PolicyFactory,
  PolicyState,
  PriorHistory,
  ProposerInfo,
  Reason,
  Recommendation,
  SharedDeviations,
} from './policy.ts'
export type { PolicyEntry } from './policy-entry.ts'
export { createRandomPolicy } from './random.ts'
export { findPolicy, POLICIES, resolvePolicy } from './registry.ts'
export { createSobolPolicy } from './sobol.ts'
export { stableShuffle } from './stable-shuffle.ts'
export { createSuccessiveHalvingPolicy } from './successive-halving.ts'
export { createTpePolicy } from './tpe.ts'
export {
  createVectorSearch,
  type VectorRecommendation,
  type VectorSearch,
  type VectorSearchOptions,
} from './vector-search/vector-search.ts'
