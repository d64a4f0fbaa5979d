/**
 * What trying a point is worth, by a posterior, and where that is largest.
 *
 * @module
 */
import '../node-version.ts'

export {
  type Acquisition,
  type AnalyticAcquisition,
  type AnalyticValue,
  acquisitionOnPool,
  acquisitionOver,
  acquisitionValues,
  type DifferentiableAcquisition,
  indexOfLargest,
} from './acquisition.ts'
export { batchByConditioning, batchBySampling } from './batch.ts'
export { costWeighted, type ValueScale } from './cost-weighted.ts'
export { constrained, logFeasibility, type OutcomeConstraint } from './feasibility.ts'
export { expectedMaximumGain, knowledgeGradient } from './knowledge-gradient.ts'
export { logExpectedImprovement, logImprovement } from './log-expected-improvement.ts'
export { noisyLogExpectedImprovement } from './noisy-log-expected-improvement.ts'
export { optimizeAcquisition, type SearchBox, type SearchOptions, type SearchResult } from './optimize-acquisition.ts'
export { logProbabilityOfImprovement } from './probability-of-improvement.ts'
export { thompson, topTwoThompson } from './thompson.ts'
export { confidenceSchedule, upperConfidenceBound } from './upper-confidence-bound.ts'
