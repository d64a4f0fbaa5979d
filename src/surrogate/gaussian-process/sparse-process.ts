/**
 * The sparse Gaussian process: m inducing points stand for n observations, in O(nm²) time and O(m²) memory.
 *
 * Notation
 *   Z, L     m inducing points; Cholesky factor of k(Z, Z)
 *   Λ        n×n, diagonal: noise of every observation, σ² + s_i²
 *   A        L⁻¹k(Z, X)Λ^−½, m×n, formed a block of observations at a time
 *   B        I + AAᵀ, with Cholesky factor M
 *   H, β     basis of the mean and its coefficients, β ~ N(0, I), at their maximum a posteriori
 *   r        y − Hβ
 *   c        M⁻¹AΛ^−½ r
 *
 *   mean(x)      h(x)ᵀβ + k(x, Z) L⁻ᵀM⁻ᵀc
 *   variance(x)  k(x, x) − ‖L⁻¹k(Z, x)‖² + ‖M⁻¹L⁻¹k(Z, x)‖²
 *   bound        log N(y; Hβ, AᵀA + I over Λ) − ½ Σ_i (k(x_i, x_i) − ‖L⁻¹k(Z, x_i)‖²)/Λ_ii  ≤  log p(y)
 *
 * With Z = X it is the exact process. M. Titsias, "Variational learning of inducing variables in sparse Gaussian
 * processes" (2009).
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'
import type { Backend } from '../../numerics/linalg/backend.ts'
import { type Matrix, toArray } from '../../numerics/linalg/matrix.ts'
import { dot } from '../../numerics/vector.ts'
import { checkPoints, type Points, takePoints } from '../points.ts'
import { gaussianPosterior, type Posterior } from '../posterior.ts'
import type { LocalPrediction } from '../surrogate.ts'
import type { ConditionedProcess, GaussianProcessModel } from './conditioned-process.ts'
import { covarianceFill } from './covariance-fill.ts'
import { selectInducingPoints } from './inducing-points.ts'
import { addMean, meanWidth } from './mean-function.ts'
import { addUp, BATCH, noSums, type SparseSums } from './sparse-sums.ts'
import { checkTrainingData, concatenatePoints, joined, type TrainingData } from './training-data.ts'
import { factorSmall, solveLower, solveLowerTransposed } from './triangular.ts'

export interface SparseGaussianProcess extends ConditionedProcess {
  /** Z. */
  readonly inducing: Points
  /** A lower bound of the log marginal likelihood of the data, tight where the inducing points say everything. */
  readonly logMarginalLikelihood: number
  /** The same inducing points with more data, in O(m²) for each observation and O(m³) in all. */
  append(data: TrainingData): SparseGaussianProcess
  /** Pending points become inducing points, too: their variances shrink as those of an exact process do. */
  fantasize(points: Points): SparseGaussianProcess
}

export interface SparseOptions {
  /**
   * How many inducing points to take at most, chosen by `selectInducingPoints`; or the points themselves.
   *
   * @defaultValue {@link DEFAULT_INDUCING_POINTS}
   */
  readonly inducing?: number | Points
  /** Indices of observations that are inducing points in any case, such as the best ones. @defaultValue none */
  readonly first?: readonly number[]
}

export const DEFAULT_INDUCING_POINTS = 512

const LOG_TWO_PI = Math.log(2 * Math.PI)

/**
 * Conditions a sparse Gaussian process on data. Hyper-parameters are fitted elsewhere: `fitProcess` does both. Known noise
 * variances may differ from observation to observation.
 *
 * @throws InvalidArgumentError when lengths disagree or there is no data; NonFiniteError on NaN or infinities;
 *   NotPositiveDefiniteError when even the largest jitter does not help.
 * @example
 * const process = sparseGaussianProcess(surrogate.model, surrogate.data, { inducing: 2 }, backend)
 * process.inducing.count // 2
 * process.logMarginalLikelihood <= surrogate.logMarginalLikelihood // true
 */
export function sparseGaussianProcess(
  model: GaussianProcessModel,
  data: TrainingData,
  options: SparseOptions,
  backend: Backend,
): SparseGaussianProcess {
  checkTrainingData(data)
  const { inducing = DEFAULT_INDUCING_POINTS, first = [] } = options
  const select = (count: number) =>
    takePoints(data.points, selectInducingPoints(model.kernel, data.points, { count, first }, backend))
  const chosen = typeof inducing === 'number' ? select(inducing) : inducing
  if (chosen.count === 0) throw new InvalidArgumentError('inducing has no points; expected at least one')
  checkPoints(chosen, data.points.dimension)
  const m = chosen.count
  const { factor, jitter } = backend.scope((workspace) => {
    const matrix = workspace.matrix(m, m)
    covarianceFill(model.kernel, chosen, m, backend, workspace).own(matrix)
    return { ...backend.cholesky(matrix), factor: lowerOf(matrix) }
  })
  const width = 1 + meanWidth(model.mean, data.points.dimension)
  const none = noSums(m, width)
  const sums = addUp(none, model, data, chosen, factor, backend)
  return conditionOnSums(model, data, chosen, factor, jitter, sums, backend)
}

function conditionOnSums(
  model: GaussianProcessModel,
  data: TrainingData,
  inducing: Points,
  factor: Float64Array,
  factorJitter: number,
  sums: SparseSums,
  backend: Backend,
): SparseGaussianProcess {
  const { kernel, mean } = model
  const m = inducing.count
  const { count: n, dimension } = data.points
  const width = 1 + meanWidth(mean, dimension)
  const { inner, whitened, jitter } = backend.scope((workspace) => {
    const matrix = workspace.copy(sums.products, m, m)
    for (let i = 0; i < m; i++) matrix.data[i * m + i]! += 1
    const report = backend.cholesky(matrix)
    const right = workspace.copy(sums.right, m, width)
    backend.trsm(matrix, right)
    return { inner: lowerOf(matrix), whitened: toArray(right), jitter: Math.max(factorJitter, report.jitter) }
  })
  const coefficients = meanCoefficients(sums.gram, whitened, m, width)
  // γ = M⁻ᵀc and the weights L⁻ᵀγ; rᵀΛ⁻¹r from the Gram matrix.
  const residual = Float64Array.from({ length: m }, (_, j) => {
    let value = whitened[j * width]!
    for (let p = 1; p < width; p++) value -= coefficients[p - 1]! * whitened[j * width + p]!
    return value
  })
  const signs = Float64Array.from({ length: width }, (_, p) => (p === 0 ? 1 : -coefficients[p - 1]!))
  let quadratic = -dot(residual, residual)
  for (let p = 0; p < width; p++) {
    for (let q = 0; q < width; q++) quadratic += signs[p]! * signs[q]! * sums.gram[p * width + q]!
  }
  let logDeterminant = sums.logNoise
  for (let i = 0; i < m; i++) logDeterminant += 2 * Math.log(inner[i * m + i]!)
  const weights = residual.slice()
  solveLowerTransposed(inner, m, weights)
  solveLowerTransposed(factor, m, weights)

  const posterior = (at: Points): Posterior => {
    checkPoints(at, dimension)
    const means = addMean(mean, coefficients, at, new Float64Array(at.count))
    const variance = kernel.diagonal(at)
    backend.scope((workspace) => {
      const most = Math.min(at.count, BATCH)
      const covariances = covarianceFill(kernel, inducing, most, backend, workspace)
      const l = workspace.copy(factor, m, m)
      const inside = workspace.copy(inner, m, m)
      const alpha = workspace.vector(weights)
      const storage = workspace.matrix(m, most)
      const column = workspace.matrix(most, 1)
      for (let start = 0; start < at.count; start += most) {
        const count = Math.min(most, at.count - start)
        const block = { count, dimension, data: at.data.subarray(start * dimension, (start + count) * dimension) }
        const cross = storage.view(0, 0, m, count)
        const sum = column.view(0, 0, count, 1)
        covariances.cross(block, cross)
        backend.gemm(cross, alpha, sum, { transposeA: true })
        for (let j = 0; j < count; j++) means[start + j]! += sum.data[j]!
        backend.trsm(l, cross)
        backend.columnSquaredNorms(cross, sum)
        for (let j = 0; j < count; j++) variance[start + j]! -= sum.data[j]!
        backend.trsm(inside, cross)
        backend.columnSquaredNorms(cross, sum)
        for (let j = 0; j < count; j++) variance[start + j] = Math.max(variance[start + j]!, 0) + sum.data[j]!
      }
    })
    const joint = () =>
      backend.scope((workspace) => {
        const cross = workspace.matrix(m, at.count)
        covarianceFill(kernel, inducing, at.count, backend, workspace).cross(at, cross)
        backend.trsm(workspace.copy(factor, m, m), cross)
        const out = workspace.matrix(at.count, at.count)
        covarianceFill(kernel, at, at.count, backend, workspace).own(out)
        backend.syrk(cross, out, { transpose: true, alpha: -1, beta: 1 })
        backend.trsm(workspace.copy(inner, m, m), cross)
        backend.syrk(cross, out, { transpose: true, beta: 1, triangle: 'full' })
        const covariance = toArray(out)
        for (let i = 0; i < at.count; i++) covariance[i * at.count + i] = variance[i]!
        return covariance
      })
    return gaussianPosterior(means, variance, joint, backend)
  }

  const process: SparseGaussianProcess = {
    model,
    data,
    inducing,
    jitter,
    meanCoefficients: coefficients,
    logMarginalLikelihood:
      -0.5 * (quadratic + logDeterminant + n * LOG_TWO_PI + sums.unexplained + dot(coefficients, coefficients)),
    posterior,
    predictAt: (x): LocalPrediction => {
      const local = kernel.atPoint(x, inducing)
      const at = { count: 1, dimension: x.length, data: x }
      const v = local.covariances.slice()
      solveLower(factor, m, v)
      const w = v.slice()
      solveLower(inner, m, w)
      return {
        mean: addMean(mean, coefficients, at, Float64Array.of(dot(local.covariances, weights)))[0]!,
        variance: Math.max(kernel.diagonal(at)[0]! - dot(v, v), 0) + dot(w, w),
        addGradient(meanWeight, varianceWeight, out) {
          // ∂variance/∂k = 2 L⁻ᵀ(M⁻ᵀw − v).
          const slopes = w.slice()
          solveLowerTransposed(inner, m, slopes)
          for (let i = 0; i < m; i++) slopes[i]! -= v[i]!
          solveLowerTransposed(factor, m, slopes)
          for (let i = 0; i < m; i++) slopes[i] = meanWeight * weights[i]! + 2 * varianceWeight * slopes[i]!
          local.addGradient(slopes, out)
          const diagonal = kernel.diagonalGradient(x)
          for (let d = 0; d < x.length; d++) {
            out[d]! += varianceWeight * diagonal[d]!
            if (mean === 'linear') out[d]! += meanWeight * coefficients[d + 1]!
          }
        },
      }
    },
    append(more) {
      checkTrainingData(more)
      const grown = addUp(sums, model, more, inducing, factor, backend)
      return conditionOnSums(model, joined(data, more), inducing, factor, factorJitter, grown, backend)
    },
    fantasize(at) {
      if (at.count === 0) return process
      const imputed = { points: at, targets: posterior(at).mean }
      const options = { inducing: concatenatePoints(inducing, at) }
      return sparseGaussianProcess(model, joined(data, imputed), options, backend)
    },
  }
  return process
}

/** (HᵀQ⁻¹H + I)β = HᵀQ⁻¹y, Q the covariance of the observations: by Woodbury, the Gram matrix less that of the whitened. */
function meanCoefficients(gram: Float64Array, whitened: Float64Array, m: number, width: number): Float64Array {
  const p = width - 1
  const coefficients = new Float64Array(p)
  if (p === 0) return coefficients
  const explained = (a: number, b: number): number => {
    let total = gram[a * width + b]!
    for (let j = 0; j < m; j++) total -= whitened[j * width + a]! * whitened[j * width + b]!
    return total
  }
  const normal = new Float64Array(p * p)
  for (let a = 0; a < p; a++) {
    for (let b = 0; b <= a; b++) normal[a * p + b] = explained(a + 1, b + 1) + (a === b ? 1 : 0)
    coefficients[a] = explained(a + 1, 0)
  }
  factorSmall(normal, p)
  solveLower(normal, p, coefficients)
  solveLowerTransposed(normal, p, coefficients)
  return coefficients
}

/** The lower triangle, zeros above it. */
function lowerOf(matrix: Matrix): Float64Array {
  const n = matrix.rows
  const out = new Float64Array(n * n)
  const { data, stride } = matrix
  for (let i = 0; i < n; i++) out.set(data.subarray(i * stride, i * stride + i + 1), i * n)
  return out
}
