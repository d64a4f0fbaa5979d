/**
 * Priors on positive hyper-parameters, as densities of log θ, because that is what the fit moves.
 *
 * Defaults
 *   length scale, unit cube of d coordinates   log-normal, median √d/2, spread min(1, √d/2): {@link cubePriors}
 *   tied length scales                         {@link tiedPrior}, where a caller asks for it
 *   length scale, embeddings                   log-normal around the median pairwise distance: {@link distancePriors}
 *   output scale                               log-normal(0, 1), targets being standardized
 *   observation noise                          {@link gammaPrior}(1.1, 15), Optuna's with half its rate: data may show a
 *                                              deterministic objective (1e-9), but a model that explains few data by noise
 *                                              alone pays for it. With a log-normal as wide, one in three studies of
 *                                              Hartmann6 under noise of 10% of its range learned nothing in 50 evaluations;
 *                                              with the whole rate noise is mistaken for a rough function for longer
 *
 * @module
 */
import type { Hyperparameter } from '../kernels/kernel.ts'
import type { Points } from '../points.ts'

export interface Prior {
  /** log density of log θ, up to a constant. */
  logDensity(logValue: number): number
  slope(logValue: number): number
  /** A sensible value to start from. */
  readonly center: number
  readonly spread: number
}

/**
 * log θ ~ N(location, spread²).
 *
 * @example
 * logNormalPrior(Math.log(0.5), 1).center // 0.5
 */
export function logNormalPrior(location: number, spread: number): Prior {
  return {
    center: Math.exp(location),
    spread,
    logDensity: (logValue) => -0.5 * ((logValue - location) / spread) ** 2,
    slope: (logValue) => -(logValue - location) / (spread * spread),
  }
}

/**
 * θ ~ Gamma(shape, rate), as a density of log θ: a factor e less costs `shape`, while large values are as good as excluded.
 *
 * @example
 * gammaPrior(1.1, 30).center // ≈ 0.0367: the mode of log θ
 */
export function gammaPrior(shape: number, rate: number): Prior {
  return {
    center: shape / rate,
    spread: 1 / Math.sqrt(shape),
    logDensity: (logValue) => shape * logValue - rate * Math.exp(logValue),
    slope: (logValue) => shape - rate * Math.exp(logValue),
  }
}

/** A density of several log θ together, where what one of them is says something of the others. */
export interface JointPrior {
  /** log density at these logs, but for the 2π of every normal density; writes its gradient into `slopes`. */
  logDensity(logs: ArrayLike<number>, slopes: Float64Array): number
}

/**
 * Tied values: log θᵢ = c + eᵢ with c ~ N(location, together²) common to all and eᵢ ~ N(0, apart²). Few data then tell
 * the common level first. How the values differ follows once data speak for it; no value is fitted to noise by itself.
 *
 * The covariance together²·11ᵀ + apart²·I has the eigenvalue apart² + n·together² once and apart² otherwise.
 *
 * @example
 * const slopes = new Float64Array(2)
 * const prior = tiedPrior(0, { together: 1, apart: 0.1 })
 * prior.logDensity([1, 1], slopes) > prior.logDensity([1, -1], slopes) // true
 */
export function tiedPrior(location: number, spread: { readonly together: number; readonly apart: number }): JointPrior {
  const apart = spread.apart ** 2
  return {
    logDensity(logs, slopes) {
      const n = logs.length
      const whole = apart + n * spread.together ** 2
      let sum = 0
      for (let i = 0; i < n; i++) sum += logs[i]! - location
      const common = ((1 - apart / whole) * sum) / n
      let quadratic = 0
      for (let i = 0; i < n; i++) {
        const deviation = logs[i]! - location
        slopes[i] = (common - deviation) / apart
        quadratic -= deviation * slopes[i]!
      }
      return -0.5 * (quadratic + Math.log(whole) + (n - 1) * Math.log(apart))
    },
  }
}

/** Which prior and bounds a hyper-parameter gets. */
export interface Priors {
  /** For kernel hyper-parameters. Gives centers, and densities where {@link lengthScales} does not. */
  readonly of: (hyperparameter: Hyperparameter) => Prior
  /** Density of the length scales of numbers (role `length-scale`) together. Without it each has its own. */
  readonly lengthScales?: JointPrior
  readonly observationNoise: Prior
  /** Smallest and largest fitted noise variance, targets being standardized. */
  readonly noiseBounds: readonly [number, number]
}

const outputScale = logNormalPrior(0, 1)
const shape = logNormalPrior(0, 1)
const anyNoise = gammaPrior(1.1, 15)

export interface CubePriorOptions {
  /** Median length scale for d coordinates. Default 0.5·√d, between Hvarfner et al. (2024) and unscaled priors. */
  readonly medianLengthScale?: (dimension: number) => number
  /**
   * Standard deviation of log ℓ. Default min(1, √d/2): with one or two coordinates, one or two priors have to keep the
   * length scales from collapsing. Where they collapse every point is its own island, and noise is mistaken for a
   * function.
   */
  readonly spread?: number
  readonly observationNoise?: Prior
  readonly noiseBounds?: readonly [number, number]
}

/**
 * Priors for parameters in the unit cube: length scales grow with √d, as distances do. C. Hvarfner, E. Hellsten,
 * L. Nardi, "Vanilla Bayesian optimization performs great in high dimensions" (2024).
 *
 * @example
 * cubePriors(4).of({ name: 'lengthScales[0]', role: 'length-scale', value: 1 }).center // 1
 */
export function cubePriors(dimension: number, options: CubePriorOptions = {}): Priors {
  const median = options.medianLengthScale?.(dimension) ?? 0.5 * Math.sqrt(dimension)
  const lengthScale = logNormalPrior(Math.log(median), options.spread ?? Math.min(1, 0.5 * Math.sqrt(dimension)))
  return {
    of: ({ role }) => (role === 'output-scale' ? outputScale : role === 'shape' ? shape : lengthScale),
    observationNoise: options.observationNoise ?? anyNoise,
    noiseBounds: options.noiseBounds ?? [1e-9, 2],
  }
}

/**
 * Priors for features whose scale is whatever it is, such as unit-norm embeddings: length scales around the median
 * distance between the points at hand. A √d prior would make the kernel flat there, as no two points are √d apart.
 *
 * @example
 * distancePriors(points([[0, 0], [3, 4]])).of({ name: 'lengthScale', role: 'length-scale', value: 1 }).center // 5
 */
export function distancePriors(features: Points, spread = 0.75): Priors {
  return lengthScalePriors(medianDistance(features), spread)
}

/** The same where the median distance is known. */
export function lengthScalePriors(median: number, spread = 0.75): Priors {
  const lengthScale = logNormalPrior(Math.log(median), spread)
  return {
    of: ({ role }) => (role === 'output-scale' ? outputScale : role === 'shape' ? shape : lengthScale),
    observationNoise: logNormalPrior(Math.log(1e-2), 2),
    noiseBounds: [1e-6, 2],
  }
}

/**
 * log density of kernel hyper-parameters as a function of their logs, up to a constant; writes its gradient into `slopes`.
 *
 * @example
 * const kernel = matern52({ lengthScales: [1, 2] })
 * const density = logPrior(cubePriors(4), kernel.hyperparameters)
 * density(Float64Array.of(0, Math.log(2)), new Float64Array(2)) // ≈ -0.24: half of (log 2)²
 */
export function logPrior(
  priors: Priors,
  hyperparameters: readonly Hyperparameter[],
): (logs: Float64Array, slopes: Float64Array) => number {
  const own = hyperparameters.map((hyperparameter) => priors.of(hyperparameter))
  const { lengthScales } = priors
  const joint = lengthScales
    ? [...hyperparameters.keys()].filter((p) => hyperparameters[p]!.role === 'length-scale')
    : []
  const alone = [...hyperparameters.keys()].filter((p) => !joint.includes(p))
  const jointLogs = new Float64Array(joint.length)
  const jointSlopes = new Float64Array(joint.length)
  return (logs, slopes) => {
    let total = 0
    for (const p of alone) {
      total += own[p]!.logDensity(logs[p]!)
      slopes[p] = own[p]!.slope(logs[p]!)
    }
    if (!lengthScales || joint.length === 0) return total
    for (const [k, p] of joint.entries()) jointLogs[k] = logs[p]!
    total += lengthScales.logDensity(jointLogs, jointSlopes)
    for (const [k, p] of joint.entries()) slopes[p] = jointSlopes[k]!
    return total
  }
}

/**
 * Median Euclidean distance over at most 1,000 pairs, taken regularly; 1 where all points coincide.
 *
 * @example
 * medianDistance(points([[0, 0], [3, 4]])) // 5
 */
export function medianDistance(features: Points): number {
  const { count, dimension, data } = features
  const pairs = (count * (count - 1)) / 2
  const stride = Math.max(1, Math.floor(pairs / 1000))
  const distances: number[] = []
  for (let i = 1, index = 0; i < count; i++) {
    for (let j = 0; j < i; j++, index++) {
      if (index % stride !== 0) continue
      let s = 0
      for (let d = 0; d < dimension; d++) s += (data[i * dimension + d]! - data[j * dimension + d]!) ** 2
      if (s > 0) distances.push(Math.sqrt(s))
    }
  }
  distances.sort((a, b) => a - b)
  return distances[Math.floor(distances.length / 2)] ?? 1
}
