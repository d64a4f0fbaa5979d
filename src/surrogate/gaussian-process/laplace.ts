/**
 * Laplace's approximation of a latent Gaussian process whose likelihood is a sum of terms, each depending on one linear
 * form of the latent values.
 *
 * Notation
 *   f      n latent values, prior N(m, K)
 *   g      gradient of the log likelihood with respect to f
 *   W      its negative Hessian, n×n, positive semi-definite
 *   B      I + LᵀWL with K = LLᵀ: well conditioned whatever W is
 *
 * Mode by Newton's method with step halving. Working with L instead of K⁻¹ allows W of any rank. The same code then
 * serves binomial counts (W diagonal) and comparisons (W with off-diagonal entries). Rasmussen & Williams (2006),
 * section 3.4.
 *
 * @module
 */
import type { Backend } from '../../numerics/linalg/backend.ts'
import { assign, type Matrix, toArray } from '../../numerics/linalg/matrix.ts'
import { dot } from '../../numerics/vector.ts'

/** A log-concave likelihood of latent values. */
export interface LatentLikelihood {
  /** Log likelihood at f. */
  logLikelihood(f: Float64Array): number
  /** Writes the gradient, and adds the negative Hessian to `negativeHessian` (n×n row-major, zeroed). */
  derivatives(f: Float64Array, gradient: Float64Array, negativeHessian: Float64Array): void
}

export interface LaplaceApproximation {
  /** Latent values at the mode. */
  readonly mode: Float64Array
  /** K⁻¹(f − m) = the likelihood's gradient at the mode: means elsewhere are m + kᵀ weights. */
  readonly weights: Float64Array
  /** Approximate log p(y). */
  readonly logEvidence: number
  /** Newton iterations used. */
  readonly iterations: number
  readonly jitter: number
  /** kᵀ(K + W⁻¹)⁻¹k for the columns of an n×m array of covariances, and the m×m joint reduction on request. */
  reduction(cross: Float64Array, m: number): { readonly diagonal: Float64Array; full(): Float64Array }
}

const MAX_ITERATIONS = 100
const TOLERANCE = 1e-10

/**
 * @param covariance - K, n×n row-major.
 * @param priorMean - m, constant.
 * @throws NotPositiveDefiniteError when K cannot be factored.
 * @example
 * const likelihood = binomialLikelihood([3, 1], [4, 4])
 * laplace(Float64Array.of(1, 0, 0, 1), 2, 0, likelihood, backend).mode // ≈ [0.505, −0.505]
 */
export function laplace(
  covariance: Float64Array,
  n: number,
  priorMean: number,
  likelihood: LatentLikelihood,
  backend: Backend,
): LaplaceApproximation {
  return backend.scope((workspace) => {
    const prior = workspace.copy(covariance, n, n)
    const { jitter } = backend.cholesky(prior)
    const lower = lowerTriangle(prior)

    // f = m + L u, so that the prior of u is N(0, I) and no inverse of K is needed.
    const latent = (u: Float64Array): Float64Array => {
      const f = new Float64Array(n)
      for (let i = 0; i < n; i++) {
        let total = priorMean
        for (let j = 0; j <= i; j++) total += lower[i * n + j]! * u[j]!
        f[i] = total
      }
      return f
    }
    const pullBack = (gradient: Float64Array): Float64Array => {
      const out = new Float64Array(n)
      for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) out[j]! += lower[i * n + j]! * gradient[i]!
      return out
    }
    const objective = (u: Float64Array, f: Float64Array) => likelihood.logLikelihood(f) - 0.5 * dot(u, u)

    const gradient = new Float64Array(n)
    const hessian = new Float64Array(n * n)
    const system = workspace.matrix(n, n)
    const left = workspace.copy(lower, n, n)
    const weighted = workspace.matrix(n, n)
    const direction = workspace.matrix(n, 1)
    const curvature = (f: Float64Array) => {
      hessian.fill(0)
      likelihood.derivatives(f, gradient, hessian)
      backend.gemm(assigned(weighted, hessian), left, system)
      backend.gemm(left, copyInto(weighted, system), system, { transposeA: true })
      for (let i = 0; i < n; i++) system.data[i * system.stride + i]! += 1
      backend.cholesky(system)
    }

    let u: Float64Array = new Float64Array(n)
    let f = latent(u)
    let value = objective(u, f)
    let iterations = 0
    for (; iterations < MAX_ITERATIONS; iterations++) {
      curvature(f)
      const slope = pullBack(gradient)
      for (let i = 0; i < n; i++) {
        slope[i]! -= u[i]!
        direction.data[i * direction.stride] = slope[i]!
      }
      backend.trsm(system, direction)
      backend.trsm(system, direction, { transpose: true })
      const step = toArray(direction)
      const decrement = dot(step, slope)
      if (!(decrement > TOLERANCE)) break
      // The objective is concave: halving always ends, unless rounding has eaten the gain.
      let moved = false
      for (let t = 1; t > 1e-8; t /= 2) {
        const next = u.map((uValue, i) => uValue + t * step[i]!)
        const nextLatent = latent(next)
        const nextValue = objective(next, nextLatent)
        if (nextValue >= value) {
          moved = nextValue > value
          u = next
          f = nextLatent
          value = nextValue
          break
        }
      }
      if (!moved) break
    }
    curvature(f)
    const factor = lowerTriangle(system)
    const weights = gradient.slice()

    return {
      mode: f,
      weights,
      logEvidence: value - 0.5 * backend.logDeterminant(system),
      iterations,
      jitter,
      reduction(cross, m) {
        // (K + W⁻¹)⁻¹ = L⁻ᵀ(I − B⁻¹)L⁻¹: with V = L⁻¹k and Z = chol(B)⁻¹V the reduction is VᵀV − ZᵀZ.
        return backend.scope((inner) => {
          const v = inner.copy(cross, n, m)
          backend.trsm(inner.copy(lower, n, n), v)
          const whitened = toArray(v)
          backend.trsm(inner.copy(factor, n, n), v)
          const shrunk = toArray(v)
          const diagonal = new Float64Array(m)
          for (let i = 0, at = 0; i < n; i++) {
            for (let j = 0; j < m; j++, at++) {
              diagonal[j]! += whitened[at]! * whitened[at]! - shrunk[at]! * shrunk[at]!
            }
          }
          return {
            diagonal,
            full: () =>
              backend.scope((last) => {
                const out = last.matrix(m, m)
                const a = last.copy(whitened, n, m)
                const b = last.copy(shrunk, n, m)
                backend.gemm(a, a, out, { transposeA: true })
                backend.gemm(b, b, out, { transposeA: true, alpha: -1, beta: 1 })
                return toArray(out)
              }),
          }
        })
      },
    }
  })
}

function lowerTriangle(matrix: Matrix): Float64Array {
  const n = matrix.rows
  const out = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) out[i * n + j] = matrix.data[i * matrix.stride + j]!
  }
  return out
}

function assigned(matrix: Matrix, values: Float64Array): Matrix {
  assign(matrix, values)
  return matrix
}

function copyInto(target: Matrix, source: Matrix): Matrix {
  for (let i = 0; i < target.rows; i++) {
    const start = i * source.stride
    target.data.set(source.data.subarray(start, start + source.columns), i * target.stride)
  }
  return target
}
