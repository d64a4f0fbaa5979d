/**
 * Kernels, Gaussian processes and their relatives: fitted to observations, they return a posterior.
 *
 * @example
 * import { createBackend, gaussianProcess, matern52, points } from 'krige/surrogate'
 * const data = { points: points([[0], [0.5], [1]]), targets: Float64Array.of(0, 1, 0) }
 * const model = { kernel: matern52({ lengthScale: 0.3 }), observationNoise: 1e-6, mean: 'zero' as const }
 * gaussianProcess(model, data, createBackend()).posterior(points([[0.25]])).mean.length // 1
 *
 * @module
 */
import '../node-version.ts'

export type { Backend, KernelFamily } from '../numerics/linalg/backend.ts'
export { createBackend } from '../numerics/linalg/create-backend.ts'
export {
  type BinomialModel,
  type BinomialProcess,
  binomialLikelihood,
  binomialProcess,
  type ConditionedProcess,
  chained,
  cubePriors,
  describeProcess,
  distancePriors,
  type FitOptions,
  type FitProcessOptions,
  type FittedModel,
  type FittedProcess,
  fitBinomialModel,
  fitModel,
  fitProcess,
  type GaussianProcess,
  type GaussianProcessDescription,
  type GaussianProcessModel,
  gammaPrior,
  gaussianProcess,
  gaussianProcessDescriptionSchema,
  type InducingPointsOptions,
  inverseYeoJohnson,
  type JointPrior,
  type LaplaceApproximation,
  type LatentLikelihood,
  type LatentProcess,
  type LeaveOneOut,
  laplace,
  latentProcess,
  logisticMoments,
  logNormalPrior,
  logPrior,
  lowerTailTransform,
  type MarginalLikelihood,
  type MeanFunction,
  marginalLikelihood,
  medianDistance,
  type Prior,
  type Priors,
  restoreProcess,
  type SamplePath,
  type SparseGaussianProcess,
  type SparseOptions,
  type SuccessCounts,
  samplePath,
  selectInducingPoints,
  sparseGaussianProcess,
  standardize,
  startingModel,
  type TargetTransform,
  type TrainingData,
  yeoJohnson,
  yeoJohnsonTransform,
} from './gaussian-process/index.ts'
export { createPoolPosterior, type PoolPosterior } from './gaussian-process/pool-posterior.ts'
export { INTERVAL_LEVEL } from './interval-level.ts'
export {
  activeDimensions,
  type HammingOptions,
  type Hyperparameter,
  type HyperparameterRole,
  hamming,
  type Kernel,
  type KernelAtPoint,
  type KernelDescription,
  type KernelLinearization,
  kernelDescriptionSchema,
  kernelFromDescription,
  type LinearOptions,
  linear,
  matern12,
  matern32,
  matern52,
  normalized,
  product,
  radialBasis,
  rationalQuadratic,
  type StationaryOptions,
  scale,
  sum,
} from './kernels/index.ts'
export {
  type CalibratedGuesses,
  calibratedGuesses,
  type GuessedScores,
} from './language-model/calibrated-guesses.ts'
export { type MeasuredText, readScore, scoreQuestion } from './language-model/in-context.ts'
export {
  type LatentScore,
  type PairwiseData,
  type PairwiseDifference,
  type PairwiseModel,
  type PairwiseProcess,
  pairwiseProcess,
  type Win,
} from './pairwise/pairwise-process.ts'
export {
  createDensityRatio,
  createParzenEstimator,
  type DensityRatio,
  type DensityRatioOptions,
  type ParzenComponents,
  type ParzenDimension,
  type ParzenEstimator,
  type ParzenOptions,
  parzenDimension,
  type QuickDensities,
} from './parzen/index.ts'
export { type Points, points } from './points.ts'
export { gaussianPosterior, type Posterior } from './posterior.ts'
export {
  createPromptModel,
  type PromptBeliefs,
  type PromptModel,
  type PromptModelOptions,
} from './prompt/prompt-model.ts'
export type { DifferentiableSurrogate, LocalPrediction, Surrogate } from './surrogate.ts'
