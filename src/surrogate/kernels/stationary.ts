/**
 * Kernels of a scaled distance between points.
 *
 *   s(a, b) = Σ_d δ_d(a_d, b_d)² / ℓ_d²     δ = a − b for a number, 1[a ≠ b] for a categorical coordinate
 *   k(a, b) = profile(s)
 *
 * The gradient with respect to all d log length scales is one matrix product, not an n×n×d tensor. With the symmetric
 * M_ij = W_ij ∂k/∂s and row sums r = M1,  Σ_ij M_ij (a_id − a_jd)² = 2 (Σ_i r_i a_id² − Σ_i a_id (MA)_id).
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'
import type { Backend } from '../../numerics/linalg/backend.ts'
import { showValue } from '../../text/show-value.ts'
import type { Points } from '../points.ts'
import { checkPositive, takePositive } from './check-hyperparameter.ts'
import type { Hyperparameter, Kernel, KernelAtPoint, KernelLinearization } from './kernel.ts'
import { multiply } from './multiply.ts'
import type { Profile } from './profile.ts'
import { squaredDistances } from './squared-distances.ts'

export type StationaryOptions = (
  | { /** One length scale for all coordinates. */ readonly lengthScale: number }
  | {
      /** One length scale a coordinate (automatic relevance determination). */ readonly lengthScales: readonly number[]
    }
) & {
  /** Coordinates that are equal or not, instead of near or far. Default none. */
  readonly categorical?: readonly number[]
}

const KEYS = ['lengthScale', 'lengthScales', 'categorical']

/** For callers without TypeScript. */
function checkOptions(options: unknown): void {
  if (typeof options !== 'object' || options === null || !('lengthScale' in options || 'lengthScales' in options)) {
    throw new InvalidArgumentError(
      `options is ${showValue(options)}; expected { lengthScale: 0.5 }, or { lengthScales } with one per coordinate`,
    )
  }
  const unknown = Object.keys(options).find((key) => !KEYS.includes(key))
  if (unknown === undefined) return
  throw new InvalidArgumentError(`unknown key options.${unknown}. Known keys: ${KEYS.join(', ')}.`)
}

/** From this width on, distances and gradients go through matrix products. */
const WIDE = 24

/** @throws InvalidArgumentError on a length scale that is not positive. */
export function stationary(profile: Profile, options: StationaryOptions): Kernel {
  checkOptions(options)
  const shared = 'lengthScale' in options
  const scales = shared ? [options.lengthScale] : [...options.lengthScales]
  for (const [i, scale] of scales.entries()) checkPositive(shared ? 'lengthScale' : `lengthScales[${i}]`, scale)
  const categorical = options.categorical ?? []
  const isCategorical = new Set(categorical)
  const shape = profile.shape

  const inverseScales = (dimension: number): Float64Array => {
    if (!shared && scales.length !== dimension) {
      throw new InvalidArgumentError(
        `points have ${dimension} coordinates; expected ${scales.length}, one a length scale`,
      )
    }
    const inverse = new Float64Array(dimension)
    for (let d = 0; d < dimension; d++) inverse[d] = 1 / (shared ? scales[0]! : scales[d]!)
    return inverse
  }
  const flags = (dimension: number): Uint8Array | undefined => {
    if (isCategorical.size === 0) return undefined
    const flag = new Uint8Array(dimension)
    for (const d of isCategorical) flag[d] = 1
    return flag
  }
  const scale = (a: Points, inverse: Float64Array): Float64Array => {
    const scaled = new Float64Array(a.data.length)
    for (let i = 0, at = 0; i < a.count; i++) {
      for (let d = 0; d < a.dimension; d++, at++) scaled[at] = a.data[at]! * inverse[d]!
    }
    return scaled
  }
  const wideBackend = (a: Points, backend: Backend | undefined) =>
    a.dimension >= WIDE && isCategorical.size === 0 ? backend : undefined

  const hyperparameters: Hyperparameter[] = scales.map((value, i) => ({
    name: shared ? 'lengthScale' : `lengthScales[${i}]`,
    role: isCategorical.has(i) && !shared ? 'categorical-length-scale' : 'length-scale',
    value,
  }))
  if (shape !== undefined) hyperparameters.push({ name: 'shape', role: 'shape', value: shape })

  return {
    description: {
      kind: profile.kind,
      ...(shared ? { lengthScale: scales[0]! } : { lengthScales: scales }),
      ...(shape === undefined ? {} : { shape }),
      ...(categorical.length > 0 ? { categorical: [...categorical] } : {}),
    },
    hyperparameters,
    withHyperparameters(values) {
      const taken = takePositive(values, 0, scales.length, 'lengthScales')
      const next = profile.withShape?.(values[scales.length] ?? Number.NaN) ?? profile
      return stationary(next, { ...(shared ? { lengthScale: taken[0]! } : { lengthScales: taken }), categorical })
    },
    covariance(a, b, backend) {
      const inverse = inverseScales(a.dimension)
      const out = squaredDistances(scale(a, inverse), scale(b, inverse), a, b.count, {
        inverse,
        categorical: flags(a.dimension),
        backend: wideBackend(a, backend),
      })
      profile.apply(out)
      return out
    },
    diagonal: (a) => new Float64Array(a.count).fill(1),
    linearize: (a, backend) => linearizeStationary(a, backend),
    atPoint: (x, b) => stationaryAtPoint(x, b),
    diagonalGradient: (x) => new Float64Array(x.length),
  }

  function linearizeStationary(a: Points, backend: Backend | undefined): KernelLinearization {
    const { count: n, dimension } = a
    const inverse = inverseScales(dimension)
    const scaled = scale(a, inverse)
    const flag = flags(dimension)
    const wide = wideBackend(a, backend)
    const squared = squaredDistances(scaled, scaled, a, n, {
      inverse,
      categorical: flag,
      backend: wide,
      symmetric: true,
    })
    const covariance = squared.slice()
    const slopes = new Float64Array(n * n)
    const shapeSlopes = shape === undefined ? undefined : new Float64Array(n * n)
    profile.apply(covariance, slopes, shapeSlopes)

    return {
      covariance,
      contract(weights) {
        const gradient = new Float64Array(hyperparameters.length)
        if (shapeSlopes) {
          let total = 0
          for (let i = 0; i < n * n; i++) total += weights[i]! * shapeSlopes[i]!
          gradient[scales.length] = total
        }
        if (shared) {
          let total = 0
          for (let i = 0; i < n * n; i++) total += weights[i]! * slopes[i]! * squared[i]!
          gradient[0] = -2 * total
        } else if (wide) {
          contractWide(scaled, n, dimension, weights, slopes, wide, gradient)
        } else {
          contractNarrow(scaled, n, dimension, weights, slopes, inverse, flag, gradient)
        }
        return gradient
      },
    }
  }

  function stationaryAtPoint(x: Float64Array, b: Points): KernelAtPoint {
    const { count: n, dimension, data } = b
    const inverse = inverseScales(dimension)
    const covariances = new Float64Array(n)
    const slopes = new Float64Array(n)
    const flag = flags(dimension)
    for (let j = 0, at = 0; j < n; j++) {
      let s = 0
      for (let d = 0; d < dimension; d++, at++) {
        const raw = x[d]! - data[at]!
        const difference = flag?.[d] ? (raw === 0 ? 0 : inverse[d]!) : raw * inverse[d]!
        s += difference * difference
      }
      covariances[j] = s
    }
    profile.apply(covariances, slopes)
    return {
      covariances,
      addGradient(weights, out) {
        for (let j = 0, at = 0; j < n; j++) {
          const factor = 2 * weights[j]! * slopes[j]!
          for (let d = 0; d < dimension; d++, at++) {
            if (flag?.[d]) continue
            out[d]! += factor * (x[d]! - data[at]!) * inverse[d]! * inverse[d]!
          }
        }
      },
    }
  }
}

function contractNarrow(
  scaled: Float64Array,
  n: number,
  dimension: number,
  weights: Float64Array,
  slopes: Float64Array,
  inverse: Float64Array,
  categorical: Uint8Array | undefined,
  gradient: Float64Array,
): void {
  for (let i = 1; i < n; i++) {
    for (let j = 0; j < i; j++) {
      // Twice for the two triangles, twice for the square.
      const factor = -4 * weights[i * n + j]! * slopes[i * n + j]!
      const a = i * dimension
      const b = j * dimension
      for (let d = 0; d < dimension; d++) {
        const raw = scaled[a + d]! - scaled[b + d]!
        const difference = categorical?.[d] ? (raw === 0 ? 0 : inverse[d]!) : raw
        gradient[d]! += factor * difference * difference
      }
    }
  }
}

function contractWide(
  scaled: Float64Array,
  n: number,
  dimension: number,
  weights: Float64Array,
  slopes: Float64Array,
  backend: Backend,
  gradient: Float64Array,
): void {
  const product = new Float64Array(n * n)
  const rowSums = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    let total = 0
    for (let j = 0; j < n; j++) {
      const value = weights[i * n + j]! * slopes[i * n + j]!
      product[i * n + j] = value
      total += value
    }
    rowSums[i] = total
  }
  const mixed = multiply(backend, product, scaled, n, n, dimension)
  for (let i = 0; i < n; i++) {
    for (let d = 0; d < dimension; d++) {
      const value = scaled[i * dimension + d]!
      gradient[d]! -= 4 * value * (rowSums[i]! * value - mixed[i * dimension + d]!)
    }
  }
}
