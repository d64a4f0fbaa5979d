import type { Backend } from '../../numerics/linalg/backend.ts'
import type { ConditionedProcess } from '../../surrogate/gaussian-process/conditioned-process.ts'
import { fitModel, startingModel } from '../../surrogate/gaussian-process/fit.ts'
import { type GaussianProcessModel, gaussianProcess } from '../../surrogate/gaussian-process/gaussian-process.ts'
import { chained, lowerTailTransform } from '../../surrogate/gaussian-process/lower-tail.ts'
import { sparseGaussianProcess } from '../../surrogate/gaussian-process/sparse-process.ts'
import type { TargetTransform } from '../../surrogate/gaussian-process/standardize.ts'
import { takeObservations } from '../../surrogate/gaussian-process/training-data.ts'
import { yeoJohnsonTransform } from '../../surrogate/gaussian-process/yeo-johnson.ts'
import type { Points } from '../../surrogate/points.ts'
import type { Fit } from '../policy.ts'
import type { CandidateFeatures, Hypothesis } from './candidate-features.ts'

/** The objective as fitted: a process on warped, standardized scores. */
export interface ObjectiveModel {
  readonly process: ConditionedProcess
  readonly transform: TargetTransform
  /** The last fit of the study, where that was recent enough. */
  readonly fit: Fit
}

export interface ObjectiveData {
  readonly points: Points
  readonly scores: Float64Array
  readonly noiseVariances: Float64Array
  /** Length of the history, which decides how thorough the fit is. */
  readonly observations: number
  /** Past so many points the process is sparse, and hyper-parameters are fitted to so many. @defaultValue always exact */
  readonly exactUpTo?: number
  /** Most inducing points of a sparse process. @defaultValue 512 */
  readonly inducing?: number
}

/** Of a sparse process. */
const INDUCING_POINTS = 512
/** Noise of more than this many variances of the scores says nothing. */
const MOST_NOISE = 1e30
/** Below this many observations, and once in every ten, hyper-parameters are sought from several starts. */
const THOROUGH_BELOW = 16
const THOROUGH_EVERY = 10
/** An iteration that gains less than this part of the log posterior is the last … */
const TOLERANCE = 1e-4
/** … or less than this, a tenth where it is −100, once there are {@link MANY_OBSERVATIONS}. */
const LATE_TOLERANCE = 1e-3
/** So many leave little to choose: fits and searches take less trouble from here on … */
export const MANY_OBSERVATIONS = 50
/** … and hyper-parameters stay as they are until the history has grown by this much. */
const REFIT_GROWTH = 1.03

/**
 * Fits hyper-parameters, warm from the last fit of the study, or keeps those of a recent fit. The likelihood has more
 * than one mode as long as data are few. The other starts stand for "as expected", "rough", "smooth and exact", "mostly
 * noise". Of several hypotheses the one of greatest posterior density is taken, the others being fitted from where that
 * of the last fit ended. Once there are {@link MANY_OBSERVATIONS} that is asked only where the fit is thorough.
 */
export function fitObjective(
  data: ObjectiveData,
  features: Pick<CandidateFeatures, 'hypotheses'>,
  last: Fit | undefined,
  backend: Backend,
): ObjectiveModel {
  const { observations } = data
  const { fitted, condition, transform } = prepare(data, backend)
  const { hypotheses } = features
  const first = hypothesisOf(last, hypotheses)
  const warm = modelOf(last, hypotheses[first]!)
  if (warm && last && isRecent(last.observations, observations)) {
    return { process: condition(warm), transform, fit: last }
  }
  const decade = (count: number) => Math.floor(count / THOROUGH_EVERY)
  const thorough = !warm || !last || observations < THOROUGH_BELOW || decade(observations) > decade(last.observations)
  const fit = (which: number, starts: readonly GaussianProcessModel[]) => {
    const { priors, logWeight } = hypotheses[which]!
    const best = fitModel(
      fitted,
      {
        priors,
        starts,
        maxIterations: thorough ? 40 : 10,
        tolerance: observations < MANY_OBSERVATIONS ? TOLERANCE : LATE_TOLERANCE,
      },
      backend,
    )
    return { which, model: best.model, density: best.logPosterior + logWeight }
  }

  const asLast = fit(first, [...(warm ? [warm] : []), ...(thorough ? freshStarts(hypotheses[first]!) : [])])
  let best = asLast
  if (thorough || observations < MANY_OBSERVATIONS) {
    const { kernel, ...rest } = asLast.model
    const values = kernel.hyperparameters.map(({ value }) => value)
    for (const [which, other] of hypotheses.entries()) {
      if (which === first) continue
      const alternative = fit(which, [{ ...rest, kernel: other.kernel.withHyperparameters(values) }])
      if (alternative.density > best.density) best = alternative
    }
  }
  const { model, which } = best
  return {
    process: condition(model),
    transform,
    fit: {
      observations,
      hyperparameters: {
        hypothesis: which,
        kernel: model.kernel.hyperparameters.map(({ value }) => value),
        observationNoise: model.observationNoise,
      },
    },
  }
}

/**
 * The objective at the hyper-parameters of a fit, whatever they were fitted to; undefined where the fit is of another kernel.
 */
export function conditionObjective(
  data: ObjectiveData,
  features: Pick<CandidateFeatures, 'hypotheses'>,
  fit: Fit,
  backend: Backend,
): ObjectiveModel | undefined {
  const { hypotheses } = features
  const model = modelOf(fit, hypotheses[hypothesisOf(fit, hypotheses)]!)
  if (!model) return
  const { condition, transform } = prepare(data, backend)
  return { process: condition(model), transform, fit }
}

/** Warped and standardized scores, what of them hyper-parameters are fitted to, and how a process is conditioned on all. */
function prepare(data: ObjectiveData, backend: Backend) {
  const { points, scores, noiseVariances, exactUpTo = Number.POSITIVE_INFINITY } = data
  const tail = lowerTailTransform(scores)
  const transform = chained(tail, yeoJohnsonTransform(scores.map(tail.forward)))
  const training = {
    points,
    targets: scores.map(transform.forward),
    noiseVariances: noiseVariances.map((variance, i) => warpedVariance(variance, transform.slope(scores[i]!))),
  }
  const isSparse = points.count > exactUpTo
  return {
    transform,
    fitted: isSparse ? takeObservations(training, subsetOfData(scores, exactUpTo)) : training,
    condition: (model: GaussianProcessModel): ConditionedProcess =>
      isSparse
        ? sparseGaussianProcess(model, training, inducingOf(scores, data.inducing), backend)
        : gaussianProcess(model, training, backend),
  }
}

/** Inducing points: the best quarter is where the process is looked at closely, the others say most of the rest. */
function inducingOf(scores: Float64Array, inducing = INDUCING_POINTS): { inducing: number; first: number[] } {
  const byScore = Array.from(scores.keys()).sort((i, j) => scores[j]! - scores[i]! || i - j)
  return { inducing, first: byScore.slice(0, Math.ceil(inducing / 4)) }
}

/** A slope may be too steep for a number, where scores lie within 1e-300 of each other and others do not. */
function warpedVariance(variance: number, slope: number): number {
  return variance === 0 ? 0 : Math.min(variance * slope ** 2, MOST_NOISE)
}

function freshStarts({ kernel, priors }: Hypothesis): GaussianProcessModel[] {
  return [
    startingModel(kernel, priors, { noise: 1e-4 }),
    startingModel(kernel, priors, { lengthScaleFactor: 0.4, noise: 1e-2 }),
    startingModel(kernel, priors, { lengthScaleFactor: 2, noise: 1e-7 }),
    startingModel(kernel, priors, { noise: 0.5 }),
  ]
}

/** Whether hyper-parameters fitted to the first so many observations will do. */
function isRecent(fitted: number, observations: number): boolean {
  return fitted >= MANY_OBSERVATIONS && fitted <= observations && observations < fitted * REFIT_GROWTH
}

/** The hypothesis a fit is of: the first where it does not say, or says one there is not. */
function hypothesisOf(fit: Fit | undefined, hypotheses: CandidateFeatures['hypotheses']): number {
  const which = fit?.hyperparameters['hypothesis']
  return typeof which === 'number' && which in hypotheses ? which : 0
}

/** The model a fit describes, if its kernel has this structure. */
function modelOf(fit: Fit | undefined, { kernel }: Hypothesis): GaussianProcessModel | undefined {
  const values = fit?.hyperparameters['kernel']
  const noise = fit?.hyperparameters['observationNoise']
  if (!Array.isArray(values) || typeof noise !== 'number') return
  if (kernel.hyperparameters.length !== values.length) return
  return { kernel: kernel.withHyperparameters(values), observationNoise: noise, mean: 'constant' }
}

/**
 * Which observations hyper-parameters are fitted to when there are more than an exact process can take. Half of the
 * limit goes to the best by score, the rest is spread evenly over the others.
 *
 * @returns indices, ascending.
 */
export function subsetOfData(scores: Float64Array, limit: number): number[] {
  const all = Array.from(scores.keys())
  if (all.length <= limit) return all
  const byScore = all.toSorted((i, j) => scores[j]! - scores[i]! || i - j)
  const half = Math.ceil(limit / 2)
  const rest = byScore.slice(half)
  const spread = Array.from({ length: limit - half }, (_, k) => rest[Math.floor((k * rest.length) / (limit - half))]!)
  return [...byScore.slice(0, half), ...spread].sort((i, j) => i - j)
}
