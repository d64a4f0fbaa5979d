/**
 * Which points stand for all of them in a sparse process. They are taken one after another, always the one whose value
 * the points before say least about. This is Cholesky factorization of K with greedy pivots.
 *
 * Notation
 *   V     t×n, the first t rows of the pivoted factor: K ≈ VᵀV
 *   d_i   k(x_i, x_i) − Σ_s V_si², the variance that t points leave at x_i
 *
 * D. Burt, C. Rasmussen, M. van der Wilk, "Convergence of sparse variational inference in Gaussian processes regression"
 * (2020), section 4.2.
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'
import type { Backend } from '../../numerics/linalg/backend.ts'
import { argmax } from '../../numerics/vector.ts'
import type { Kernel } from '../kernels/kernel.ts'
import { type Points, takePoints } from '../points.ts'
import { covarianceFill } from './covariance-fill.ts'

export interface InducingPointsOptions {
  /** Most points taken. Fewer where these say everything. */
  readonly count: number
  /** Indices of points that are taken before any other, in this order. @defaultValue none */
  readonly first?: readonly number[]
}

/** Of more points than this, evenly spaced ones are looked at: V takes 8 bytes for each of them and each point taken. */
const MOST_LOOKED_AT = 20_000
/** A variance of less than this part of the largest k(x, x) is as good as none. */
const NEGLIGIBLE = 1e-8

/**
 * Indices of inducing points, in the order they were taken. O(n·count²), on at most 20,000 of the points. The same points
 * and kernel give the same indices.
 *
 * @throws InvalidArgumentError when `count` is not a positive whole number, or `first` has an index there is none of.
 * @example
 * selectInducingPoints(matern52({ lengthScale: 1 }), points([[0], [0.01], [1]]), { count: 2 }, backend) // [0, 2]
 */
export function selectInducingPoints(
  kernel: Kernel,
  points: Points,
  options: InducingPointsOptions,
  backend: Backend,
): number[] {
  const { count, first = [] } = options
  if (!(Number.isInteger(count) && count >= 1)) {
    throw new InvalidArgumentError(`count is ${count}; expected a positive whole number`)
  }
  const beyond = first.find((index) => !(Number.isInteger(index) && index >= 0 && index < points.count))
  if (beyond !== undefined) {
    throw new InvalidArgumentError(`first has ${beyond}; expected an index from 0 to ${points.count - 1}`)
  }
  const looked = lookedAt(points.count, first)
  const subset = looked.length === points.count ? points : takePoints(points, looked)
  const place = new Map(looked.map((index, at) => [index, at]))
  const queue = [...new Set(first)].map((index) => place.get(index)!)
  return pivots(kernel, subset, Math.min(count, subset.count), queue, backend).map((at) => looked[at]!)
}

function pivots(kernel: Kernel, points: Points, count: number, queue: readonly number[], backend: Backend): number[] {
  const { count: n, dimension, data } = points
  const left = kernel.diagonal(points)
  const enough = NEGLIGIBLE * left[argmax(left) ?? 0]!
  const chosen: number[] = []
  return backend.scope((workspace) => {
    const covariances = covarianceFill(kernel, points, 1, backend, workspace)
    const v = workspace.matrix(count, n)
    const column = workspace.matrix(n, 1)
    const weights = workspace.matrix(1, count)
    for (let next = 0; chosen.length < count; ) {
      const asked = queue[next++]
      const pivot = asked ?? argmax(left)!
      const variance = left[pivot]!
      if (!(variance > enough)) {
        // One that was asked for is a copy of another; any other says that all are.
        if (asked !== undefined) continue
        break
      }
      const t = chosen.length
      const x = data.subarray(pivot * dimension, (pivot + 1) * dimension)
      covariances.cross({ count: 1, dimension, data: x }, column)
      const row = v.view(t, 0, 1, n)
      if (t > 0) {
        for (let s = 0; s < t; s++) weights.data[s] = v.data[s * v.stride + pivot]!
        backend.gemm(weights.view(0, 0, 1, t), v.view(0, 0, t, n), row)
      }
      const scale = 1 / Math.sqrt(variance)
      const values = row.data
      const covariance = column.data
      for (let i = 0; i < n; i++) {
        const value = scale * (covariance[i]! - values[i]!)
        values[i] = value
        left[i]! -= value * value
      }
      left[pivot] = 0
      chosen.push(pivot)
    }
    return chosen
  })
}

/** All, or evenly spaced ones and those that must be among them; ascending. */
function lookedAt(count: number, first: readonly number[]): number[] {
  if (count <= MOST_LOOKED_AT) return Array.from({ length: count }, (_, i) => i)
  const spaced = Array.from({ length: MOST_LOOKED_AT }, (_, k) => Math.floor((k * count) / MOST_LOOKED_AT))
  return [...new Set([...spaced, ...first])].sort((i, j) => i - j)
}
