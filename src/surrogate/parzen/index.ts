/**
 * Parzen estimators: the densities behind TPE.
 *
 * @module
 */
export { type AgeWeights, equalWeights, type GoodCount, rampWeights, rootGood, tenthGood } from './age-weights.ts'
export { createDensityRatio, type DensityRatio, type DensityRatioOptions } from './density-ratio.ts'
export {
  type CategoricalDimension,
  fromCoordinate,
  type NumericDimension,
  type ParzenDimension,
  parzenDimension,
  toCoordinate,
} from './parzen-dimension.ts'
export {
  createParzenEstimator,
  type ParzenComponents,
  type ParzenEstimator,
  type ParzenOptions,
} from './parzen-estimator.ts'
export type { QuickDensities } from './quick-densities.ts'
