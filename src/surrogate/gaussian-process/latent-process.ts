import type { Backend } from '../../numerics/linalg/backend.ts'
import type { Kernel } from '../kernels/kernel.ts'
import { checkPoints, type Points } from '../points.ts'
import { gaussianPosterior } from '../posterior.ts'
import type { Surrogate } from '../surrogate.ts'
import { type LaplaceApproximation, type LatentLikelihood, laplace } from './laplace.ts'

/** A Gaussian process seen only through a likelihood; its posterior is of the latent function. */
export interface LatentProcess extends Surrogate {
  readonly approximation: LaplaceApproximation
  readonly logEvidence: number
}

/**
 * Conditions a latent process on a likelihood of its values at `points`, by Laplace's approximation.
 *
 * @param priorMean - constant, on the latent scale.
 * @example
 * const likelihood = binomialLikelihood([3, 1], [4, 4])
 * const process = latentProcess(matern52({ lengthScale: 1 }), 0, points([[0], [1]]), likelihood, backend)
 * process.posterior(points([[0]])).mean // ≈ [0.323]
 */
export function latentProcess(
  kernel: Kernel,
  priorMean: number,
  points: Points,
  likelihood: LatentLikelihood,
  backend: Backend,
): LatentProcess {
  const n = points.count
  const approximation = laplace(kernel.covariance(points, points, backend), n, priorMean, likelihood, backend)
  return {
    approximation,
    logEvidence: approximation.logEvidence,
    posterior(at) {
      checkPoints(at, points.dimension)
      const m = at.count
      const cross = kernel.covariance(points, at, backend)
      const mean = new Float64Array(m).fill(priorMean)
      for (let i = 0; i < n; i++) {
        const weight = approximation.weights[i]!
        for (let j = 0; j < m; j++) mean[j]! += weight * cross[i * m + j]!
      }
      const reduction = approximation.reduction(cross, m)
      const variance = kernel.diagonal(at).map((value, j) => Math.max(value - reduction.diagonal[j]!, 0))
      return gaussianPosterior(
        mean,
        variance,
        () => {
          const joint = kernel.covariance(at, at, backend)
          const reduced = reduction.full()
          for (let i = 0; i < m; i++) {
            for (let j = 0; j < i; j++) {
              const value = joint[i * m + j]! - 0.5 * (reduced[i * m + j]! + reduced[j * m + i]!)
              joint[i * m + j] = value
              joint[j * m + i] = value
            }
            joint[i * m + i] = variance[i]!
          }
          return joint
        },
        backend,
      )
    },
  }
}
