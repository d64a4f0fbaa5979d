/**
 * Which stage of a program the score depends on: variance by part, from joint configurations on the same examples.
 *
 * Notation: v_c value of candidate c on equal terms, R_p correlation in part p, θ_p = log σ_p².
 *
 *   v = Σ_p g_p + h + ε,  g_p ~ N(0, σ_p² R_p),  h ~ N(0, σ_h² mean over pairs of R_p ∘ R_q),  ε ~ N(0, noise)
 *
 * an additive Gaussian process with interactions (Duvenaud, Nickisch & Rasmussen 2011), θ by maximum a posteriori under
 * θ_p ~ N(log 0.02 s², 2.5²): most parts matter little, s² the variance of v beyond noise. Its uncertainty is by
 * Laplace's approximation, each θ_p apart.
 *
 * @module
 */
import type { ObservationHistory } from '../../history/observation-log.ts'
import { minimizeLbfgsb } from '../../numerics/optimize/index.ts'
import { createRandom, type Random } from '../../numerics/random/random.ts'
import { normalCdf, normalDensity } from '../../numerics/special/normal.ts'
import type { PoolEntry } from '../../prompt/candidate.ts'
import { INTERVAL_LEVEL } from '../interval-level.ts'
import { cholesky, logDeterminant, solveLower, solveUpper } from '../prompt/dense.ts'
import { pairedScores } from './paired-scores.ts'
import { type Part, partsOf } from './part-kernels.ts'

/** Estimate of one part of a program. */
export interface PartCredit {
  readonly part: string
  readonly kind: 'stage' | 'parameter' | 'interaction'
  /** Standard deviation of scores that the part accounts for. */
  readonly deviation: number
  /** Of the variance that parts account for, in [0, 1]. */
  readonly share: number
  /** Credible interval of the share, of {@link INTERVAL_LEVEL}. */
  readonly interval: readonly [number, number]
}

export interface StageCredit {
  readonly parts: readonly PartCredit[]
  /**
   * Probability of each stage that a new text for it gains most over a candidate; sums to 1.
   *
   * @param among Stages that may be rewritten. @defaultValue all
   */
  blame(candidate: number, among?: readonly string[]): ReadonlyMap<string, number>
  /** The stage to rewrite in a candidate: where most is expected to be gained, now and then where it may be. */
  draw(candidate: number, random: Random, among?: readonly string[]): string
}

/** Prompts that the fit looks at: of more, those measured most. */
const MOST_PROMPTS = 120
const PRIOR_SHARE = 0.02
const PRIOR_DEVIATION = 2.5
/** Correlation of a new text with the one it was written from: most of it is kept. */
const INHERITED = 0.9
const DRAWS = 64
/** Share of choices that are drawn by the probability of being to blame. */
const EXPLORED = 0.15
const SMALLEST = 1e-6
/** Of the draws, beyond either end of an interval. */
const TAIL = (1 - INTERVAL_LEVEL) / 2

/**
 * Fits credit to what was measured; `undefined` before two candidates were.
 *
 * @param stages Names of stages: a slot belongs to the stage it is called after, up to a dot.
 * @param length How many of the first observations count. @defaultValue all
 */
export function fitStageCredit(
  pool: readonly PoolEntry[],
  observations: ObservationHistory,
  stages: readonly string[],
  length = observations.length,
): StageCredit | undefined {
  const scores = pairedScores(observations, length)
  const order = [...scores.prompts.keys()]
    .sort((a, b) => scores.noise[a]! - scores.noise[b]! || a - b)
    .slice(0, MOST_PROMPTS)
  const n = order.length
  if (n < 2 || stages.length === 0) return undefined
  const prompts = order.map((k) => scores.prompts[k]!)
  const values = Float64Array.from(order, (k) => scores.values[k]!)
  const noise = Float64Array.from(order, (k) => scores.noise[k]!)
  const parts = partsOf(
    prompts.map((index) => pool[index]!),
    stages,
  )
  const kernels = [...parts.map(({ correlations }) => correlations), interaction(parts, n)]
  const spread = values.reduce((sum, v, i) => sum + v * v - noise[i]!, 0) / n
  const scale = Math.max(SMALLEST, spread, 0.1 * Math.min(...noise))
  const center = Math.log(PRIOR_SHARE * scale)
  const model = { n, kernels, values, noise, center, level: 4 * scale + noise[0]! }
  const start = new Float64Array(kernels.length).fill(center)
  const fitted = minimizeLbfgsb((theta, gradient) => negativeLogPosterior(model, theta, gradient), start, {
    lower: start.map((value) => value - 6),
    upper: start.map((value) => value + 6),
    maxIterations: 40,
    gradientTolerance: 1e-3,
  })
  const mode = fitted.x
  const deviations = laplace(model, mode)
  const random = createRandom(1).split('credit')
  const draws = Array.from({ length: DRAWS }, () => mode.map((value, p) => value + deviations[p]! * random.normal()))
  const places = new Map(prompts.map((index, place) => [index, place]))

  const gainsAt = (theta: Float64Array, candidate: number) => gains(model, theta, places.get(candidate), stages.length)
  const bestAt = (theta: Float64Array, candidate: number, among: readonly string[]) =>
    largest(gainsAt(theta, candidate).map((gain, s) => (among.includes(stages[s]!) ? gain : Number.NEGATIVE_INFINITY)))
  const blame = (candidate: number, among = stages) => {
    const wins = new Float64Array(stages.length)
    for (const theta of draws) wins[bestAt(theta, candidate, among)]! += 1 / DRAWS
    return new Map(stages.map((stage, s) => [stage, wins[s]!]))
  }
  return {
    parts: describe(parts, mode, draws),
    blame,
    draw: (candidate, source, among = stages) =>
      stages[bestAt(source.uniform() < EXPLORED ? draws[source.integer(DRAWS)]! : mode, candidate, among)]!,
  }
}

interface Model {
  readonly n: number
  /** The last is the interaction. */
  readonly kernels: readonly Float64Array[]
  readonly values: Float64Array
  readonly noise: Float64Array
  readonly center: number
  /** Variance of the constant. */
  readonly level: number
}

function interaction(parts: readonly Part[], n: number): Float64Array {
  const out = new Float64Array(n * n)
  const pairs = (parts.length * (parts.length - 1)) / 2
  parts.forEach((a, p) => {
    for (const b of parts.slice(p + 1)) {
      for (let k = 0; k < out.length; k++) out[k]! += (a.correlations[k]! * b.correlations[k]!) / pairs
    }
  })
  if (pairs === 0) for (let i = 0; i < n; i++) out[i * n + i] = 1
  return out
}

/** Lower factor of the covariance of values, and its inverse times them. */
function condition({ n, kernels, values, noise, level }: Model, theta: Float64Array) {
  const factor = new Float64Array(n * n).fill(level)
  kernels.forEach((kernel, p) => {
    const variance = Math.exp(theta[p]!)
    for (let k = 0; k < factor.length; k++) factor[k]! += variance * kernel[k]!
  })
  for (let i = 0; i < n; i++) factor[i * n + i]! += noise[i]! + 1e-9
  cholesky(factor, n)
  const weights = solveUpper(factor, n, solveLower(factor, n, values.slice()))
  return { factor, weights }
}

function negativeLogPosterior(model: Model, theta: Float64Array, gradient: Float64Array): number {
  const { n, kernels, values, center } = model
  const { factor, weights } = condition(model, theta)
  let value = 0.5 * logDeterminant(factor, n)
  for (let i = 0; i < n; i++) value += 0.5 * values[i]! * weights[i]!
  const inverse = new Float64Array(n * n)
  for (let j = 0; j < n; j++) {
    const column = new Float64Array(n)
    column[j] = 1
    inverse.set(solveUpper(factor, n, solveLower(factor, n, column, j)), j * n)
  }
  kernels.forEach((kernel, p) => {
    let sum = 0
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) sum += (inverse[i * n + j]! - weights[i]! * weights[j]!) * kernel[i * n + j]!
    }
    const z = (theta[p]! - center) / PRIOR_DEVIATION
    gradient[p] = 0.5 * Math.exp(theta[p]!) * sum + z / PRIOR_DEVIATION
    value += 0.5 * z * z
  })
  return value
}

/** Standard deviation of each θ_p at the mode, never above that of the prior. */
function laplace(model: Model, mode: Float64Array): Float64Array {
  const step = 0.05
  const up = new Float64Array(mode.length)
  const down = new Float64Array(mode.length)
  return mode.map((value, p) => {
    negativeLogPosterior(model, mode.with(p, value + step), up)
    negativeLogPosterior(model, mode.with(p, value - step), down)
    const curvature = (up[p]! - down[p]!) / (2 * step)
    return Math.min(PRIOR_DEVIATION, 1 / Math.sqrt(Math.max(curvature, 1 / PRIOR_DEVIATION ** 2)))
  })
}

/** Expected improvement of a candidate, by stage, where a new text takes the place of its own. */
function gains(model: Model, theta: Float64Array, place: number | undefined, stages: number): Float64Array {
  const { n, kernels } = model
  const { factor, weights } = condition(model, theta)
  return Float64Array.from({ length: stages }, (_, s) => {
    const variance = Math.exp(theta[s]!)
    let mean = 0
    let left = variance
    if (place !== undefined) {
      const row = kernels[s]!.slice(place * n, (place + 1) * n).map((r) => variance * r)
      for (let j = 0; j < n; j++) mean += row[j]! * weights[j]!
      const half = solveLower(factor, n, row)
      for (const value of half) left -= value * value
    }
    const change = (INHERITED - 1) * mean
    const deviation = Math.sqrt(variance * (1 - INHERITED * INHERITED) + (1 - INHERITED) ** 2 * Math.max(0, left))
    const z = change / deviation
    return deviation * (normalDensity(z) + z * normalCdf(z))
  })
}

function describe(parts: readonly Part[], mode: Float64Array, draws: readonly Float64Array[]): PartCredit[] {
  const n = Math.sqrt(parts[0]!.correlations.length)
  /** What a part's variance comes to among these prompts: none where they are all alike. */
  const weights = parts.map(({ correlations }) => 1 - correlations.reduce((sum, r) => sum + r, 0) / (n * n))
  const variances = (theta: Float64Array) => theta.map((value, p) => Math.exp(value) * (weights[p] ?? 1))
  const sharesAt = (theta: Float64Array) => {
    const own = variances(theta)
    const total = own.reduce((sum, value) => sum + value, 0)
    return own.map((value) => value / total)
  }
  const shares = sharesAt(mode)
  const drawn = draws.map(sharesAt)
  return [...shares].map((share, p) => {
    const sorted = drawn.map((one) => one[p]!).sort((a, b) => a - b)
    const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!
    return {
      part: parts[p]?.name ?? 'interaction',
      kind: parts[p]?.kind ?? 'interaction',
      deviation: Math.sqrt(variances(mode)[p]!),
      share,
      interval: [Math.min(share, at(TAIL)), Math.max(share, at(1 - TAIL))] as const,
    }
  })
}

function largest(values: Float64Array): number {
  let best = 0
  for (let k = 1; k < values.length; k++) if (values[k]! > values[best]!) best = k
  return best
}
