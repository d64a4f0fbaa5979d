/**
 * How well prompts' means are predicted from the other prompts by distance in one view.
 *
 * Notation
 *   D²      squared distances, n×n, divided by their median
 *   K       exp(−D²/2ℓ²) = UΛUᵀ
 *   A       (K + ρI)⁻¹ = U(Λ + ρI)⁻¹Uᵀ
 *   y       targets less their mean
 *
 * ŷᵢ = yᵢ − (Ay)ᵢ/Aᵢᵢ leaves observation i out (Rasmussen & Williams 2006, eq. 5.12). ℓ and ρ maximize the marginal
 * likelihood with the output scale profiled out.
 *
 * @module
 */
import { sampleCorrelation } from 'simple-statistics'
import type { Backend } from '../../numerics/linalg/backend.ts'

export interface Predictability {
  /** 1 − squared error of the left-out predictions / squared error of the mean of the others; may be negative. */
  readonly explained: number
  /** Between left-out predictions and targets. */
  readonly correlation: number
  /** The same among targets above the median: knowing which prompts are bad does not find the best. */
  readonly upperCorrelation: number
  /** In units of the median distance. */
  readonly lengthScale: number
  /** Noise variance over output scale. */
  readonly noiseRatio: number
}

const LENGTH_SCALES = [0.125, 0.25, 0.5, 1, 2, 4]
const NOISE_RATIOS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 100]

/**
 * @param squaredDistances n×n, row-major; several views are predicted from together, by the mean of their kernels.
 * @param targets One a prompt, finite.
 * @example
 * const x = [0, 0.1, 0.2, 1, 1.1, 1.2]
 * const squared = Float64Array.from(x.flatMap((a) => x.map((b) => (a - b) ** 2)))
 * leaveOneOut(backend, [squared], [1, 1, 1, 0, 0, 0]).explained // ≈ 0.996: neighbors tell nearly all
 */
export function leaveOneOut(
  backend: Backend,
  squaredDistances: readonly Float64Array[],
  targets: ArrayLike<number>,
): Predictability {
  const n = targets.length
  const y = Float64Array.from(targets)
  const center = y.reduce((sum, value) => sum + value, 0) / n
  for (let i = 0; i < n; i++) y[i] = y[i]! - center
  const scaled = squaredDistances.map(divideByMedian)
  let best: { likelihood: number; result: Predictability } | undefined
  using workspace = backend.workspace()
  const kernel = workspace.matrix(n, n)
  const vectors = workspace.matrix(n, n)
  for (const lengthScale of LENGTH_SCALES) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0
        for (const view of scaled) sum += Math.exp((-0.5 * view[i * n + j]!) / (lengthScale * lengthScale))
        kernel.data[i * kernel.stride + j] = sum / scaled.length
      }
    }
    const values = backend.symmetricEigen(kernel, vectors)
    const rotated = new Float64Array(n)
    for (let k = 0; k < n; k++) {
      for (let i = 0; i < n; i++) rotated[k] = rotated[k]! + vectors.data[i * vectors.stride + k]! * y[i]!
    }
    for (const noiseRatio of NOISE_RATIOS) {
      let quadratic = 0
      let logDeterminant = 0
      for (let k = 0; k < n; k++) {
        const value = Math.max(values[k]!, 0) + noiseRatio
        quadratic += (rotated[k]! * rotated[k]!) / value
        logDeterminant += Math.log(value)
      }
      const likelihood = -0.5 * (n * Math.log(quadratic / n) + logDeterminant)
      if (best && !(likelihood > best.likelihood)) continue
      best = { likelihood, result: { ...leftOut(values, noiseRatio), lengthScale, noiseRatio } }
    }

    function leftOut(eigenvalues: Float64Array, noiseRatio: number) {
      const predicted = new Float64Array(n)
      let [error, spread] = [0, 0]
      for (let i = 0; i < n; i++) {
        let [weighted, diagonal] = [0, 0]
        for (let k = 0; k < n; k++) {
          const u = vectors.data[i * vectors.stride + k]! / (Math.max(eigenvalues[k]!, 0) + noiseRatio)
          weighted += u * rotated[k]!
          diagonal += u * vectors.data[i * vectors.stride + k]!
        }
        const residual = weighted / diagonal
        predicted[i] = y[i]! - residual
        error += residual * residual
        spread += ((y[i]! * n) / (n - 1)) ** 2
      }
      const median = [...y].sort((a, b) => a - b)[n >> 1]!
      const upper = [...y.keys()].filter((i) => y[i]! > median)
      return {
        explained: 1 - error / spread,
        correlation: sampleCorrelation([...predicted], [...y]),
        upperCorrelation: upper.length < 2 ? Number.NaN : sampleCorrelation(pick(predicted, upper), pick(y, upper)),
      }
    }
  }
  return best!.result
}

function divideByMedian(squared: Float64Array): Float64Array {
  const positive = squared.filter((value) => value > 0).sort()
  const median = positive[positive.length >> 1] ?? 1
  return squared.map((value) => value / median)
}

function pick(values: Float64Array, indices: readonly number[]): number[] {
  return indices.map((index) => values[index]!)
}
