/**
 * A Gaussian process over logits, seen through success counts: y_i ~ Binomial(n_i, σ(f(x_i))). A candidate measured on
 * three examples and one measured on three hundred stand in one model, each with the weight it deserves.
 *
 * Rasmussen & Williams (2006), section 3.4 (Laplace); counts instead of labels.
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'
import type { Backend } from '../../numerics/linalg/backend.ts'
import { minimizeLbfgsb } from '../../numerics/optimize/lbfgsb.ts'
import { logistic, logit, logLogistic } from '../../numerics/special/index.ts'
import type { Kernel } from '../kernels/kernel.ts'
import type { Points } from '../points.ts'
import type { LatentLikelihood } from './laplace.ts'
import { type LatentProcess, latentProcess } from './latent-process.ts'
import { logPrior, type Priors } from './prior.ts'

/** Success counts, one entry per point. Fractions of a success are allowed: scores in [0, 1] add up to them. */
export interface SuccessCounts {
  readonly points: Points
  readonly successes: ArrayLike<number>
  readonly trials: ArrayLike<number>
}

export interface BinomialProcess extends LatentProcess {
  /** Expected success rate at points: the mean of σ(f) under the posterior, and its standard deviation. */
  rates(at: Points): { readonly mean: Float64Array; readonly standardDeviation: Float64Array }
}

export interface BinomialModel {
  readonly kernel: Kernel
  /** Prior mean of the logit. Default: the logit of the overall rate, half a success added to either side. */
  readonly priorMean?: number
}

/**
 * log p(y | f) up to the binomial coefficients, which do not depend on f.
 *
 * @example
 * binomialLikelihood([1], [2]).logLikelihood(Float64Array.of(0)) // ≈ −1.386294: log 1/4
 */
export function binomialLikelihood(successes: ArrayLike<number>, trials: ArrayLike<number>): LatentLikelihood {
  return {
    logLikelihood(f) {
      let total = 0
      for (let i = 0; i < f.length; i++) {
        const failures = trials[i]! - successes[i]!
        if (successes[i]! > 0) total += successes[i]! * logLogistic(f[i]!)
        if (failures > 0) total += failures * logLogistic(-f[i]!)
      }
      return total
    },
    derivatives(f, gradient, negativeHessian) {
      const n = f.length
      for (let i = 0; i < n; i++) {
        const rate = logistic(f[i]!)
        gradient[i] = successes[i]! - trials[i]! * rate
        negativeHessian[i * n + i]! += trials[i]! * rate * (1 - rate)
      }
    },
  }
}

/**
 * @throws InvalidArgumentError on counts that are not 0 ≤ successes ≤ trials.
 * @example
 * const counts = { points: points([[0], [2]]), successes: [3, 40], trials: [4, 100] }
 * const process = binomialProcess({ kernel: scale(matern52({ lengthScale: 1 })) }, counts, backend)
 * process.rates(counts.points).mean // ≈ [0.57, 0.40]
 */
export function binomialProcess(model: BinomialModel, counts: SuccessCounts, backend: Backend): BinomialProcess {
  const { points, successes, trials } = counts
  checkCounts(counts)
  const priorMean = model.priorMean ?? overallLogit(counts)
  const process = latentProcess(model.kernel, priorMean, points, binomialLikelihood(successes, trials), backend)
  return {
    ...process,
    rates(at) {
      const { mean, variance } = process.posterior(at)
      const rate = new Float64Array(at.count)
      const deviation = new Float64Array(at.count)
      for (let j = 0; j < at.count; j++) {
        const moments = logisticMoments(mean[j]!, Math.sqrt(variance[j]!))
        rate[j] = moments.mean
        deviation[j] = Math.sqrt(moments.variance)
      }
      return { mean: rate, standardDeviation: deviation }
    },
  }
}

/**
 * Kernel hyper-parameters at their maximum a posteriori under the Laplace evidence, by L-BFGS-B on differences. Every
 * evidence is a Newton solve, and there are few hyper-parameters.
 *
 * @example
 * const counts = { points: points([[0], [2]]), successes: [3, 40], trials: [4, 100] }
 * const start = { kernel: scale(matern52({ lengthScale: 1 })) }
 * const model = fitBinomialModel(start, counts, distancePriors(counts.points), backend)
 * binomialProcess(model, counts, backend).logEvidence > binomialProcess(start, counts, backend).logEvidence // true
 */
export function fitBinomialModel(
  model: BinomialModel,
  counts: SuccessCounts,
  priors: Priors,
  backend: Backend,
): BinomialModel {
  const { hyperparameters } = model.kernel
  const own = hyperparameters.map((hyperparameter) => priors.of(hyperparameter))
  const at = (logs: Float64Array): BinomialModel => ({
    ...model,
    kernel: model.kernel.withHyperparameters(logs.map(Math.exp)),
  })
  const prior = logPrior(priors, hyperparameters)
  const slopes = new Float64Array(own.length)
  const negative = (logs: Float64Array): number =>
    -binomialProcess(at(logs), counts, backend).logEvidence - prior(logs, slopes)
  const start = Float64Array.from(hyperparameters, ({ value }) => Math.log(value))
  const { x } = minimizeLbfgsb(
    (logs, gradient) => {
      for (let p = 0; p < logs.length; p++) {
        const step = 1e-4
        gradient[p] = (negative(logs.with(p, logs[p]! + step)) - negative(logs.with(p, logs[p]! - step))) / (2 * step)
      }
      return negative(logs)
    },
    start,
    {
      lower: own.map(({ center }) => Math.log(center) - 4),
      upper: own.map(({ center }) => Math.log(center) + 4),
      maxIterations: 20,
      valueTolerance: 1e-5,
    },
  )
  return at(x)
}

/** Nodes and weights of a 41-point trapezoid on ±5 standard deviations: spectrally accurate for a smooth integrand. */
const NODES = Array.from({ length: 41 }, (_, k) => (k - 20) / 4)
const WEIGHTS = NODES.map((z) => Math.exp(-0.5 * z * z))
const TOTAL = WEIGHTS.reduce((a, b) => a + b, 0)

/**
 * Mean and variance of σ(f) for f ~ N(mean, deviation²).
 *
 * @example
 * logisticMoments(0, 1).mean // 0.5
 */
export function logisticMoments(mean: number, deviation: number): { mean: number; variance: number } {
  let first = 0
  let second = 0
  for (const [k, z] of NODES.entries()) {
    const rate = logistic(mean + deviation * z)
    first += (WEIGHTS[k]! / TOTAL) * rate
    second += (WEIGHTS[k]! / TOTAL) * rate * rate
  }
  return { mean: first, variance: Math.max(second - first * first, 0) }
}

function overallLogit({ points, successes, trials }: SuccessCounts): number {
  let won = 0.5
  let tried = 1
  for (let i = 0; i < points.count; i++) {
    won += successes[i]!
    tried += trials[i]!
  }
  return logit(won / tried)
}

function checkCounts({ points, successes, trials }: SuccessCounts): void {
  if (successes.length !== points.count || trials.length !== points.count) {
    throw new InvalidArgumentError(
      `successes and trials have ${successes.length} and ${trials.length} numbers; expected ${points.count}, one per point`,
    )
  }
  if (points.count === 0) throw new InvalidArgumentError('counts has no points; expected at least one')
  for (let i = 0; i < points.count; i++) {
    if (!(successes[i]! >= 0 && successes[i]! <= trials[i]! && Number.isFinite(trials[i]!))) {
      throw new InvalidArgumentError(`successes[${i}] is ${successes[i]} of ${trials[i]}; expected from 0 to trials`)
    }
  }
}
