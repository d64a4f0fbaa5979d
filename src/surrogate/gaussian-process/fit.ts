/**
 * Hyper-parameters at their maximum a posteriori, the largest log marginal likelihood plus log priors. Found by
 * L-BFGS-B on log θ from the last fit and a bounded number of other starts.
 *
 * @module
 */
import { NotPositiveDefiniteError } from '../../errors.ts'
import type { Backend } from '../../numerics/linalg/backend.ts'
import { minimizeLbfgsb } from '../../numerics/optimize/lbfgsb.ts'
import type { GaussianProcessModel, TrainingData } from './gaussian-process.ts'
import { marginalLikelihood } from './marginal-likelihood.ts'
import { logPrior, type Priors } from './prior.ts'

export interface FitOptions {
  readonly priors: Priors
  /** Models to start from; the best end wins. The first also gives the kernel's structure. */
  readonly starts: readonly GaussianProcessModel[]
  /** L-BFGS-B iterations from each start. Default 50. */
  readonly maxIterations?: number
  /** Stop a start when an iteration gains less than this, relative. Default 1e-6. */
  readonly tolerance?: number
}

export interface FittedModel {
  readonly model: GaussianProcessModel
  /** Log posterior density of the hyper-parameters, up to a constant. */
  readonly logPosterior: number
  /** Evaluations of the marginal likelihood used. */
  readonly evaluations: number
}

/** log ℓ and log v stay within this of their prior's center: e^±8 is a factor 3,000 either way. */
const REACH = 8

/**
 * @throws what `gaussianProcess` throws on bad data. A start whose matrix cannot be factored is skipped.
 * @example
 * const priors = cubePriors(1)
 * const start = startingModel(matern52({ lengthScale: 1 }), priors)
 * const { model } = fitModel(data, { priors, starts: [start] }, backend)
 * const [before, after] = [start, model].map((each) => gaussianProcess(each, data, backend).logMarginalLikelihood)
 * after! > before! // true
 */
export function fitModel(data: TrainingData, options: FitOptions, backend: Backend): FittedModel {
  const { priors, starts, maxIterations = 50, tolerance = 1e-6 } = options
  const first = starts[0]!
  const hyperparameters = first.kernel.hyperparameters
  const all = [...hyperparameters.map((hyperparameter) => priors.of(hyperparameter)), priors.observationNoise]
  const lower = Float64Array.from(all, (prior) => Math.log(prior.center) - REACH)
  const upper = Float64Array.from(all, (prior) => Math.log(prior.center) + REACH)
  const noiseAt = hyperparameters.length
  lower[noiseAt] = Math.log(priors.noiseBounds[0])
  upper[noiseAt] = Math.log(priors.noiseBounds[1])

  const modelAt = (logs: Float64Array): GaussianProcessModel => {
    const values = logs.map(Math.exp)
    return {
      kernel: first.kernel.withHyperparameters(values.subarray(0, noiseAt)),
      observationNoise: values[noiseAt]!,
      mean: first.mean,
    }
  }

  const kernelPrior = logPrior(priors, hyperparameters)
  const priorSlopes = new Float64Array(all.length)
  return backend.scope((workspace) => {
    const likelihood = marginalLikelihood(data, backend, workspace)
    let evaluations = 0
    const negative = (logs: Float64Array, gradient: Float64Array): number => {
      evaluations++
      const evaluated = attempt(() => likelihood(modelAt(logs)))
      if (!evaluated) return Number.POSITIVE_INFINITY
      const { value, gradient: slopes } = evaluated
      const density = kernelPrior(logs, priorSlopes) + priors.observationNoise.logDensity(logs[noiseAt]!)
      priorSlopes[noiseAt] = priors.observationNoise.slope(logs[noiseAt]!)
      for (let p = 0; p < all.length; p++) gradient[p] = -(slopes[p]! + priorSlopes[p]!)
      return -(value + density)
    }
    let best: { x: Float64Array; value: number } | undefined
    for (const start of starts) {
      const logs = Float64Array.from(
        [...start.kernel.hyperparameters.map(({ value }) => value), start.observationNoise],
        Math.log,
      )
      const end = minimizeLbfgsb(negative, logs, { lower, upper, maxIterations, valueTolerance: tolerance })
      if (Number.isFinite(end.value) && (!best || end.value < best.value)) best = end
    }
    return { model: best ? modelAt(best.x) : first, logPosterior: best ? -best.value : Number.NaN, evaluations }
  })
}

/** `undefined` where the matrix cannot be factored: the line search backs away from there. */
function attempt<Result>(compute: () => Result): Result | undefined {
  try {
    return compute()
  } catch (error) {
    if (error instanceof NotPositiveDefiniteError) return undefined
    throw error
  }
}

/**
 * A model at the centers of its priors: where a first fit starts.
 *
 * @example
 * startingModel(matern52({ lengthScale: 1 }), cubePriors(4)).kernel.hyperparameters[0]?.value // 1
 */
export function startingModel(
  kernel: GaussianProcessModel['kernel'],
  priors: Priors,
  options: {
    readonly mean?: GaussianProcessModel['mean']
    readonly lengthScaleFactor?: number
    readonly noise?: number
  } = {},
): GaussianProcessModel {
  const { mean = 'constant', lengthScaleFactor = 1, noise = priors.observationNoise.center } = options
  const values = kernel.hyperparameters.map((hyperparameter) => {
    const { center } = priors.of(hyperparameter)
    return hyperparameter.role.endsWith('length-scale') ? center * lengthScaleFactor : center
  })
  return { kernel: kernel.withHyperparameters(values), observationNoise: noise, mean }
}
