/**
 * A short vector per candidate of a large pool, whose scalar products stand for a kernel.
 *
 * Notation
 *   Z, L   r landmarks, taken from the pool; Cholesky factor of k(Z, Z)
 *   φ(x)   L⁻¹k(Z, x), r numbers: φ(x)ᵀφ(y) ≈ k(x, y), exact where x or y is a landmark (Nyström)
 *   k      Matérn-5/2 with the median distance of the pool as its length scale
 *
 * C. Williams, M. Seeger, "Using the Nyström method to speed up kernel machines" (2001).
 *
 * @module
 */
import type { Backend } from '../../numerics/linalg/backend.ts'
import { createRandom } from '../../numerics/random/index.ts'
import { covarianceFill } from '../gaussian-process/covariance-fill.ts'
import { selectInducingPoints } from '../gaussian-process/inducing-points.ts'
import { medianDistance } from '../gaussian-process/prior.ts'
import { matern52 } from '../kernels/matern.ts'
import { takePoints } from '../points.ts'
import { readPoints, type VectorPool } from './vector-pool.ts'

export interface LandmarkFeatures {
  readonly count: number
  /** r. */
  readonly width: number
  /** φ of every candidate, one after another. */
  readonly values: Float32Array
  /** Median distance of two vectors of the pool. */
  readonly medianDistance: number
}

/** Vectors that landmarks are chosen among, and that the median distance is taken of. */
const SAMPLE = 4096
/** Vectors taken together. */
const BATCH = 2040

/**
 * O(count · width · (dimension + width)), once per pool, and 4 · width bytes per candidate.
 *
 * @param options.width Landmarks at most.
 * @example
 * const pool = vectorPool(Float32Array.from({ length: 200 }, (_, i) => Math.sin(i)), 2)
 * landmarkFeatures(pool, { width: 8 }, backend).width // 8
 */
export function landmarkFeatures(
  pool: VectorPool,
  options: { readonly width: number },
  backend: Backend,
): LandmarkFeatures {
  const { count, dimension } = pool
  const random = createRandom('landmarks')
  const drawn = new Set<number>()
  if (count > SAMPLE) while (drawn.size < SAMPLE) drawn.add(random.integer(count))
  const sample = readPoints(pool, count > SAMPLE ? [...drawn] : Array.from({ length: count }, (_, i) => i))
  const distance = medianDistance(sample)
  const kernel = matern52({ lengthScale: distance })
  const landmarks = takePoints(sample, selectInducingPoints(kernel, sample, { count: options.width }, backend))
  const width = landmarks.count
  const values = new Float32Array(count * width)
  backend.scope((workspace) => {
    const factor = workspace.matrix(width, width)
    covarianceFill(kernel, landmarks, width, backend, workspace).own(factor)
    backend.cholesky(factor)
    const most = Math.min(count, BATCH)
    const covariances = covarianceFill(kernel, landmarks, most, backend, workspace)
    const block = new Float64Array(most * dimension)
    const storage = workspace.matrix(width, most)
    for (let start = 0; start < count; start += most) {
      const here = Math.min(most, count - start)
      for (let i = 0; i < here; i++) pool.read(start + i, block, i * dimension)
      const cross = storage.view(0, 0, width, here)
      covariances.cross({ count: here, dimension, data: block.subarray(0, here * dimension) }, cross)
      backend.trsm(factor, cross)
      transpose(cross.data, cross.stride, width, here, values, start)
    }
  })
  return { count, width, values, medianDistance: distance }
}

/** Columns of `from` become rows of `to`, from row `start` on; in squares that stay in the first-level cache. */
function transpose(
  from: Float64Array,
  stride: number,
  width: number,
  count: number,
  to: Float32Array,
  start: number,
): void {
  const side = 32
  for (let ib = 0; ib < count; ib += side) {
    for (let kb = 0; kb < width; kb += side) {
      const iEnd = Math.min(count, ib + side)
      const kEnd = Math.min(width, kb + side)
      for (let i = ib; i < iEnd; i++) {
        const row = (start + i) * width
        for (let k = kb; k < kEnd; k++) to[row + k] = from[k * stride + i]!
      }
    }
  }
}
