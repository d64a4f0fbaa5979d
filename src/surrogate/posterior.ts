import type { Backend } from '../numerics/linalg/backend.ts'

/**
 * The one seam between surrogates and acquisition: the joint distribution of the function at some points.
 * Means and variances are of the latent function, without observation noise. After botorch's `Posterior`.
 */
export interface Posterior {
  readonly count: number
  readonly mean: Float64Array
  /** Never negative. */
  readonly variance: Float64Array
  /** count × count, row-major; computed on first use. */
  covariance(): Float64Array
  /**
   * Joint samples, `samples` × count, row-major.
   *
   * @param normal - draws independent standard normals.
   */
  sample(samples: number, normal: () => number): Float64Array
}

/**
 * A Gaussian posterior from its moments.
 *
 * @param covariance - computes the joint covariance on request; count × count, row-major.
 * @example
 * const posterior = gaussianPosterior(Float64Array.of(0), Float64Array.of(1), () => Float64Array.of(1), backend)
 * posterior.sample(3, random.normal).length // 3
 */
export function gaussianPosterior(
  mean: Float64Array,
  variance: Float64Array,
  covariance: () => Float64Array,
  backend: Backend,
): Posterior {
  let joint: Float64Array | undefined
  let factor: Float64Array | undefined
  const count = mean.length
  const jointCovariance = () => {
    joint ??= covariance()
    return joint
  }
  return {
    count,
    mean,
    variance,
    covariance: jointCovariance,
    sample(samples, normal) {
      factor ??= lowerFactor(jointCovariance(), count, backend)
      const out = new Float64Array(samples * count)
      const z = new Float64Array(count)
      for (let s = 0; s < samples; s++) {
        for (let i = 0; i < count; i++) z[i] = normal()
        for (let i = 0; i < count; i++) {
          let total = mean[i]!
          for (let j = 0; j <= i; j++) total += factor[i * count + j]! * z[j]!
          out[s * count + i] = total
        }
      }
      return out
    },
  }
}

/** Lower Cholesky factor of a covariance that may be singular: near-zero variances get the jitter they need. */
function lowerFactor(covariance: Float64Array, count: number, backend: Backend): Float64Array {
  return backend.scope((workspace) => {
    const matrix = workspace.copy(covariance, count, count)
    let largest = 0
    for (let i = 0; i < count; i++) largest = Math.max(largest, covariance[i * count + i]!)
    if (!(largest > 0)) return new Float64Array(count * count)
    for (let i = 0; i < count; i++) matrix.data[i * matrix.stride + i]! += 1e-12 * largest
    backend.cholesky(matrix, { maximumJitter: 1e-3 })
    const out = new Float64Array(count * count)
    for (let i = 0; i < count; i++) {
      for (let j = 0; j <= i; j++) out[i * count + j] = matrix.data[i * matrix.stride + j]!
    }
    return out
  })
}
