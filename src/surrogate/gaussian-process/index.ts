export {
  type BinomialModel,
  type BinomialProcess,
  binomialLikelihood,
  binomialProcess,
  fitBinomialModel,
  logisticMoments,
  type SuccessCounts,
} from './binomial-process.ts'
export type { ConditionedProcess } from './conditioned-process.ts'
export { type FitOptions, type FittedModel, fitModel, startingModel } from './fit.ts'
export { type FitProcessOptions, type FittedProcess, fitProcess } from './fit-process.ts'
export {
  type GaussianProcess,
  type GaussianProcessModel,
  gaussianProcess,
  type LeaveOneOut,
  type TrainingData,
} from './gaussian-process.ts'
export { type InducingPointsOptions, selectInducingPoints } from './inducing-points.ts'
export { type LaplaceApproximation, type LatentLikelihood, laplace } from './laplace.ts'
export { type LatentProcess, latentProcess } from './latent-process.ts'
export { chained, lowerTailTransform } from './lower-tail.ts'
export { marginalLikelihood } from './marginal-likelihood.ts'
export type { MeanFunction } from './mean-function.ts'
export { type SamplePath, samplePath } from './pathwise.ts'
export {
  cubePriors,
  distancePriors,
  gammaPrior,
  type JointPrior,
  logNormalPrior,
  logPrior,
  medianDistance,
  type Prior,
  type Priors,
  tiedPrior,
} from './prior.ts'
export {
  describeProcess,
  type GaussianProcessDescription,
  gaussianProcessDescriptionSchema,
  restoreProcess,
} from './restore.ts'
export {
  type SparseGaussianProcess,
  type SparseOptions,
  sparseGaussianProcess,
} from './sparse-process.ts'
export { standardize, type TargetTransform } from './standardize.ts'
export type { MarginalLikelihood } from './stationary-likelihood.ts'
export { inverseYeoJohnson, yeoJohnson, yeoJohnsonTransform } from './yeo-johnson.ts'
