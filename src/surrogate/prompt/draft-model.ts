/**
 * Predicts prompts that were not measured from the measured ones that read alike: a Gaussian process over a sum of text
 * kernels with fitted weights, conditioned on what the prompt model says of each measured prompt, example difficulty taken
 * out.
 *
 * Notation
 *   z_i, v_i     ability of measured prompt i as its own outcomes tell it, and the variance of that: one Gaussian site
 *   f = μ + Σ_v √w_v g_v + δ, δ ~ N(0, τ)     g_v of unit variance with correlation R_v; μ has a wide prior of its own
 *   C = Σ_v w_v R_v + diag(τ + v) + level     covariance of z
 *
 * w and τ maximize the posterior density of log w and log τ: marginal likelihood (Rasmussen & Williams 2006, §5.4) with
 * normal priors that keep the weights near each other, which few outcomes cannot tell apart.
 *
 * @module
 */
import { minimizeLbfgsb } from '../../numerics/optimize/lbfgsb.ts'
import type { PoolEntry } from '../../prompt/candidate.ts'
import { cholesky, logDeterminant, solveLower, solveLowerRows, solveUpper } from './dense.ts'
import { createDraftComparison, type DraftComparison } from './draft-comparison.ts'
import type { Sites } from './gaussian-sites.ts'
import type { Outcomes } from './outcomes.ts'

/** Measured prompts that predictions are made from: those with most outcomes. */
const MOST_PROMPTS = 256
/** Measured prompts that weights are fitted to. */
const MOST_FITTED = 128
const MOST_ITERATIONS = 25
/** Standard deviations of the priors of log amplitude, log relative weights and log τ. */
const AMPLITUDE_SPREAD = 1.5
const WEIGHT_SPREAD = 0.7
const INDEPENDENT_SPREAD = 1.5
/** log of the share of τ in the amplitude a priori. */
const INDEPENDENT_SHARE = -1.5
/** Prior variance of μ, in units of the variance of abilities. */
const LEVEL = 4
/** Variance of abilities expected before any outcome, and how many prompts that is worth. */
const PRIOR_VARIANCE = 0.3
const PRIOR_PROMPTS = 3
const SMALLEST_PRECISION = 1e-6

/** Statistics of texts are taken from so many measured prompts at most, those measured first. */
const MOST_BASIS = 64

export interface DraftPrediction {
  /** Mean of the ability, in logits. */
  readonly mean: number
  readonly variance: number
}

export interface DraftModel {
  /** Share of the explained variance by kernel. */
  readonly weights: Readonly<Record<string, number>>
  /** What was fitted, to be given to a later fit that should not fit again. */
  readonly parameters: Float64Array
  /** Predicts any prompt, of the pool or not; what its own outcomes say does not enter unless it was measured. */
  predict(entry: PoolEntry): DraftPrediction
  /** The same of many at once, which is quicker. */
  predictAll(entries: readonly PoolEntry[]): DraftPrediction[]
}

/** What a prompt model says of the prompts that were measured: the part of its beliefs that drafts are predicted from. */
export interface MeasuredAbilities {
  readonly sites: Sites
  readonly outcomes: Outcomes
}

export interface DraftPredictor {
  /**
   * @param pool The pool that `beliefs` were fitted to.
   * @param parameters Of an earlier fit, to be used as they are; fitted by default.
   * @returns undefined where fewer than three prompts were measured, or no text tells them apart.
   */
  fit(pool: readonly PoolEntry[], beliefs: MeasuredAbilities, parameters?: Float64Array): DraftModel | undefined
}

/**
 * A predictor keeps what it computed of texts. What it fits is a function of its arguments alone.
 *
 * @example
 * const beliefs = createPromptModel(pool).fit(observations, observations.length)
 * const draft = createDraftPredictor().fit(pool, beliefs)!
 * draft.predict({ candidate: { id: 'new', text: 'Classify the ticket, please.' } }).variance > 0 // true
 */
export function createDraftPredictor(): DraftPredictor {
  let basisSize = 0
  let basisFirst: PoolEntry | undefined
  let comparison: DraftComparison | undefined

  function comparisonOf(measured: readonly PoolEntry[]): DraftComparison {
    const size = basisOf(measured.length)
    if (!comparison || size !== basisSize || measured[0] !== basisFirst) {
      basisSize = size
      basisFirst = measured[0]
      comparison = createDraftComparison(measured.slice(0, size))
    }
    return comparison
  }

  return {
    fit(pool, beliefs, known) {
      const { offsets, order } = beliefs.outcomes
      const { precision, shift } = beliefs.sites
      const outcomes = (i: number) => offsets[i + 1]! - offsets[i]!
      const ordered = order.filter((i) => precision[i]! > SMALLEST_PRECISION)
      const positions = ordered
        .map((_, at) => at)
        .sort((a, b) => outcomes(ordered[b]!) - outcomes(ordered[a]!) || a - b)
        .slice(0, MOST_PROMPTS)
      if (positions.length < 3) return undefined
      const measured = ordered.map((i) => pool[i]!)
      const compared = comparisonOf(measured)
      const { names } = compared
      const count = names.length
      if (count === 0) return undefined
      const placesInOrder = measured.map((entry) => compared.placeOf(entry))
      const places = positions.map((at) => placesInOrder[at]!)
      const entries = positions.map((at) => measured[at]!)
      const size = entries.length
      const z = Float64Array.from(positions, (at) => shift[ordered[at]!]! / precision[ordered[at]!]!)
      const v = Float64Array.from(positions, (at) => 1 / precision[ordered[at]!]!)
      const { mean, variance } = spread(z, v)
      const residual = z.map((value) => value - mean)
      const correlations = Array.from({ length: count }, () => new Float64Array(size * size))
      places.forEach((a, i) => {
        for (let j = 0; j <= i; j++) {
          const b = places[j]!
          const [later, earlier] = a > b ? [i, b] : [j, a]
          const row = compared.correlations(entries[later]!, Math.max(a, b) + 1)
          for (let k = 0; k < count; k++) correlations[k]![i * size + j] = row[earlier * count + k]!
        }
      })
      const level = LEVEL * variance
      const parameters =
        known?.length === count + 2 ? known : fitWeights({ correlations, size, residual, v, variance, level })
      const { weights, independent } = unpack(parameters, count)
      const factor = new Float64Array(size * size)
      covariance(correlations, weights, size, size, (i) => independent + v[i]!, level, factor)
      cholesky(factor, size)
      const pull = solveUpper(factor, size, solveLower(factor, size, residual.slice()))
      const amplitude = weights.reduce((sum, weight) => sum + weight, 0)
      const length = Math.max(...places) + 1
      const predictAll = (asked: readonly PoolEntry[]): DraftPrediction[] => {
        const cross = new Float64Array(asked.length * size)
        const means = asked.map((entry, row) => {
          const values = compared.correlations(entry, length)
          let predicted = mean
          for (let j = 0; j < size; j++) {
            const at = places[j]! * count
            let sum = level
            for (let k = 0; k < count; k++) sum += weights[k]! * values[at + k]!
            if (entries[j] === entry) sum += independent
            cross[row * size + j] = sum
            predicted += sum * pull[j]!
          }
          return predicted
        })
        solveLowerRows(factor, size, cross)
        return means.map((predicted, row) => {
          let explained = 0
          for (let j = row * size; j < (row + 1) * size; j++) explained += cross[j]! * cross[j]!
          return { mean: predicted, variance: Math.max(1e-6, amplitude + level + independent - explained) }
        })
      }
      return {
        weights: Object.fromEntries(names.map((name, k) => [name, weights[k]! / amplitude])),
        parameters,
        predict: (entry) => predictAll([entry])[0]!,
        predictAll,
      }
    },
  }
}

/** Measured prompts whose texts make the statistics: all of few, then fewer and fewer changes. */
function basisOf(measured: number): number {
  let size = 3
  while (size < MOST_BASIS && Math.ceil(size * 1.3) <= measured) size = Math.ceil(size * 1.3)
  return Math.min(size, MOST_BASIS)
}

/** Mean and variance of abilities behind noisy sites, each site weighed by what it can tell. */
function spread(z: Float64Array, v: Float64Array): { readonly mean: number; readonly variance: number } {
  let variance = 0.5
  let mean = 0
  for (let round = 0; round < 20; round++) {
    let total = 0
    let sum = 0
    for (let i = 0; i < z.length; i++) {
      const weight = 1 / (variance + v[i]!)
      total += weight
      sum += weight * z[i]!
    }
    mean = sum / total
    let squares = 0
    for (let i = 0; i < z.length; i++) {
      const shrink = variance / (variance + v[i]!)
      squares += (shrink * (z[i]! - mean)) ** 2 + shrink * v[i]!
    }
    variance = (squares + PRIOR_PROMPTS * PRIOR_VARIANCE) / (z.length + PRIOR_PROMPTS)
  }
  return { mean, variance }
}

function unpack(parameters: Float64Array, count: number) {
  const weights = new Float64Array(count)
  for (let k = 0; k < count; k++) weights[k] = Math.exp(parameters[0]! + parameters[2 + k]!) / count
  return { weights, independent: Math.exp(parameters[1]!) }
}

/** Σ_k w_k R_k + level, with `diagonal` added; the leading `rows` of matrices of `stride` columns. */
function covariance(
  correlations: readonly Float64Array[],
  weights: Float64Array,
  rows: number,
  stride: number,
  diagonal: (i: number) => number,
  level: number,
  out: Float64Array,
): void {
  out.fill(level)
  correlations.forEach((matrix, k) => {
    const weight = weights[k]!
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j <= i; j++) out[i * rows + j]! += weight * matrix[i * stride + j]!
    }
  })
  for (let i = 0; i < rows; i++) out[i * rows + i]! += diagonal(i)
}

interface WeightProblem {
  readonly correlations: readonly Float64Array[]
  readonly size: number
  readonly residual: Float64Array
  readonly v: Float64Array
  readonly variance: number
  readonly level: number
}

/** log A, log τ, then log of every relative weight. */
function fitWeights({ correlations, size, residual, v, variance, level }: WeightProblem): Float64Array {
  const count = correlations.length
  const n = Math.min(size, MOST_FITTED)
  const center = new Float64Array(count + 2)
  center[0] = Math.log(variance)
  center[1] = Math.log(variance) + INDEPENDENT_SHARE
  const spreads = Float64Array.from(center, (_, k) => [AMPLITUDE_SPREAD, INDEPENDENT_SPREAD][k] ?? WEIGHT_SPREAD)
  const factor = new Float64Array(n * n)
  const inverse = new Float64Array(n * n)
  const y = residual.slice(0, n)
  const objective = (parameters: Float64Array, gradient: Float64Array): number => {
    const { weights, independent } = unpack(parameters, count)
    covariance(correlations, weights, n, size, (i) => independent + v[i]!, level, factor)
    cholesky(factor, n)
    invert(factor, n, inverse)
    const alpha = solveUpper(factor, n, solveLower(factor, n, y.slice()))
    let value = 0.5 * logDeterminant(factor, n)
    for (let i = 0; i < n; i++) value += 0.5 * y[i]! * alpha[i]!
    gradient.fill(0)
    // ½ tr((C⁻¹ − ααᵀ) ∂C), over the lower triangle.
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) inverse[i * n + j] = inverse[i * n + j]! - alpha[i]! * alpha[j]!
      inverse[i * n + i] = 0.5 * (inverse[i * n + i]! - alpha[i]! * alpha[i]!)
      gradient[1]! += independent * inverse[i * n + i]!
    }
    correlations.forEach((matrix, k) => {
      let sum = 0
      for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) sum += inverse[i * n + j]! * matrix[i * size + j]!
      gradient[2 + k]! += weights[k]! * sum
      gradient[0]! += weights[k]! * sum
    })
    for (let k = 0; k < parameters.length; k++) {
      const off = (parameters[k]! - center[k]!) / spreads[k]!
      value += 0.5 * off * off
      gradient[k]! += off / spreads[k]!
    }
    return value
  }
  return minimizeLbfgsb(objective, center, {
    lower: center.map((value, k) => value - 4 * spreads[k]!),
    upper: center.map((value, k) => value + 4 * spreads[k]!),
    maxIterations: MOST_ITERATIONS,
    valueTolerance: 1e-5,
  }).x
}

/** Lower triangle of (L Lᵀ)⁻¹. */
function invert(l: Float64Array, n: number, out: Float64Array): void {
  // Rows of L⁻¹ᵀ, so that both passes run along rows.
  const columns = new Float64Array(n * n)
  for (let c = 0; c < n; c++) {
    const column = columns.subarray(c * n, (c + 1) * n)
    column[c] = 1
    solveLower(l, n, column, c)
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0
      for (let k = i; k < n; k++) sum += columns[i * n + k]! * columns[j * n + k]!
      out[i * n + j] = sum
    }
  }
}
