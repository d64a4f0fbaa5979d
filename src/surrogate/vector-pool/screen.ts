/**
 * Which candidates of a large pool are worth an exact look.
 *
 * Notation
 *   φ_j    landmark features of candidate j, r numbers
 *   w      weights of a linear model on them, prior N(0, s·I): f(x_j) ≈ φ_jᵀw
 *   Σ      covariance of w over s, given where was measured
 *   v_j    variance of f(x_j) over s: 1 − ‖φ_j‖² + φ_jᵀΣφ_j
 *   ρ_i    noise of observation i over s: {@link NOISE}, and 1 − ‖φ_i‖² that its features do not say
 *
 * The mean follows the targets and takes one pass over the features. Variances do not depend on them: an observation takes
 * a rank-one step off Σ, and so one pass. Both are read in the same pass, whatever the number of observations.
 *
 * After E. Snelson, Z. Ghahramani, "Sparse Gaussian processes using pseudo-inputs" (2006), with the pool's landmarks.
 *
 * @module
 */
import type { Backend } from '../../numerics/linalg/backend.ts'
import { dot } from '../../numerics/vector.ts'
import type { LandmarkFeatures } from './landmark-features.ts'
import { largest } from './largest.ts'

/** What has been measured, and how a fitted process sees it. */
export interface ScreenedObservations {
  /** Candidates in the order in which they were first measured: more come behind, none leaves. */
  readonly candidates: readonly number[]
  /** What was measured of each, less the process's mean. */
  readonly residuals: Float64Array
  /** Variance of the noise of each. */
  readonly noise: Float64Array
  /** s. */
  readonly outputScale: number
}

export interface ScreenOptions {
  /** Value of trying a candidate whose residual has this mean and standard deviation. */
  readonly value: (mean: number, deviation: number) => number
  /** Candidates that must not be among the survivors. */
  readonly excluded: Uint8Array
  /** Candidates whose neighbors are wanted as well. */
  readonly near: readonly number[]
  /** How many of the best by value, and how many neighbors of each candidate in `near`. */
  readonly best: number
  readonly neighbors: number
}

export interface Screen {
  /** Candidates worth an exact look, ascending. */
  survivors(observations: ScreenedObservations, options: ScreenOptions): Int32Array
  /** Means of the residuals and standard deviations of all candidates at the last call of {@link survivors}. */
  readonly means: Float64Array
  readonly deviations: Float64Array
}

/** Landmarks, of those taken first and so farthest apart, that tell who is near whom. */
const LEADING = 64
/** ρ without what features do not say: variances are only compared, so no fitted noise is needed, which would change. */
const NOISE = 0.1

/**
 * A screen remembers what its variances have taken in. Given another history than last time, it begins anew: the same
 * history gives the same survivors, whatever was asked before.
 *
 * @example
 * const pool = vectorPool(Float32Array.from({ length: 200 }, (_, i) => Math.sin(i)), 2)
 * const screen = createScreen(landmarkFeatures(pool, { width: 8 }, backend), backend)
 * const seen = { candidates: [7], residuals: Float64Array.of(1), noise: Float64Array.of(0.01), outputScale: 1 }
 * const value = (mean: number, deviation: number) => mean + deviation
 * const options = { value, excluded: new Uint8Array(100), near: [7], best: 5, neighbors: 5 }
 * screen.survivors(seen, options).length <= 10 // true
 */
export function createScreen(features: LandmarkFeatures, backend: Backend): Screen {
  const { count, width, values } = features
  const means = new Float64Array(count)
  const deviations = new Float64Array(count)
  /** v and Σ, given the candidates taken in. */
  const variances = new Float64Array(count)
  const covariance = new Float64Array(width * width)
  const scores = new Float64Array(count)
  const pair = new Float64Array(2)
  /** Of candidates whose neighbors were wanted: they do not change. */
  const known = new Map<string, Int32Array>()
  let taken: number[] = []
  let begun = false

  const rowOf = (index: number): Float64Array => Float64Array.from(values.subarray(index * width, (index + 1) * width))
  const unexplained = (row: Float64Array): number => Math.max(0, 1 - dot(row, row))

  /** The candidates of largest φᵀφ with this one by the leading landmarks; it may be among them. */
  const neighborsOf = (candidate: number, most: number): Int32Array => {
    const key = `${candidate} ${most}`
    const remembered = known.get(key)
    if (remembered) return remembered
    const center = rowOf(candidate)
    const leading = Math.min(width, LEADING)
    for (let j = 0; j < count; j++) scores[j] = product(values, j * width, center, leading)
    const found = largest(scores, most)
    known.set(key, found)
    return found
  }

  const begin = () => {
    variances.fill(1)
    covariance.fill(0)
    for (let k = 0; k < width; k++) covariance[k * width + k] = 1
    taken = []
    begun = true
  }

  /** Takes an observation into Σ; its step: v_j falls by (φ_jᵀstep)². */
  const stepOf = (index: number): Float64Array => {
    const row = rowOf(index)
    const step = new Float64Array(width)
    for (let k = 0; k < width; k++) step[k] = dot(covariance.subarray(k * width, (k + 1) * width), row)
    const scale = 1 / Math.sqrt(NOISE + unexplained(row) + dot(step, row))
    for (let k = 0; k < width; k++) step[k]! *= scale
    for (let k = 0; k < width; k++) {
      for (let l = 0; l < width; l++) covariance[k * width + l]! -= step[k]! * step[l]!
    }
    return step
  }

  return {
    means,
    deviations,
    survivors(observations, { value, excluded, near, best, neighbors }) {
      const { candidates, outputScale } = observations
      const isContinued = begun && taken.every((candidate, i) => candidate === candidates[i])
      if (!isContinued) begin()
      const steps = candidates.slice(taken.length).map(stepOf)
      taken = [...candidates]
      const weights = weightsOf(features, observations, backend)
      const [step, ...others] = steps
      for (let j = 0; j < count; j++) {
        const start = j * width
        let variance = variances[j]!
        if (step === undefined) means[j] = product(values, start, weights, width)
        else {
          products(values, start, weights, step, width, pair)
          means[j] = pair[0]!
          variance -= pair[1]! * pair[1]!
          for (const other of others) variance -= product(values, start, other, width) ** 2
          variances[j] = variance
        }
        const deviation = Math.sqrt(outputScale * Math.max(variance, 0))
        deviations[j] = deviation
        scores[j] = excluded[j] ? Number.NEGATIVE_INFINITY : value(means[j]!, deviation)
      }
      const kept = new Set<number>(largest(scores, best))
      for (const candidate of near) for (const j of neighborsOf(candidate, neighbors)) if (!excluded[j]) kept.add(j)
      return Int32Array.from(kept).sort()
    },
  }
}

/** φ_jᵀx for the candidate whose features start at `start`: four sums, because one would wait for its own additions. */
function product(values: Float32Array, start: number, x: Float64Array, width: number): number {
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  let k = 0
  for (; k + 3 < width; k += 4) {
    a += values[start + k]! * x[k]!
    b += values[start + k + 1]! * x[k + 1]!
    c += values[start + k + 2]! * x[k + 2]!
    d += values[start + k + 3]! * x[k + 3]!
  }
  for (; k < width; k++) a += values[start + k]! * x[k]!
  return a + b + (c + d)
}

/** The same with two vectors at once, to the same bits: features are read once. */
function products(
  values: Float32Array,
  start: number,
  x: Float64Array,
  y: Float64Array,
  width: number,
  out: Float64Array,
): void {
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  let e = 0
  let f = 0
  let g = 0
  let h = 0
  let k = 0
  for (; k + 3 < width; k += 4) {
    const first = values[start + k]!
    const second = values[start + k + 1]!
    const third = values[start + k + 2]!
    const fourth = values[start + k + 3]!
    a += first * x[k]!
    b += second * x[k + 1]!
    c += third * x[k + 2]!
    d += fourth * x[k + 3]!
    e += first * y[k]!
    f += second * y[k + 1]!
    g += third * y[k + 2]!
    h += fourth * y[k + 3]!
  }
  for (; k < width; k++) {
    a += values[start + k]! * x[k]!
    e += values[start + k]! * y[k]!
  }
  out[0] = a + b + (c + d)
  out[1] = e + f + (g + h)
}

/** w = (ΦᵀΛ⁻¹Φ + I/s)⁻¹ ΦᵀΛ⁻¹ residuals, with Λ = noise + s(1 − ‖φ_i‖²). */
function weightsOf(
  { width, values }: LandmarkFeatures,
  { candidates, residuals, noise, outputScale }: ScreenedObservations,
  backend: Backend,
): Float64Array {
  const n = candidates.length
  return backend.scope((workspace) => {
    const scaled = workspace.matrix(n, width)
    const right = workspace.matrix(n, 1)
    const { data } = scaled
    for (const [i, candidate] of candidates.entries()) {
      let square = 0
      for (let k = 0; k < width; k++) square += values[candidate * width + k]! ** 2
      const root = 1 / Math.sqrt(Math.max(noise[i]! + outputScale * Math.max(0, 1 - square), 1e-6 * outputScale))
      for (let k = 0; k < width; k++) data[i * width + k] = root * values[candidate * width + k]!
      right.data[i] = root * residuals[i]!
    }
    const normal = workspace.matrix(width, width)
    for (let k = 0; k < width; k++) normal.data[k * width + k] = 1 / outputScale
    backend.syrk(scaled, normal, { transpose: true, beta: 1 })
    const weights = workspace.matrix(width, 1)
    backend.gemm(scaled, right, weights, { transposeA: true })
    backend.cholesky(normal)
    backend.trsm(normal, weights)
    backend.trsm(normal, weights, { transpose: true })
    return weights.data.slice(0, width)
  })
}
