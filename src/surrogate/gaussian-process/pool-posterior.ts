/**
 * Means and variances over a fixed pool of candidates, kept up to date as observations arrive.
 *
 * Notation
 *   n, m, d   observations, candidates, coordinates
 *   L         Cholesky factor of K + σ²I, n×n
 *   V         L⁻¹K*, n×m: K* holds the covariances of observations with candidates
 *   z         L⁻¹y
 *
 * mean = Vᵀz and variance = k(0) − Σ_i V_ij². One more observation adds a row to L, V and z and touches nothing else:
 * O(md + nm + n²) instead of O(nmd + n²m + n³). Rasmussen & Williams (2006), algorithm 2.1.
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'
import type { Backend, KernelFamily } from '../../numerics/linalg/backend.ts'
import type { Matrix } from '../../numerics/linalg/matrix.ts'
import type { Points } from '../points.ts'

export interface PoolPosteriorOptions {
  readonly backend: Backend
  readonly family: KernelFamily
  readonly lengthScale: number
  /** Kernel at distance 0. @defaultValue 1 */
  readonly outputScale?: number
  /** Variance of the observation noise. */
  readonly observationNoise: number
  /** What may be observed, and is predicted; not copied twice, so it may be large. */
  readonly candidates: Points
  /** Observations there is room for. */
  readonly capacity: number
}

/** Holds memory of its backend until it is disposed. */
export interface PoolPosterior extends Disposable {
  /** Observations taken in. */
  readonly count: number
  /** One per candidate; updated in place. The mean of the process is zero: standardize the targets. */
  readonly means: Float64Array
  /** One per candidate, without observation noise; updated in place, never negative. */
  readonly variances: Float64Array
  /**
   * Conditions on more observations. The first batch costs a factorization, a single further one O(md + nm + n²).
   *
   * @returns the largest jitter that had to be added
   * @throws InvalidArgumentError when widths differ, lengths disagree, or the capacity is exceeded
   */
  append(points: Points, targets: ArrayLike<number>): { readonly jitter: number }
}

/**
 * A posterior over a pool that grows by observations.
 *
 * @example
 * const model = { backend, family: 'matern52', lengthScale: 0.3, observationNoise: 1e-4 } as const
 * using posterior = createPoolPosterior({ ...model, candidates, capacity: 200 })
 * posterior.append(points([[0.5]]), [1])
 * posterior.means[5] // ≈ 1.000
 */
export function createPoolPosterior(options: PoolPosteriorOptions): PoolPosterior {
  const { backend, family, lengthScale, outputScale = 1, observationNoise, candidates: pool, capacity } = options
  if (!(lengthScale > 0)) throw new InvalidArgumentError(`lengthScale is ${lengthScale}; expected a positive number`)
  if (!(observationNoise >= 0)) {
    throw new InvalidArgumentError(`observationNoise is ${observationNoise}; expected 0 or more`)
  }
  const { count: m, dimension: d } = pool
  const workspace = backend.workspace()
  const candidates = workspace.copy(pool.data, m, d)
  const observed = workspace.matrix(capacity, d)
  const factor = workspace.matrix(capacity, capacity)
  const whitened = workspace.matrix(capacity, m)
  const z = workspace.matrix(capacity, 1)
  const means = new Float64Array(m)
  const variances = new Float64Array(m).fill(outputScale)
  const kernel = { family, outputScale, inverseSquaredLength: 1 / (lengthScale * lengthScale) }
  const fill = (matrix: Matrix) => backend.kernelFill({ ...kernel, squaredDistances: matrix, out: matrix })
  let count = 0

  /** Adds what rows `from` … `to` of V and z contribute. */
  const accumulate = (from: number, to: number): void => {
    const v = whitened.data
    for (let i = from; i < to; i++) {
      const weight = z.data[i]!
      const row = i * whitened.stride
      for (let j = 0; j < m; j++) {
        const value = v[row + j]!
        means[j] = means[j]! + weight * value
        variances[j] = Math.max(variances[j]! - value * value, 0)
      }
    }
  }

  const appendFirst = (n: number): number => {
    const l = factor.view(0, 0, n, n)
    const x = observed.view(0, 0, n, d)
    backend.squaredDistances(x, l, { triangle: 'lower' })
    backend.kernelFill({ ...kernel, squaredDistances: l, out: l, triangle: 'lower' })
    for (let i = 0; i < n; i++) l.data[i * l.stride + i] = l.data[i * l.stride + i]! + observationNoise
    const { jitter } = backend.cholesky(l)
    const v = whitened.view(0, 0, n, m)
    backend.crossSquaredDistances(x, candidates, v)
    fill(v)
    backend.trsm(l, v)
    backend.trsm(l, z.view(0, 0, n, 1))
    return jitter
  }

  const appendOne = (n: number): number => {
    const x = observed.view(n, 0, 1, d)
    const row = factor.view(n, 0, 1, n)
    backend.crossSquaredDistances(x, observed.view(0, 0, n, d), row)
    fill(row)
    factor.data[n * factor.stride + n] = outputScale + observationNoise
    const { jitter } = backend.choleskyAppend(factor.view(0, 0, n + 1, n + 1))
    const v = whitened.view(n, 0, 1, m)
    backend.crossSquaredDistances(x, candidates, v)
    fill(v)
    // v ← (k − lᵀV)/λ, and the same for z.
    const scale = 1 / factor.data[n * factor.stride + n]!
    backend.gemm(row, whitened.view(0, 0, n, m), v, { alpha: -scale, beta: scale })
    backend.gemm(row, z.view(0, 0, n, 1), z.view(n, 0, 1, 1), { alpha: -scale, beta: scale })
    return jitter
  }

  return {
    get count() {
      return count
    },
    means,
    variances,
    append(points, targets) {
      if (points.dimension !== d) {
        throw new InvalidArgumentError(`points have ${points.dimension} coordinates; expected ${d}`)
      }
      if (targets.length !== points.count) {
        throw new InvalidArgumentError(`targets has ${targets.length} numbers; expected ${points.count}, one per point`)
      }
      if (count + points.count > capacity) {
        throw new InvalidArgumentError(
          `${count + points.count} observations are more than the capacity; expected at most ${capacity}`,
        )
      }
      let jitter = 0
      const start = count
      for (let i = 0; i < points.count; i++) {
        observed.data.set(points.data.subarray(i * d, (i + 1) * d), (start + i) * observed.stride)
        z.data[start + i] = targets[i]!
        if (start === 0 && i < points.count - 1) continue
        jitter = Math.max(jitter, start === 0 ? appendFirst(points.count) : appendOne(start + i))
      }
      count += points.count
      accumulate(start, count)
      return { jitter }
    },
    [Symbol.dispose]: () => workspace[Symbol.dispose](),
  }
}
