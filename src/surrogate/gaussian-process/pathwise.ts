/**
 * Posterior samples as functions, evaluated anywhere, any number of times, in O(n + features) per point. Joint sampling
 * of m points costs O(m³) and is over once drawn.
 *
 * Notation
 *   φ(x)   random Fourier features: √(2/M) cos(ωᵀx + b)
 *   ω      frequencies from the kernel's spectral density: normal for a radial basis, Student-t with 2ν degrees of
 *          freedom for Matérn-ν, divided by the length scales
 *
 * Matheron's rule: f(x) + k(x, X) K⁻¹ (y − f(X) − ε), f a prior sample. J. Wilson et al., "Efficiently sampling functions
 * from Gaussian process posteriors" (2020); A. Rahimi, B. Recht (2007) for the features.
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'
import type { Random } from '../../numerics/random/index.ts'
import type { Kernel } from '../kernels/kernel.ts'
import { type Points, row } from '../points.ts'
import type { GaussianProcess } from './gaussian-process.ts'
import { solveLower, solveLowerTransposed } from './triangular.ts'

/** One sample of the function. */
export type SamplePath = (points: Points) => Float64Array

const DEGREES: Readonly<Record<string, number>> = {
  'matern-1/2': 1,
  'matern-3/2': 3,
  'matern-5/2': 5,
  'radial-basis': Number.POSITIVE_INFINITY,
}

/**
 * Draws one posterior sample path.
 *
 * @param options.features - M, default 512: error of the prior's covariance ≈ 1/√M.
 * @throws InvalidArgumentError for a kernel that is not a (scaled) Matérn or radial basis of numbers.
 * @example
 * const path = samplePath(surrogate, random)
 * path(points([[0.5]])) // ≈ [1.0]: near what was observed there
 */
export function samplePath(
  process: GaussianProcess,
  random: Random,
  options: { readonly features?: number } = {},
): SamplePath {
  const { features = 512 } = options
  const { data, factor, model } = process
  const { points, targets } = data
  const { count: n, dimension } = points
  const { outputScale, lengthScales, degrees } = spectrum(model.kernel, dimension)

  const frequencies = new Float64Array(features * dimension)
  const phases = new Float64Array(features)
  const amplitudes = new Float64Array(features)
  for (let k = 0; k < features; k++) {
    // Student-t: a normal over the root of χ²/degrees, χ² = gamma(degrees/2) · 2, shared by all coordinates.
    const tail = Number.isFinite(degrees) ? Math.sqrt(degrees / (2 * random.gamma(degrees / 2))) : 1
    for (let d = 0; d < dimension; d++) frequencies[k * dimension + d] = (random.normal() * tail) / lengthScales[d]!
    phases[k] = 2 * Math.PI * random.uniform()
    amplitudes[k] = random.normal() * Math.sqrt((2 * outputScale) / features)
  }
  const prior = (at: Points): Float64Array => {
    const out = new Float64Array(at.count)
    for (let i = 0; i < at.count; i++) {
      const x = row(at, i)
      for (let k = 0; k < features; k++) {
        let angle = phases[k]!
        for (let d = 0; d < dimension; d++) angle += frequencies[k * dimension + d]! * x[d]!
        out[i]! += amplitudes[k]! * Math.cos(angle)
      }
    }
    return out
  }

  // The prior mean enters through the residual: the path's own mean function is the process's.
  const residual = targets.slice()
  const mean = meanAt(process, points)
  const drawn = prior(points)
  for (let i = 0; i < n; i++) {
    const noise = Math.sqrt(model.observationNoise + (data.noiseVariances?.[i] ?? 0)) * random.normal()
    residual[i]! -= mean[i]! + drawn[i]! + noise
  }
  solveLower(factor, n, residual)
  solveLowerTransposed(factor, n, residual)

  return (at) => {
    const out = prior(at)
    const base = meanAt(process, at)
    const cross = model.kernel.covariance(at, points)
    for (let i = 0; i < at.count; i++) {
      out[i]! += base[i]!
      for (let j = 0; j < n; j++) out[i]! += cross[i * n + j]! * residual[j]!
    }
    return out
  }
}

/** Hβ. */
function meanAt(process: GaussianProcess, at: Points): Float64Array {
  const { meanCoefficients: beta } = process
  return Float64Array.from({ length: at.count }, (_, i) => {
    let total = beta[0] ?? 0
    for (let d = 1; d < beta.length; d++) total += beta[d]! * row(at, i)[d - 1]!
    return total
  })
}

function spectrum(
  kernel: Kernel,
  dimension: number,
): { outputScale: number; lengthScales: readonly number[]; degrees: number } {
  let { description } = kernel
  let outputScale = 1
  while (description.kind === 'scale') {
    outputScale *= Number(description['outputScale'])
    description = description['kernel'] as Kernel['description']
  }
  const degrees = DEGREES[description.kind]
  const categorical = description['categorical']
  if (degrees === undefined || (Array.isArray(categorical) && categorical.length > 0)) {
    throw new InvalidArgumentError(
      `kernel ${description.kind} has no spectral density here; expected a scaled Matérn or radial basis of numbers`,
    )
  }
  const own = description['lengthScales'] as readonly number[] | undefined
  return {
    outputScale,
    lengthScales: own ?? new Array<number>(dimension).fill(Number(description['lengthScale'])),
    degrees,
  }
}
