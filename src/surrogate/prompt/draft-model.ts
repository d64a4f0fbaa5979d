/**
 * Predicts prompts that were not measured from the measured ones that read alike, by a Gaussian process over a sum of
 * text kernels with fitted weights. It is conditioned on what the prompt model says of each measured prompt, easiness
 * of examples taken out.
 *
 * Notation
 *   z_i, v_i     ability of measured prompt i as its own outcomes tell it, and the variance of that: one Gaussian site
 *   f = μ + Σ_v √w_v g_v + δ, δ ~ N(0, τ)     g_v of unit variance with correlation R_v; μ has a wide prior of its own
 *   C = Σ_v w_v R_v + diag(τ + v) + level     covariance of z
 *
 * w and τ are fitted in draft-weights.ts.
 *
 * @module
 */
import type { PoolEntry } from '../../prompt/candidate.ts'
import { cholesky, solveLower, solveLowerRows, solveUpper } from './dense.ts'
import { createDraftComparison, type DraftComparison } from './draft-comparison.ts'
import { draftCovariance, fitWeights, unpackWeights } from './draft-weights.ts'
import type { Sites } from './gaussian-sites.ts'
import type { Outcomes } from './outcomes.ts'

/** Measured prompts that predictions are made from: those with most outcomes. */
const MOST_PROMPTS = 256
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
      const { weights, independent } = unpackWeights(parameters, count)
      const factor = new Float64Array(size * size)
      draftCovariance(correlations, weights, size, size, (i) => independent + v[i]!, level, factor)
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
