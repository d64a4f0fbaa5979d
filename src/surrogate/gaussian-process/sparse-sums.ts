/**
 * What observations come to for a sparse Gaussian process: sums over them that are all it keeps, formed a block at a time.
 * Notation as in sparse-process.ts.
 *
 * @module
 */
import type { Backend } from '../../numerics/linalg/backend.ts'
import { toArray } from '../../numerics/linalg/matrix.ts'
import type { Points } from '../points.ts'
import type { GaussianProcessModel } from './conditioned-process.ts'
import { covarianceFill } from './covariance-fill.ts'
import { meanBasis, meanWidth } from './mean-function.ts'
import type { TrainingData } from './training-data.ts'

/** Noise is taken for at least this part of the largest k(x, x): below it B cannot be factored in float64. */
const LEAST_NOISE = 1e-6
/** Observations, or points, that are taken together; see gaussian-process.ts for the number. */
export const BATCH = 504

/** What the observations come to. Sums are formed in their order, block by block. */
export interface SparseSums {
  /** AAᵀ, m×m, lower triangle. */
  readonly products: Float64Array
  /** AΛ^−½ [y H], m×(1 + p). */
  readonly right: Float64Array
  /** [y H]ᵀ Λ⁻¹ [y H]. */
  readonly gram: Float64Array
  /** Σ log Λ_ii. */
  readonly logNoise: number
  /** Σ (k(x_i, x_i) − ‖L⁻¹k(Z, x_i)‖²)/Λ_ii. */
  readonly unexplained: number
}

/** Of no observation: `width` is 1 + p. */
export function noSums(m: number, width: number): SparseSums {
  return {
    products: new Float64Array(m * m),
    right: new Float64Array(m * width),
    gram: new Float64Array(width * width),
    logNoise: 0,
    unexplained: 0,
  }
}

/** Sums with more observations. */
export function addUp(
  sums: SparseSums,
  model: GaussianProcessModel,
  { points, targets, noiseVariances }: TrainingData,
  inducing: Points,
  factor: Float64Array,
  backend: Backend,
): SparseSums {
  const { kernel, mean, observationNoise } = model
  const { count: n, dimension } = points
  const m = inducing.count
  const width = 1 + meanWidth(mean, dimension)
  const gram = sums.gram.slice()
  let { logNoise, unexplained } = sums
  const priorVariances = kernel.diagonal(points)
  const leastNoise = LEAST_NOISE * priorVariances.reduce((largest, value) => Math.max(largest, value), 0)
  return backend.scope((workspace) => {
    const most = Math.min(n, BATCH)
    const covariances = covarianceFill(kernel, inducing, most, backend, workspace)
    const l = workspace.copy(factor, m, m)
    const products = workspace.copy(sums.products, m, m)
    const right = workspace.copy(sums.right, m, width)
    const storage = workspace.matrix(m, most)
    const explained = workspace.matrix(most, 1)
    const scaled = workspace.matrix(most, width)
    for (let start = 0; start < n; start += most) {
      const count = Math.min(most, n - start)
      const block = { count, dimension, data: points.data.subarray(start * dimension, (start + count) * dimension) }
      const a = storage.view(0, 0, m, count)
      covariances.cross(block, a)
      backend.trsm(l, a)
      backend.columnSquaredNorms(a, explained.view(0, 0, count, 1))
      const basis = meanBasis(mean, block)
      const roots = new Float64Array(count)
      for (let i = 0; i < count; i++) {
        const noise = Math.max(observationNoise + (noiseVariances?.[start + i] ?? 0), leastNoise)
        const root = 1 / Math.sqrt(noise)
        roots[i] = root
        logNoise += Math.log(noise)
        unexplained += Math.max(priorVariances[start + i]! - explained.data[i]!, 0) / noise
        scaled.data[i * width] = root * targets[start + i]!
        for (let p = 1; p < width; p++) scaled.data[i * width + p] = root * basis[i * (width - 1) + p - 1]!
        for (let p = 0; p < width; p++) {
          for (let q = 0; q < width; q++) {
            gram[p * width + q]! += scaled.data[i * width + p]! * scaled.data[i * width + q]!
          }
        }
      }
      const values = a.data
      for (let j = 0; j < m; j++) {
        const row = j * a.stride
        for (let i = 0; i < count; i++) values[row + i]! *= roots[i]!
      }
      backend.syrk(a, products, { beta: 1 })
      backend.gemm(a, scaled.view(0, 0, count, width), right, { beta: 1 })
    }
    return { products: toArray(products), right: toArray(right), gram, logNoise, unexplained }
  })
}
