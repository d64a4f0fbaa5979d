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
/** Candidates taken together. */
const BLOCK = 512
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
  /** Of candidates whose neighbors were wanted: they do not change. */
  const known = new Map<string, Int32Array>()
  let taken: number[] = []
  let begun = false

  const rowOf = (index: number): Float64Array => Float64Array.from(values.subarray(index * width, (index + 1) * width))
  const unexplained = (row: Float64Array): number => Math.max(0, 1 - dot(row, row))

  /** What is largest where candidates are most like this one by the leading landmarks. */
  const leadingRowOf = (candidate: number): Float64Array => rowOf(candidate).fill(0, LEADING)

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
      const strangers = near.filter((candidate) => !known.has(nameOf(candidate, neighbors)))
      const likenesses = strangers.map(() => new Float64Array(count))
      const vectors = [weightsOf(features, observations, backend), ...strangers.map(leadingRowOf), ...steps]
      inBlocks(features, vectors, backend, (start, here, products) => {
        const [mean, ...others] = products
        const moved = others.splice(strangers.length)
        for (const [k, likeness] of likenesses.entries()) likeness.set(others[k]!.subarray(0, here), start)
        for (const product of moved) for (let i = 0; i < here; i++) variances[start + i]! -= product[i]! * product[i]!
        for (let i = 0; i < here; i++) {
          const j = start + i
          const deviation = Math.sqrt(outputScale * Math.max(variances[j]!, 0))
          means[j] = mean![i]!
          deviations[j] = deviation
          scores[j] = excluded[j] ? Number.NEGATIVE_INFINITY : value(mean![i]!, deviation)
        }
      })
      for (const [k, candidate] of strangers.entries()) {
        known.set(nameOf(candidate, neighbors), largest(likenesses[k]!, neighbors))
      }
      const kept = new Set<number>(largest(scores, best))
      for (const candidate of near) {
        for (const j of known.get(nameOf(candidate, neighbors))!) if (!excluded[j]) kept.add(j)
      }
      return Int32Array.from(kept).sort()
    },
  }
}

const nameOf = (candidate: number, neighbors: number) => `${candidate} ${neighbors}`

/** Products φᵀx with some vectors, of candidates taken together: features are read once, and a block of them stays in the cache. */
function inBlocks(
  { count, width, values }: LandmarkFeatures,
  vectors: readonly Float64Array[],
  backend: Backend,
  use: (start: number, here: number, products: readonly Float64Array[]) => void,
): void {
  backend.scope((workspace) => {
    const most = Math.min(count, BLOCK)
    const block = workspace.matrix(most, width)
    const columns = vectors.map((vector) => {
      const column = workspace.matrix(width, 1)
      column.data.set(vector)
      return column
    })
    const outs = vectors.map(() => workspace.matrix(most, 1))
    for (let start = 0; start < count; start += most) {
      const here = Math.min(most, count - start)
      block.data.set(values.subarray(start * width, (start + here) * width))
      for (const [k, column] of columns.entries()) {
        backend.gemm(block.view(0, 0, here, width), column, outs[k]!.view(0, 0, here, 1))
      }
      use(
        start,
        here,
        outs.map(({ data }) => data),
      )
    }
  })
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
