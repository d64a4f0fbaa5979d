/**
 * The log marginal likelihood where K = Σ_t s_t·k_t(r_t²) + noise for stationary kernels, one term per view. This is by
 * far the most common case, and worth doing without a pass over n×n numbers outside the backend.
 *
 *     D   squared distances: of the raw points (one length scale, computed once) or of the scaled ones (one per coordinate)
 *     G   s·∂k/∂r²
 *     A   K⁻¹, lower triangle
 *
 * Only lower triangles are formed. With a single term ∂/∂ log s needs no pass of its own: tr(αᵀKα − K⁻¹K) =
 * αᵀ(y − Hβ) − n, less the noise's share.
 *
 * @module
 */
import type { Backend } from '../../numerics/linalg/backend.ts'
import type { Matrix, Workspace } from '../../numerics/linalg/matrix.ts'
import { dot } from '../../numerics/vector.ts'
import { addNoise, type GaussianProcessModel, type TrainingData } from './gaussian-process.ts'
import { meanBasis, meanWidth, solveMean } from './mean-function.ts'
import { divideByLengths, fillTerm, type StationaryTerm, takeCoordinates, widthOf } from './stationary-terms.ts'

export interface MarginalLikelihood {
  readonly value: number
  /** Kernel hyper-parameters in their order, then the observation noise; with respect to logarithms. */
  readonly gradient: Float64Array
  readonly jitter: number
}

/** Memory of one term for one size of data. */
interface TermMemory {
  /** The coordinates that the term sees, raw and divided by its length scales. */
  readonly points: Matrix
  readonly scaled: Matrix
  readonly distances: Matrix
  readonly derivative: Matrix
  /** s·k(r²) alone; undefined when there is no other term. */
  readonly own: Matrix | undefined
  readonly ard: Matrix
  readonly shapeDerivative: Matrix | undefined
  distancesOfPoints: boolean
}

/** Memory for one structure of model, taken when it is first needed. */
interface Memory {
  readonly terms: readonly TermMemory[]
  readonly covariance: Matrix
  readonly inverse: Matrix
  readonly right: Matrix
  readonly alpha: Matrix
}

/**
 * A function from models whose kernel is a sum of stationary ones to their marginal likelihood on fixed data.
 *
 * @example
 * using workspace = backend.workspace()
 * const terms = asStationaryTerms(surrogate.model.kernel.description)!
 * stationaryLikelihood(data, backend, workspace)(surrogate.model, terms).value - surrogate.logMarginalLikelihood // ≈ 0.0000
 */
export function stationaryLikelihood(
  data: TrainingData,
  backend: Backend,
  workspace: Workspace,
): (model: GaussianProcessModel, terms: readonly StationaryTerm[]) => MarginalLikelihood {
  const { points, targets, noiseVariances } = data
  const { count: n, dimension } = points
  const memories = new Map<string, Memory>()
  const triangle = 'lower'

  /** K without noise, and what its derivatives need. */
  const formCovariance = (terms: readonly StationaryTerm[], memory: Memory): void => {
    const { covariance } = memory
    for (const [index, term] of terms.entries()) {
      const of = memory.terms[index]!
      const { distances, derivative, own, shapeDerivative } = of
      if (!term.shared) {
        divideByLengths(term, of.points, of.scaled)
        backend.squaredDistances(of.scaled, distances, { triangle })
      } else if (!of.distancesOfPoints) backend.squaredDistances(of.points, distances, { triangle })
      of.distancesOfPoints = term.shared
      fillTerm(term, backend, {
        squaredDistances: distances,
        out: own ?? covariance,
        derivative,
        ...(shapeDerivative ? { shapeDerivative } : {}),
        triangle,
      })
    }
    if (terms.length > 1) addLower(covariance.data, memory.terms, n)
  }

  return (model, terms) => {
    const width = meanWidth(model.mean, dimension)
    // Widths first: they complain of points that do not fit.
    const structure = terms.map(
      (term) => `${term.dimensions?.join() ?? ''}:${widthOf(term, dimension)}:${term.shape === undefined}`,
    )
    const key = `${width};${structure.join(';')}`
    let memory = memories.get(key)
    if (!memory) {
      memory = takeMemory(data, workspace, terms, 1 + width)
      memories.set(key, memory)
    }
    const { covariance, inverse, right, alpha } = memory
    formCovariance(terms, memory)
    addNoise(covariance.data, n, model.observationNoise, noiseVariances)
    // The factor goes where the inverse will be: out of its way when jitter has to be tried.
    const { jitter } = backend.cholesky(covariance, { out: inverse })
    const { coefficients, quadratic, logPrior, fit } = fitMean(model, data, backend, inverse, right, alpha)
    backend.trsm(inverse, alpha, { transpose: true })
    const logDeterminant = backend.logDeterminant(inverse)
    backend.inverseFromFactor(inverse, covariance, { triangle })

    const a = covariance.data
    const w = alpha.data
    let noiseTrace = 0
    let trace = 0
    for (let i = 0; i < n; i++) {
      const half = 0.5 * (w[i]! * w[i]! - a[i * n + i]!)
      trace += half
      noiseTrace += half * (model.observationNoise + (noiseVariances?.[i] ?? 0) + jitter)
    }
    const gradient: number[] = []
    for (const [index, term] of terms.entries()) {
      const { distances, derivative, own, ard, scaled, shapeDerivative } = memory.terms[index]!
      const { shared, lengthScales, shape } = term
      const given = { inverse: covariance, weights: alpha, derivative }
      if (term.outputScale !== undefined) {
        gradient.push(
          own ? backend.traceGradient({ ...given, derivative: own }) : 0.5 * (fit(w, coefficients) - n) - noiseTrace,
        )
      }
      if (shared) {
        const inverseSquaredLength = 1 / (lengthScales[0]! * lengthScales[0]!)
        gradient.push(-2 * inverseSquaredLength * backend.traceGradient({ ...given, squaredDistances: distances }))
      } else {
        backend.ardGradient({ ...given, x: scaled, out: ard })
        for (const value of ard.data) gradient.push(-2 * value)
      }
      if (shape !== undefined && shapeDerivative) {
        gradient.push(shape * backend.traceGradient({ ...given, derivative: shapeDerivative }))
      }
    }
    gradient.push(model.observationNoise * trace)
    return {
      value: -0.5 * quadratic - 0.5 * logDeterminant - 0.5 * n * Math.log(2 * Math.PI) + logPrior,
      gradient: Float64Array.from(gradient),
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
  { points }: TrainingData,
  workspace: Workspace,
  terms: readonly StationaryTerm[],
  columns: number,
): Memory {
  const n = points.count
  const square = () => workspace.matrix(n, n)
  const ofTerm = (term: StationaryTerm): TermMemory => {
    const width = widthOf(term, points.dimension)
    const seen = workspace.matrix(n, width)
    takeCoordinates(term, points, seen)
    return {
      points: seen,
      scaled: workspace.matrix(n, width),
      distances: square(),
      derivative: square(),
      own: terms.length > 1 ? square() : undefined,
      ard: workspace.matrix(width, 1),
      shapeDerivative: term.shape === undefined ? undefined : square(),
      distancesOfPoints: false,
    }
  }
  return {
    terms: terms.map(ofTerm),
    covariance: square(),
    inverse: square(),
    right: workspace.matrix(n, columns),
    alpha: workspace.matrix(n, 1),
  }
}

/** Lower triangle of `to` ← the sum of the terms. */
function addLower(to: Float64Array, terms: readonly TermMemory[], n: number): void {
  for (const [index, { own }] of terms.entries()) {
    const from = own!.data
    for (let i = 0; i < n; i++) {
      for (let at = i * n; at <= i * n + i; at++) to[at] = (index === 0 ? 0 : to[at]!) + from[at]!
    }
  }
}
