/**
 * Prompts that read alike tend to fail on the same examples. How strongly, and what that does to the evidence for text.
 *
 * Notation
 *   y_ie ~ Bernoulli(σ(f_i + b_e + g_ie))   prompt i on example e
 *   Cov(f_i, f_j) = v_f R_ij                ability that text explains
 *   Cov(g_ie, g_je) = v_g R_ij              interaction of text and example; independent between examples
 *   R_ij = φ_i · φ_j                        centered correlation of texts
 *   r, s                                    residual y − σ(level + b_e) and binomial variance of a cell
 *
 * To first order E r_ie r_je' = s_ie s_je' R_ij (v_f + v_g [e = e']). Products of residuals are regressed on s s' R,
 * once over pairs of cells on one example and once over pairs on different ones. That gives v_f + v_g and v_f. It is
 * Haseman–Elston regression (1972), used in genetics to separate heritability from shared environment. Under the null a
 * product has variance s s', so that either slope has precision Σ R² s s'.
 *
 * Cells of similar prompts on one example then share part of what they say of a text. Their evidence for
 * hyper-parameters is divided by the design effect 1 + v_g · mean_ie Σ_j R⁺_ij s_ie (Kish 1965). Composite likelihoods
 * are tempered so (Ribatet, Cooley & Davison 2012).
 *
 * @module
 */
import { logistic } from '../../numerics/special/logistic.ts'
import type { LowRankFactor } from './low-rank-factor.ts'
import type { Outcomes } from './outcomes.ts'

/** φ: rows of a text factor about their mean, scaled to unit variance on average. */
export interface TextFeatures {
  readonly rank: number
  /** prompts × rank, row-major. */
  readonly values: Float64Array
}

export interface SharedFailures {
  /** v_g in squared logits, at least 0. */
  readonly variance: number
  /** At least 1: by how much the evidence overstates what is known about texts. */
  readonly designEffect: number
}

export const NO_SHARED_FAILURES: SharedFailures = { variance: 0, designEffect: 1 }

/** Prior of v_g, and how much of the data's precision that weighs. */
const PRIOR_VARIANCE = 0.3
const PRIOR_PRECISION = 0.5
/** Most prompts on one example of which every pair is compared. */
const PAIRWISE = 500

/**
 * Subtracts what all texts have in common: that is the example's easiness, not an interaction with the text.
 *
 * @param basis How many of the first texts the mean and the scale are from.
 */
export function centerFeatures(
  { factor, rank, residual, size: rows }: Pick<LowRankFactor, 'factor' | 'rank' | 'residual' | 'size'>,
  basis = rows,
): TextFeatures {
  const size = basis
  const values = factor.slice()
  let variance = 0
  for (let k = 0; k < rank; k++) {
    let mean = 0
    for (let i = 0; i < size; i++) mean += values[i * rank + k]! / size
    for (let i = 0; i < rows; i++) values[i * rank + k]! -= mean
    for (let i = 0; i < size; i++) variance += values[i * rank + k]! ** 2 / size
  }
  for (let i = 0; i < size; i++) variance += residual[i]! / size
  // Texts that are all the same have no features but rounding errors.
  const scale = variance > 1e-9 ? 1 / Math.sqrt(variance) : 0
  return { rank, values: values.map((value) => value * scale) }
}

/** One feature: prompts are as alike as their abilities in an earlier study, which failed on examples of one kind too. */
export function abilityFeature(ability: Float64Array): TextFeatures {
  const size = ability.length
  return centerFeatures({ factor: ability, rank: 1, residual: new Float64Array(size), size })
}

/** φ_i · φ_j. */
export function similarity({ rank, values }: TextFeatures, i: number, j: number): number {
  let sum = 0
  for (let k = 0; k < rank; k++) sum += values[i * rank + k]! * values[j * rank + k]!
  return sum
}

/**
 * Estimates v_g from what was observed. It takes O(Σ_e n_e² r + P r²) where n_e, the prompts measured on example e, is
 * no more than {@link PAIRWISE}; then O(n_e r²).
 *
 * @param level Ability of the prompt pool as a whole, in logits.
 * @param easiness By column of the outcomes, in logits.
 */
export function estimateSharedFailures(
  outcomes: Outcomes,
  features: TextFeatures,
  level: number,
  easiness: Float64Array,
): SharedFailures {
  const columns = outcomes.examples.map((): Cell[] => [])
  const residuals = new Float64Array(outcomes.prompts)
  const variances = new Float64Array(outcomes.prompts)
  let cells = 0
  for (let prompt = 0; prompt < outcomes.prompts; prompt++) {
    for (let cell = outcomes.offsets[prompt]!; cell < outcomes.offsets[prompt + 1]!; cell++) {
      const column = outcomes.column[cell]!
      if (outcomes.examples[column]! < 0) continue
      const p = logistic(level + easiness[column]!)
      const trials = outcomes.trials[cell]!
      const residual = outcomes.successes[cell]! - trials * p
      const variance = trials * p * (1 - p)
      columns[column]!.push({ prompt, residual, variance })
      residuals[prompt]! += residual
      variances[prompt]! += variance
      cells++
    }
  }
  const pairs: PairSums = { product: 0, precision: 0, redundancy: 0 }
  for (const column of columns) {
    if (column.length <= PAIRWISE) addPairs(pairs, features, column)
    else addManyPairs(pairs, features, column)
  }
  const { product: same, precision: samePrecision, redundancy } = pairs
  const all = allPairs(features, residuals, variances)
  const other = all.product - same
  const otherPrecision = all.precision - samePrecision
  if (!(samePrecision > 0)) return NO_SHARED_FAILURES
  let variance = PRIOR_VARIANCE
  if (otherPrecision > 1e-9) {
    const difference = same / samePrecision - other / otherPrecision
    const precision = 1 / (1 / samePrecision + 1 / otherPrecision)
    variance = (precision * difference + PRIOR_PRECISION * PRIOR_VARIANCE) / (precision + PRIOR_PRECISION)
  }
  variance = Math.max(0, variance)
  return { variance, designEffect: 1 + (variance * redundancy) / cells }
}

interface Cell {
  readonly prompt: number
  readonly residual: number
  readonly variance: number
}

/** Over pairs of prompts on one example: Σ R r r', Σ R² s s' and Σ R⁺ (s + s'). */
interface PairSums {
  product: number
  precision: number
  redundancy: number
}

function addPairs(sums: PairSums, features: TextFeatures, cells: readonly Cell[]): void {
  for (let later = 1; later < cells.length; later++) {
    const a = cells[later]!
    for (let earlier = 0; earlier < later; earlier++) {
      const b = cells[earlier]!
      const r = similarity(features, a.prompt, b.prompt)
      sums.product += r * a.residual * b.residual
      sums.precision += r * r * a.variance * b.variance
      if (r > 0) sums.redundancy += r * (a.variance + b.variance)
    }
  }
}

/** The same of very many: two sums without going through the pairs, the third by some of the prompts. */
function addManyPairs(sums: PairSums, features: TextFeatures, cells: readonly Cell[]): void {
  const { rank, values } = features
  const rows = new Float64Array(cells.length * rank)
  cells.forEach(({ prompt }, i) => {
    rows.set(values.subarray(prompt * rank, (prompt + 1) * rank), i * rank)
  })
  const { product, precision } = allPairs(
    { rank, values: rows },
    Float64Array.from(cells, ({ residual }) => residual),
    Float64Array.from(cells, ({ variance }) => variance),
  )
  const sample = Array.from({ length: PAIRWISE }, (_, k) => cells[Math.floor((k * cells.length) / PAIRWISE)]!)
  const share = (PAIRWISE * (PAIRWISE - 1)) / (cells.length * (cells.length - 1))
  const sampled: PairSums = { product: 0, precision: 0, redundancy: 0 }
  addPairs(sampled, features, sample)
  sums.product += product
  sums.precision += precision
  sums.redundancy += sampled.redundancy / share
}

/** Σ_{i<j} R_ij r_i r_j and Σ_{i<j} R_ij² s_i s_j over prompts, without going through the pairs. */
function allPairs({ rank, values }: TextFeatures, residuals: Float64Array, variances: Float64Array) {
  const pull = new Float64Array(rank)
  const gram = new Float64Array(rank * rank)
  let product = 0
  let precision = 0
  for (let i = 0; i < residuals.length; i++) {
    const s = variances[i]!
    if (s === 0) continue
    let norm = 0
    for (let k = 0; k < rank; k++) {
      const x = values[i * rank + k]!
      norm += x * x
      pull[k]! += residuals[i]! * x
      for (let l = 0; l <= k; l++) gram[k * rank + l]! += s * x * values[i * rank + l]!
    }
    product -= residuals[i]! ** 2 * norm
    precision -= s * s * norm * norm
  }
  for (let k = 0; k < rank; k++) {
    product += pull[k]! ** 2
    for (let l = 0; l <= k; l++) precision += (l < k ? 2 : 1) * gram[k * rank + l]! ** 2
  }
  return { product: product / 2, precision: precision / 2 }
}
