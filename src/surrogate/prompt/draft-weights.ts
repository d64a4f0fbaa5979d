/**
 * Weights of the text kernels by which drafts are predicted. Notation as in draft-model.ts.
 *
 * w and τ maximize the posterior density of log w and log τ: marginal likelihood (Rasmussen & Williams 2006, §5.4) with
 * normal priors. The priors keep the weights near each other, which few outcomes cannot tell apart.
 *
 * @module
 */
import { minimizeLbfgsb } from '../../numerics/optimize/lbfgsb.ts'
import { cholesky, logDeterminant, solveLower, solveUpper } from './dense.ts'

/** Measured prompts that weights are fitted to. */
const MOST_FITTED = 128
const MOST_ITERATIONS = 25
/** Standard deviations of the priors of log amplitude, log relative weights and log τ. */
const AMPLITUDE_SPREAD = 1.5
const WEIGHT_SPREAD = 0.7
const INDEPENDENT_SPREAD = 1.5
/** log of the share of τ in the amplitude a priori. */
const INDEPENDENT_SHARE = -1.5

/** Weights of the kernels, and τ. */
export function unpackWeights(parameters: Float64Array, count: number) {
  const weights = new Float64Array(count)
  for (let k = 0; k < count; k++) weights[k] = Math.exp(parameters[0]! + parameters[2 + k]!) / count
  return { weights, independent: Math.exp(parameters[1]!) }
}

/** Σ_k w_k R_k + level, with `diagonal` added; the leading `rows` of matrices of `stride` columns. */
export function draftCovariance(
  correlations: readonly Float64Array[],
  weights: Float64Array,
  rows: number,
  stride: number,
  diagonal: (i: number) => number,
  level: number,
  out: Float64Array,
): void {
  out.fill(level)
  correlations.forEach((matrix, k) => {
    const weight = weights[k]!
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j <= i; j++) out[i * rows + j]! += weight * matrix[i * stride + j]!
    }
  })
  for (let i = 0; i < rows; i++) out[i * rows + i]! += diagonal(i)
}

interface WeightProblem {
  readonly correlations: readonly Float64Array[]
  readonly size: number
  readonly residual: Float64Array
  readonly v: Float64Array
  readonly variance: number
  readonly level: number
}

/** log A, log τ, then log of every relative weight. */
export function fitWeights({ correlations, size, residual, v, variance, level }: WeightProblem): Float64Array {
  const count = correlations.length
  const n = Math.min(size, MOST_FITTED)
  const center = new Float64Array(count + 2)
  center[0] = Math.log(variance)
  center[1] = Math.log(variance) + INDEPENDENT_SHARE
  const spreads = Float64Array.from(center, (_, k) => [AMPLITUDE_SPREAD, INDEPENDENT_SPREAD][k] ?? WEIGHT_SPREAD)
  const factor = new Float64Array(n * n)
  const inverse = new Float64Array(n * n)
  const y = residual.slice(0, n)
  const objective = (parameters: Float64Array, gradient: Float64Array): number => {
    const { weights, independent } = unpackWeights(parameters, count)
    draftCovariance(correlations, weights, n, size, (i) => independent + v[i]!, level, factor)
    cholesky(factor, n)
    invert(factor, n, inverse)
    const alpha = solveUpper(factor, n, solveLower(factor, n, y.slice()))
    let value = 0.5 * logDeterminant(factor, n)
    for (let i = 0; i < n; i++) value += 0.5 * y[i]! * alpha[i]!
    gradient.fill(0)
    // ½ tr((C⁻¹ − ααᵀ) ∂C), over the lower triangle.
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) inverse[i * n + j] = inverse[i * n + j]! - alpha[i]! * alpha[j]!
      inverse[i * n + i] = 0.5 * (inverse[i * n + i]! - alpha[i]! * alpha[i]!)
      gradient[1]! += independent * inverse[i * n + i]!
    }
    correlations.forEach((matrix, k) => {
      let sum = 0
      for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) sum += inverse[i * n + j]! * matrix[i * size + j]!
      gradient[2 + k]! += weights[k]! * sum
      gradient[0]! += weights[k]! * sum
    })
    for (let k = 0; k < parameters.length; k++) {
      const off = (parameters[k]! - center[k]!) / spreads[k]!
      value += 0.5 * off * off
      gradient[k]! += off / spreads[k]!
    }
    return value
  }
  return minimizeLbfgsb(objective, center, {
    lower: center.map((value, k) => value - 4 * spreads[k]!),
    upper: center.map((value, k) => value + 4 * spreads[k]!),
    maxIterations: MOST_ITERATIONS,
    valueTolerance: 1e-5,
  }).x
}

/** Lower triangle of (L Lᵀ)⁻¹. */
function invert(l: Float64Array, n: number, out: Float64Array): void {
  // Rows of L⁻¹ᵀ, so that both passes run along rows.
  const columns = new Float64Array(n * n)
  for (let c = 0; c < n; c++) {
    const column = columns.subarray(c * n, (c + 1) * n)
    column[c] = 1
    solveLower(l, n, column, c)
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0
      for (let k = i; k < n; k++) sum += columns[i * n + k]! * columns[j * n + k]!
      out[i * n + j] = sum
    }
  }
}
