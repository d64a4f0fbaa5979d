/**
 * The exact Gaussian process, conditioned on data.
 *
 * Notation
 *   X, y   n training points and targets
 *   K      n×n kernel matrix of X plus noise: K_ij = k(x_i, x_j) + (σ² + s_i²)[i = j]
 *   σ²     fitted observation noise (variance), s_i² known noise of observation i
 *   H, β   basis of the mean and its coefficients, β ~ N(0, I), at their joint maximum a posteriori
 *   L      Cholesky factor of K
 *   α      K⁻¹(y − Hβ)
 *
 * Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), algorithm 2.1 and section 2.7.
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'
import type { Backend } from '../../numerics/linalg/backend.ts'
import { toArray } from '../../numerics/linalg/matrix.ts'
import { dot } from '../../numerics/vector.ts'
import { checkPoints, type Points } from '../points.ts'
import { gaussianPosterior, type Posterior } from '../posterior.ts'
import type { ConditionedProcess, GaussianProcessModel } from './conditioned-process.ts'
import { covarianceFill } from './covariance-fill.ts'
import { addMean, meanBasis, meanWidth, solveMean } from './mean-function.ts'
import { checkTrainingData, joined, type TrainingData } from './training-data.ts'
import { solveLower, solveLowerTransposed } from './triangular.ts'

export type { GaussianProcessModel } from './conditioned-process.ts'
export { checkTrainingData, type TrainingData } from './training-data.ts'

export interface LeaveOneOut {
  /** Prediction of every observation from all others. */
  readonly means: Float64Array
  /** Its variance, noise included. */
  readonly variances: Float64Array
  /** Σ log density of the observations under those predictions. */
  readonly logScore: number
}

export interface GaussianProcess extends ConditionedProcess {
  /** α. */
  readonly weights: Float64Array
  /** A copy of L, n×n row-major. */
  readonly factor: Float64Array
  /** Closed form: Rasmussen & Williams (2006), section 5.4.2 (at fixed β). */
  leaveOneOut(): LeaveOneOut
  /** The same process with more data, in O(n²) for each observation. */
  append(data: TrainingData): GaussianProcess
  /** The same process without one observation, in O(n²). */
  remove(index: number): GaussianProcess
  fantasize(points: Points): GaussianProcess
  /** @deprecated Its name before: {@link fantasize}. */
  fantasise(points: Points): GaussianProcess
}

const LOG_TWO_PI = Math.log(2 * Math.PI)

/**
 * Points that are predicted together: what belongs to them stays in the cache from distances to variances. Off the powers
 * of two, where rows of a matrix fall on the same few lines of it.
 */
const BATCH = 504

/**
 * Conditions a Gaussian process on data, O(n³). Limit: n ≈ 5,000 (200 MB, about 2 s); past it {@link sparseGaussianProcess}.
 *
 * @throws InvalidArgumentError when lengths disagree or there is no data; NonFiniteError on NaN or infinities;
 *   NotPositiveDefiniteError when even the largest jitter does not help.
 * @example
 * const model = { kernel: matern52({ lengthScale: 0.3 }), observationNoise: 1e-4, mean: 'constant' } as const
 * const data = { points: points([[0], [0.5], [1]]), targets: Float64Array.of(0, 1, 0) }
 * gaussianProcess(model, data, backend).posterior(points([[0.5], [0.6]])).mean // ≈ [1.00, 0.90]
 */
export function gaussianProcess(model: GaussianProcessModel, data: TrainingData, backend: Backend): GaussianProcess {
  checkTrainingData(data)
  const { points } = data
  const n = points.count
  return backend.scope((workspace) => {
    const matrix = workspace.matrix(n, n)
    covarianceFill(model.kernel, points, n, backend, workspace).own(matrix)
    addNoise(matrix.data, n, model.observationNoise, data.noiseVariances)
    const { jitter } = backend.cholesky(matrix)
    const factor = new Float64Array(n * n)
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) factor[i * n + j] = matrix.data[i * matrix.stride + j]!
    }
    return conditionOnFactor(model, data, factor, jitter, backend)
  })
}

/** Adds σ² + s_i² to the diagonal of K. */
export function addNoise(covariance: Float64Array, n: number, noise: number, known: Float64Array | undefined): void {
  for (let i = 0; i < n; i++) covariance[i * n + i]! += noise + (known?.[i] ?? 0)
}

/** A process from a factor of its matrix that is already known. @throws nothing: the caller vouches for the factor. */
export function conditionOnFactor(
  model: GaussianProcessModel,
  data: TrainingData,
  factor: Float64Array,
  jitter: number,
  backend: Backend,
): GaussianProcess {
  const { points, targets } = data
  const { kernel, mean } = model
  const n = points.count
  const width = meanWidth(mean, points.dimension)
  const solved = solveMean(factor, n, targets, meanBasis(mean, points), width)
  const { coefficients, whitened } = solved
  const weights = whitened.slice()
  solveLowerTransposed(factor, n, weights)
  let logDeterminant = 0
  for (let i = 0; i < n; i++) logDeterminant += 2 * Math.log(factor[i * n + i]!)

  const posterior = (at: Points): Posterior => {
    checkPoints(at, points.dimension)
    const m = at.count
    const means = addMean(mean, coefficients, at, new Float64Array(m))
    const variance = kernel.diagonal(at)
    backend.scope((workspace) => {
      const most = Math.min(m, BATCH)
      const covariances = covarianceFill(kernel, points, most, backend, workspace)
      const l = workspace.copy(factor, n, n)
      const alpha = workspace.vector(weights)
      const storage = workspace.matrix(n, most)
      const sums = workspace.matrix(most, 1)
      for (let start = 0; start < m; start += most) {
        const count = Math.min(most, m - start)
        const { dimension } = at
        const data = at.data.subarray(start * dimension, (start + count) * dimension)
        const cross = storage.view(0, 0, n, count)
        const sum = sums.view(0, 0, count, 1)
        covariances.cross({ count, dimension, data }, cross)
        backend.gemm(cross, alpha, sum, { transposeA: true })
        for (let j = 0; j < count; j++) means[start + j]! += sum.data[j]!
        backend.trsm(l, cross)
        backend.columnSquaredNorms(cross, sum)
        for (let j = 0; j < count; j++) variance[start + j] = Math.max(variance[start + j]! - sum.data[j]!, 0)
      }
    })
    return gaussianPosterior(
      means,
      variance,
      () => {
        return backend.scope((workspace) => {
          const cross = workspace.matrix(n, m)
          covarianceFill(kernel, points, m, backend, workspace).cross(at, cross)
          backend.trsm(workspace.copy(factor, n, n), cross)
          const out = workspace.matrix(m, m)
          covarianceFill(kernel, at, m, backend, workspace).own(out)
          backend.syrk(cross, out, { transpose: true, alpha: -1, beta: 1, triangle: 'full' })
          const joint = toArray(out)
          for (let i = 0; i < m; i++) joint[i * m + i] = variance[i]!
          return joint
        })
      },
      backend,
    )
  }

  const process: GaussianProcess = {
    model,
    data,
    jitter,
    meanCoefficients: coefficients,
    logMarginalLikelihood:
      -0.5 * dot(whitened, whitened) - 0.5 * logDeterminant - 0.5 * n * LOG_TWO_PI + solved.logPrior,
    weights,
    factor,
    posterior,
    predictAt(x) {
      const local = kernel.atPoint(x, points)
      const { covariances } = local
      const at = { count: 1, dimension: x.length, data: x }
      let value = dot(covariances, weights)
      if (width > 0) value += coefficients[0]!
      for (let d = 1; d < width; d++) value += coefficients[d]! * x[d - 1]!
      const v = covariances.slice()
      solveLower(factor, n, v)
      return {
        mean: value,
        variance: Math.max(kernel.diagonal(at)[0]! - dot(v, v), 0),
        addGradient(meanWeight, varianceWeight, out) {
          const w = v.slice()
          solveLowerTransposed(factor, n, w)
          for (let i = 0; i < n; i++) w[i] = meanWeight * weights[i]! - 2 * varianceWeight * w[i]!
          local.addGradient(w, out)
          const diagonal = kernel.diagonalGradient(x)
          for (let d = 0; d < x.length; d++) {
            out[d]! += varianceWeight * diagonal[d]!
            if (width > 1) out[d]! += meanWeight * coefficients[d + 1]!
          }
        },
      }
    },
    leaveOneOut() {
      const inverseDiagonal = backend.scope((workspace) => {
        const inverse = workspace.matrix(n, n)
        backend.inverseFromFactor(workspace.copy(factor, n, n), inverse, { triangle: 'lower' })
        const { data: values } = inverse
        return Float64Array.from({ length: n }, (_, i) => values[i * n + i]!)
      })
      const means = new Float64Array(n)
      const variances = new Float64Array(n)
      let logScore = 0
      for (let i = 0; i < n; i++) {
        variances[i] = 1 / inverseDiagonal[i]!
        means[i] = targets[i]! - weights[i]! / inverseDiagonal[i]!
        const residual = targets[i]! - means[i]!
        logScore -= 0.5 * (Math.log(variances[i]!) + (residual * residual) / variances[i]! + LOG_TWO_PI)
      }
      return { means, variances, logScore }
    },
    append(more) {
      checkTrainingData(more)
      return appendTo(process, more, backend)
    },
    remove(index) {
      if (!(Number.isInteger(index) && index >= 0 && index < n)) {
        throw new InvalidArgumentError(`index is ${index}; expected an observation from 0 to ${n - 1}`)
      }
      if (n === 1) throw new InvalidArgumentError('the last observation cannot be removed; expected at least two')
      const smaller = backend.scope((workspace) => {
        const view = backend.choleskyDelete(workspace.copy(factor, n, n), index)
        const out = new Float64Array((n - 1) * (n - 1))
        for (let i = 0; i < n - 1; i++) {
          for (let j = 0; j <= i; j++) out[i * (n - 1) + j] = view.data[i * view.stride + j]!
        }
        return out
      })
      const keep = (_: unknown, i: number) => i !== index
      const { dimension } = points
      const kept: TrainingData = {
        points: {
          count: n - 1,
          dimension,
          data: points.data.filter((_, at) => Math.floor(at / dimension) !== index),
        },
        targets: targets.filter(keep),
        ...(data.noiseVariances ? { noiseVariances: data.noiseVariances.filter(keep) } : {}),
      }
      return conditionOnFactor(model, kept, smaller, jitter, backend)
    },
    fantasize(at) {
      return at.count === 0 ? process : process.append({ points: at, targets: posterior(at).mean })
    },
    fantasise: (at) => process.fantasize(at),
  }
  return process
}

function appendTo(process: GaussianProcess, more: TrainingData, backend: Backend): GaussianProcess {
  const { model, data, factor } = process
  const n = data.points.count
  const m = more.points.count
  const total = n + m
  const all = joined(data, more)
  const known = all.noiseVariances
  const cross = model.kernel.covariance(more.points, all.points, backend)
  return backend.scope((workspace) => {
    const storage = workspace.matrix(total, total)
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) storage.data[i * storage.stride + j] = factor[i * n + j]!
    }
    let { jitter } = process
    for (let i = 0; i < m; i++) {
      const at = n + i
      for (let j = 0; j <= at; j++) storage.data[at * storage.stride + j] = cross[i * total + j]!
      // The jitter of the old rows applies to the new one too, so that appending equals refitting.
      storage.data[at * storage.stride + at]! += model.observationNoise + (known?.[at] ?? 0) + process.jitter
      jitter = Math.max(jitter, backend.choleskyAppend(storage.view(0, 0, at + 1, at + 1)).jitter)
    }
    const grown = new Float64Array(total * total)
    for (let i = 0; i < total; i++) {
      for (let j = 0; j <= i; j++) grown[i * total + j] = storage.data[i * storage.stride + j]!
    }
    return conditionOnFactor(model, all, grown, jitter, backend)
  })
}
