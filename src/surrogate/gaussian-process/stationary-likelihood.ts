/**
 * The log marginal likelihood where K = s·k(r²) + noise for one stationary kernel: by far the most common, and worth
 * doing without a pass over n×n numbers outside the backend.
 *
 *     D   squared distances: of the raw points (one length scale, computed once) or of the scaled ones (one a coordinate)
 *     G   s·∂k/∂r²
 *     A   K⁻¹, lower triangle
 *
 * Only lower triangles are formed. ∂/∂ log s needs no pass of its own: tr(αᵀKα − K⁻¹K) = αᵀ(y − Hβ) − n, less the noise's
 * share.
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'
import type { Backend, KernelFamily } from '../../numerics/linalg/backend.ts'
import type { Matrix, Workspace } from '../../numerics/linalg/matrix.ts'
import type { KernelDescription } from '../kernels/kernel.ts'
import { addNoise, dot, type GaussianProcessModel, solveMean, type TrainingData } from './gaussian-process.ts'
import type { MarginalLikelihood } from './marginal-likelihood.ts'
import { meanBasis, meanWidth } from './mean-function.ts'

/** A kernel that the fast path knows: hyper-parameters in the order of the kernel's own. */
interface StationaryModel {
  readonly family: KernelFamily
  /** Undefined when the kernel is not scaled: then it has no such hyper-parameter. */
  readonly outputScale: number | undefined
  readonly lengthScales: readonly number[]
  /** One length scale for all coordinates. */
  readonly shared: boolean
  readonly shape: number | undefined
}

const families: Readonly<Record<string, KernelFamily>> = {
  'matern-1/2': 'matern12',
  'matern-3/2': 'matern32',
  'matern-5/2': 'matern52',
  'radial-basis': 'rbf',
  'rational-quadratic': 'rational-quadratic',
}

/** The fast path's view of a kernel; undefined when it is no single stationary kernel of numeric coordinates. */
export function asStationary(description: KernelDescription): StationaryModel | undefined {
  const { kind, outputScale, kernel } = description
  if (kind === 'scale' && typeof outputScale === 'number' && isDescription(kernel)) {
    const inner = asStationary(kernel)
    return inner && inner.outputScale === undefined ? { ...inner, outputScale } : undefined
  }
  const family = families[kind]
  const { lengthScale, lengthScales, shape, categorical } = description
  if (family === undefined || categorical !== undefined) return undefined
  const shared = typeof lengthScale === 'number'
  const scales: unknown = shared ? [lengthScale] : lengthScales
  if (!isNumbers(scales)) return undefined
  return {
    family,
    outputScale: undefined,
    lengthScales: scales,
    shared,
    shape: typeof shape === 'number' ? shape : undefined,
  }
}

function isDescription(value: unknown): value is KernelDescription {
  return typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string'
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number')
}

/** Memory for one size of data, taken when it is first needed. */
interface Memory {
  readonly points: Matrix
  readonly scaled: Matrix
  readonly distances: Matrix
  readonly covariance: Matrix
  readonly derivative: Matrix
  readonly inverse: Matrix
  readonly right: Matrix
  readonly alpha: Matrix
  readonly ard: Matrix
  readonly shapeDerivative: Matrix | undefined
  distancesOfPoints: boolean
}

/**
 * A function from models with a stationary kernel to their marginal likelihood on fixed data.
 *
 * @example
 * const stationary = asStationary(model.kernel.description)
 * if (stationary) return stationaryLikelihood(data, backend, workspace)(model, stationary)
 */
export function stationaryLikelihood(
  data: TrainingData,
  backend: Backend,
  workspace: Workspace,
): (model: GaussianProcessModel, stationary: StationaryModel) => MarginalLikelihood {
  const { points, targets, noiseVariances } = data
  const { count: n, dimension } = points
  let memory: Memory | undefined

  return (model, stationary) => {
    const { family, shared, lengthScales, shape, outputScale = 1 } = stationary
    if (!shared && lengthScales.length !== dimension) {
      throw new InvalidArgumentError(
        `points have ${dimension} coordinates; expected ${lengthScales.length}, one a length scale`,
      )
    }
    const width = meanWidth(model.mean, dimension)
    if (!memory || memory.right.columns !== 1 + width || (shape !== undefined && !memory.shapeDerivative)) {
      memory = takeMemory(workspace, points.data, n, dimension, 1 + width, shape !== undefined)
    }
    const { scaled, distances, covariance, derivative, inverse, right, alpha, shapeDerivative } = memory
    let inverseSquaredLength = 1
    if (shared) {
      if (!memory.distancesOfPoints) backend.squaredDistances(memory.points, distances, { triangle: 'lower' })
      inverseSquaredLength = 1 / (lengthScales[0]! * lengthScales[0]!)
    } else {
      scaleColumns(memory.points.data, scaled.data, lengthScales, n)
      backend.squaredDistances(scaled, distances, { triangle: 'lower' })
    }
    memory.distancesOfPoints = shared
    backend.kernelFill({
      family,
      squaredDistances: distances,
      out: covariance,
      derivative,
      ...(shape !== undefined && shapeDerivative ? { shape, shapeDerivative } : {}),
      inverseSquaredLength,
      outputScale,
      triangle: 'lower',
    })
    addNoise(covariance.data, n, model.observationNoise, noiseVariances)
    // The factor goes where the inverse will be: out of its way when jitter has to be tried.
    const { jitter } = backend.cholesky(covariance, { out: inverse })
    const { coefficients, quadratic, logPrior, fit } = fitMean(model, data, backend, inverse, right, alpha)
    backend.trsm(inverse, alpha, { transpose: true })
    const logDeterminant = backend.logDeterminant(inverse)
    backend.inverseFromFactor(inverse, covariance, { triangle: 'lower' })
    const terms = { inverse: covariance, weights: alpha, derivative }

    const gradient = new Float64Array(
      (stationary.outputScale === undefined ? 0 : 1) + lengthScales.length + (shape === undefined ? 0 : 1) + 1,
    )
    let at = 0
    const a = covariance.data
    const w = alpha.data
    let noiseTrace = 0
    let trace = 0
    for (let i = 0; i < n; i++) {
      const half = 0.5 * (w[i]! * w[i]! - a[i * n + i]!)
      trace += half
      noiseTrace += half * (model.observationNoise + (noiseVariances?.[i] ?? 0) + jitter)
    }
    if (stationary.outputScale !== undefined) {
      gradient[at++] = 0.5 * (fit(w, coefficients) - n) - noiseTrace
    }
    if (shared) {
      gradient[at++] = -2 * inverseSquaredLength * backend.traceGradient({ ...terms, squaredDistances: distances })
    } else {
      backend.ardGradient({ ...terms, x: scaled, out: memory.ard })
      const ard = memory.ard.data
      for (let d = 0; d < dimension; d++) gradient[at++] = -2 * ard[d]!
    }
    if (shape !== undefined && shapeDerivative) {
      gradient[at++] = shape * backend.traceGradient({ ...terms, derivative: shapeDerivative })
    }
    gradient[at] = model.observationNoise * trace
    return {
      value: -0.5 * quadratic - 0.5 * logDeterminant - 0.5 * n * Math.log(2 * Math.PI) + logPrior,
      gradient,
      jitter,
    }
  }

  /** β, the whitened residual into `alpha`, and αᵀ(y − Hβ) as a function of α. */
  function fitMean(
    model: GaussianProcessModel,
    { points: at }: TrainingData,
    on: Backend,
    factor: Matrix,
    right: Matrix,
    alpha: Matrix,
  ) {
    const width = right.columns - 1
    const basis = meanBasis(model.mean, at)
    const from = right.data
    for (let i = 0; i < n; i++) {
      from[i * (width + 1)] = targets[i]!
      for (let p = 0; p < width; p++) from[i * (width + 1) + p + 1] = basis[i * width + p]!
    }
    on.trsm(factor, right)
    const solved = right.data
    const y = new Float64Array(n)
    const columns = new Float64Array(n * width)
    for (let i = 0; i < n; i++) {
      y[i] = solved[i * (width + 1)]!
      for (let p = 0; p < width; p++) columns[i * width + p] = solved[i * (width + 1) + p + 1]!
    }
    const { coefficients, whitened, logPrior } = solveMean(undefined, n, y, columns, width)
    alpha.data.set(whitened)
    const fit = (weights: Float64Array, beta: Float64Array): number => {
      let total = 0
      for (let i = 0; i < n; i++) {
        let residual = targets[i]!
        for (let p = 0; p < width; p++) residual -= basis[i * width + p]! * beta[p]!
        total += weights[i]! * residual
      }
      return total
    }
    return { coefficients, quadratic: dot(whitened, whitened), logPrior, fit }
  }
}

function takeMemory(
  workspace: Workspace,
  points: Float64Array,
  n: number,
  dimension: number,
  columns: number,
  shaped: boolean,
): Memory {
  const square = () => workspace.matrix(n, n)
  return {
    points: workspace.copy(points, n, dimension),
    scaled: workspace.matrix(n, dimension),
    distances: square(),
    covariance: square(),
    derivative: square(),
    inverse: square(),
    right: workspace.matrix(n, columns),
    alpha: workspace.matrix(n, 1),
    ard: workspace.matrix(dimension, 1),
    shapeDerivative: shaped ? square() : undefined,
    distancesOfPoints: false,
  }
}

function scaleColumns(from: Float64Array, to: Float64Array, lengthScales: readonly number[], n: number): void {
  const dimension = lengthScales.length
  const inverse = Float64Array.from(lengthScales, (scale) => 1 / scale)
  for (let i = 0, at = 0; i < n; i++) {
    for (let d = 0; d < dimension; d++, at++) to[at] = from[at]! * inverse[d]!
  }
}
