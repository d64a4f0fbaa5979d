/**
 * One door to Gaussian processes of any number of observations: exact while that is cheap, sparse from there on.
 *
 * @module
 */
import type { Backend } from '../../numerics/linalg/backend.ts'
import { createRandom } from '../../numerics/random/index.ts'
import type { ConditionedProcess } from './conditioned-process.ts'
import { type FitOptions, type FittedModel, fitModel } from './fit.ts'
import { gaussianProcess } from './gaussian-process.ts'
import { sparseGaussianProcess } from './sparse-process.ts'
import { checkTrainingData, type TrainingData, takeObservations } from './training-data.ts'

export interface FitProcessOptions extends FitOptions {
  /** Up to so many observations the process is exact, past them sparse. @defaultValue 2,000 */
  readonly exactUpTo?: number
  /** Most inducing points of a sparse process. @defaultValue 512 */
  readonly inducing?: number
  /**
   * Most observations that hyper-parameters are fitted to: a random subset where there are more, always the same one.
   *
   * @defaultValue 1,000
   */
  readonly fitUpTo?: number
}

export interface FittedProcess extends FittedModel {
  readonly process: ConditionedProcess
  /** Whether the process is sparse. */
  readonly sparse: boolean
}

const EXACT_UP_TO = 2000
const FIT_UP_TO = 1000

/**
 * Fits hyper-parameters and conditions a process on all data.
 *
 * @throws InvalidArgumentError when lengths disagree or there is no data; NonFiniteError on NaN or infinities.
 * @example
 * const priors = cubePriors(1)
 * const starts = [startingModel(scale(matern52({ lengthScale: 1 })), priors)]
 * const { process, sparse } = fitProcess(data, { priors, starts, exactUpTo: 2, inducing: 2 }, backend)
 * sparse // true: there are three observations
 * process.posterior(points([[0.5]])).count // 1
 */
export function fitProcess(data: TrainingData, options: FitProcessOptions, backend: Backend): FittedProcess {
  const { exactUpTo = EXACT_UP_TO, fitUpTo = FIT_UP_TO, inducing, ...fit } = options
  checkTrainingData(data)
  const n = data.points.count
  const subset = n <= fitUpTo ? data : takeObservations(data, someOf(n, fitUpTo))
  const fitted = fitModel(subset, fit, backend)
  const sparse = n > exactUpTo
  const process = sparse
    ? sparseGaussianProcess(fitted.model, data, inducing === undefined ? {} : { inducing }, backend)
    : gaussianProcess(fitted.model, data, backend)
  return { ...fitted, process, sparse }
}

function someOf(n: number, count: number): number[] {
  return Array.from(createRandom('fit-process').permutation(n).subarray(0, count)).sort((i, j) => i - j)
}
