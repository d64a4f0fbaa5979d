/**
 * The log marginal likelihood and its gradient with respect to the logarithms of all hyper-parameters.
 *
 *   log p(y | X, θ) = −½ (y − Hβ)ᵀ K⁻¹ (y − Hβ) − ½ log |K| − n/2 log 2π − ½ βᵀβ
 *   ∂/∂ log θ = Σ_ij W_ij ∂K_ij/∂ log θ,  W = ½ (ααᵀ − K⁻¹)
 *
 * β stands at its maximum, so its own dependence on θ drops out (envelope theorem). Rasmussen & Williams (2006),
 * equations 2.30 and 5.9.
 *
 * @module
 */
import type { Backend } from '../../numerics/linalg/backend.ts'
import type { Matrix, Workspace } from '../../numerics/linalg/matrix.ts'
import { dot } from '../../numerics/vector.ts'
import { addNoise, checkTrainingData, type GaussianProcessModel, type TrainingData } from './gaussian-process.ts'
import { meanBasis, meanWidth, solveMean } from './mean-function.ts'
import { type MarginalLikelihood, stationaryLikelihood } from './stationary-likelihood.ts'
import { asStationaryTerms } from './stationary-terms.ts'
import { solveLowerTransposed } from './triangular.ts'

/**
 * A function from models (of one structure) to their marginal likelihood on fixed data; its memory lives as long as
 * the workspace.
 *
 * @example
 * using workspace = backend.workspace()
 * marginalLikelihood(data, backend, workspace)(surrogate.model).value - surrogate.logMarginalLikelihood // ≈ 0.000
 */
export function marginalLikelihood(
  data: TrainingData,
  backend: Backend,
  workspace: Workspace,
): (model: GaussianProcessModel) => MarginalLikelihood {
  checkTrainingData(data)
  const { points, targets } = data
  const n = points.count
  const ofStationary = stationaryLikelihood(data, backend, workspace)
  let memory: { matrix: Matrix; inverse: Matrix; factor: Float64Array; weights: Float64Array } | undefined

  return (model) => {
    const terms = asStationaryTerms(model.kernel.description)
    if (terms) return ofStationary(model, terms)
    memory ??= {
      matrix: workspace.matrix(n, n),
      inverse: workspace.matrix(n, n),
      factor: new Float64Array(n * n),
      weights: new Float64Array(n * n),
    }
    const { matrix, inverse, factor, weights } = memory
    const basis = meanBasis(model.mean, points)
    const width = meanWidth(model.mean, points.dimension)
    const linearized = model.kernel.linearize(points, backend)
    const covariance = linearized.covariance.slice()
    addNoise(covariance, n, model.observationNoise, data.noiseVariances)
    for (let i = 0; i < n; i++) matrix.data.set(covariance.subarray(i * n, (i + 1) * n), i * matrix.stride)
    const { jitter } = backend.cholesky(matrix)
    for (let i = 0; i < n; i++) {
      const start = i * matrix.stride
      factor.set(matrix.data.subarray(start, start + i + 1), i * n)
    }
    const { whitened, logPrior } = solveMean(factor, n, targets, basis, width)
    const alpha = whitened.slice()
    solveLowerTransposed(factor, n, alpha)
    backend.inverseFromFactor(matrix, inverse, { triangle: 'lower' })
    let trace = 0
    let logDeterminant = 0
    for (let i = 0; i < n; i++) {
      const start = i * inverse.stride
      for (let j = 0; j <= i; j++) {
        const value = 0.5 * (alpha[i]! * alpha[j]! - inverse.data[start + j]!)
        weights[i * n + j] = value
        weights[j * n + i] = value
      }
      trace += weights[i * n + i]!
      logDeterminant += 2 * Math.log(factor[i * n + i]!)
    }
    const kernelGradient = linearized.contract(weights)
    const gradient = new Float64Array(kernelGradient.length + 1)
    gradient.set(kernelGradient)
    gradient[kernelGradient.length] = model.observationNoise * trace
    return {
      value: -0.5 * dot(whitened, whitened) - 0.5 * logDeterminant - 0.5 * n * Math.log(2 * Math.PI) + logPrior,
      gradient,
      jitter,
    }
  }
}
