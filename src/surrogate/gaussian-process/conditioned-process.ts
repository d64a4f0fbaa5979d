/**
 * What Gaussian processes have in common, exact or sparse.
 *
 * @module
 */
import type { Kernel } from '../kernels/kernel.ts'
import type { Points } from '../points.ts'
import type { DifferentiableSurrogate } from '../surrogate.ts'
import type { MeanFunction } from './mean-function.ts'
import type { TrainingData } from './training-data.ts'

/** Everything about a Gaussian process that does not depend on data. */
export interface GaussianProcessModel {
  readonly kernel: Kernel
  /** σ², variance of the observation noise, in squared units of the targets. */
  readonly observationNoise: number
  readonly mean: MeanFunction
}

/** A Gaussian process conditioned on data. */
export interface ConditionedProcess extends DifferentiableSurrogate {
  readonly model: GaussianProcessModel
  readonly data: TrainingData
  /** Of the data; a sparse process has a lower bound of it. */
  readonly logMarginalLikelihood: number
  /** What had to be added to a diagonal to factor it; 0 as a rule. */
  readonly jitter: number
  /** β. */
  readonly meanCoefficients: Float64Array
  /** The same process with more data. */
  append(data: TrainingData): ConditionedProcess
  /**
   * The same process with its own mean imputed at pending points: means stay, variances shrink ("kriging believer",
   * Ginsbourger et al. 2010).
   */
  fantasize(points: Points): ConditionedProcess
}
