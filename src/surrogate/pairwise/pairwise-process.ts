/**
 * A Gaussian process learned from comparisons, scores, or both on one latent scale.
 *
 *   win     P(a beats b) = Φ((f_a − f_b)/(√2 s))    probit with comparison noise s
 *   score   y_i ~ N(f_i, v_i)
 *
 * W. Chu, Z. Ghahramani, "Preference learning with Gaussian processes" (2005), by Laplace's approximation. Scores join
 * as Gaussian terms of the same likelihood, so that a judge's verdicts and measured scores inform each other.
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'
import type { Backend } from '../../numerics/linalg/backend.ts'
import { inverseMillsRatio, logPhi, normalCdf } from '../../numerics/special/index.ts'
import type { LatentLikelihood } from '../gaussian-process/laplace.ts'
import { type LatentProcess, latentProcess } from '../gaussian-process/latent-process.ts'
import type { Kernel } from '../kernels/kernel.ts'
import { type Points, points, row } from '../points.ts'

/** One comparison, by indices into the points. */
export interface Win {
  readonly winner: number
  readonly loser: number
  /** How many times it came out so. Default 1. */
  readonly count?: number
}

export interface LatentScore {
  readonly point: number
  /** On the latent scale: standardized scores, for example. */
  readonly score: number
  /** Variance of its noise. */
  readonly variance: number
}

export interface PairwiseData {
  readonly points: Points
  readonly wins: readonly Win[]
  /** Default none. */
  readonly scores?: readonly LatentScore[]
}

export interface PairwiseModel {
  readonly kernel: Kernel
  /** s, the noise of a comparison, on the latent scale. Default 0.5. */
  readonly comparisonNoise?: number
  /** Default 0. */
  readonly priorMean?: number
}

/** What is known of f_a − f_b. */
export interface PairwiseDifference {
  readonly mean: number
  readonly variance: number
  /** P(a beats b) in one more comparison. */
  readonly probability: number
}

export interface PairwiseProcess extends LatentProcess {
  /** Row by row of two sets of as many points. */
  differences(a: Points, b: Points): readonly PairwiseDifference[]
  /** P(a beats b) in one more comparison, by rows of points. */
  preference(a: Points, b: Points): Float64Array
}

/** The likelihood of comparisons and scores at latent values. */
export function pairwiseLikelihood(
  wins: readonly Win[],
  scores: readonly LatentScore[],
  comparisonNoise: number,
): LatentLikelihood {
  const inverse = 1 / (Math.SQRT2 * comparisonNoise)
  return {
    logLikelihood(f) {
      let total = 0
      for (const { winner, loser, count = 1 } of wins) total += count * logPhi((f[winner]! - f[loser]!) * inverse)
      for (const { point, score, variance } of scores) total -= (0.5 * (f[point]! - score) ** 2) / variance
      return total
    },
    derivatives(f, gradient, negativeHessian) {
      const n = f.length
      gradient.fill(0)
      for (const { winner, loser, count = 1 } of wins) {
        const z = (f[winner]! - f[loser]!) * inverse
        const ratio = inverseMillsRatio(z)
        const slope = count * ratio * inverse
        gradient[winner]! += slope
        gradient[loser]! -= slope
        // −d²/dz² log Φ = r(z + r), which lies in (0, 1); rounding may leave it a little below 0 for very negative z.
        const curvature = count * Math.max(ratio * (z + ratio), 0) * inverse * inverse
        negativeHessian[winner * n + winner]! += curvature
        negativeHessian[loser * n + loser]! += curvature
        negativeHessian[winner * n + loser]! -= curvature
        negativeHessian[loser * n + winner]! -= curvature
      }
      for (const { point, score, variance } of scores) {
        gradient[point]! += (score - f[point]!) / variance
        negativeHessian[point * n + point]! += 1 / variance
      }
    },
  }
}

/**
 * @throws InvalidArgumentError on an index outside the points, a comparison of a point with itself, or a variance that is not
 *   positive.
 * @example
 * const [prompts, wins] = [points([[0], [1], [2]]), [{ winner: 0, loser: 1 }]]
 * const process = pairwiseProcess({ kernel: matern52({ lengthScale: 1 }) }, { points: prompts, wins }, backend)
 * indexOfLargest(process.posterior(prompts).mean) // 0
 */
export function pairwiseProcess(model: PairwiseModel, data: PairwiseData, backend: Backend): PairwiseProcess {
  const { kernel, comparisonNoise = 0.5, priorMean = 0 } = model
  const { points: measured, wins, scores = [] } = data
  if (!(comparisonNoise > 0)) {
    throw new InvalidArgumentError(`comparisonNoise is ${comparisonNoise}; expected a positive number`)
  }
  checkPairwiseData(measured.count, wins, scores)
  const likelihood = pairwiseLikelihood(wins, scores, comparisonNoise)
  const process = latentProcess(kernel, priorMean, measured, likelihood, backend)
  const differenceAt = (a: Points, b: Points, i: number): PairwiseDifference => {
    const posterior = process.posterior(points([row(a, i), row(b, i)]))
    const covariance = posterior.covariance()
    const mean = posterior.mean[0]! - posterior.mean[1]!
    const variance = Math.max(covariance[0]! + covariance[3]! - 2 * covariance[1]!, 0)
    const scale = Math.sqrt(variance + 2 * comparisonNoise * comparisonNoise)
    return { mean, variance, probability: normalCdf(mean / scale) }
  }
  const differences: PairwiseProcess['differences'] = (a, b) =>
    Array.from({ length: a.count }, (_, i) => differenceAt(a, b, i))
  return {
    ...process,
    differences,
    preference: (a, b) => Float64Array.from(differences(a, b), ({ probability }) => probability),
  }
}

function checkPairwiseData(count: number, wins: readonly Win[], scores: readonly LatentScore[]): void {
  const inside = (index: number) => Number.isInteger(index) && index >= 0 && index < count
  for (const [i, { winner, loser }] of wins.entries()) {
    if (!inside(winner) || !inside(loser) || winner === loser) {
      throw new InvalidArgumentError(`wins[${i}] is between ${winner} and ${loser}; expected two of ${count} points`)
    }
  }
  for (const [i, { point, score, variance }] of scores.entries()) {
    if (!inside(point) || !Number.isFinite(score) || !(variance > 0)) {
      throw new InvalidArgumentError(
        `scores[${i}] is ${score} ± ${variance} of point ${point}; expected a finite score, a positive variance and one ` +
          `of ${count} points`,
      )
    }
  }
}
