/**
 * How easy examples are: each of those measured, and one that is not.
 *
 * Notation
 *   b_k, π_k   a grid of easinesses in logits, and their probabilities
 *   φ_k        N(0, v_b) on that grid
 *   L_e(b)     likelihood of the outcomes observed on example e, were b its easiness
 *   κ_i        1/√(1 + π v_i/8): what is not known of an ability, v_i, flattens the likelihood
 *   c, E       pseudo-examples of the prior, measured examples
 *
 * Easinesses are seldom normal: on many a task most examples are passed by all prompts, or by none. A normal
 * distribution pulls the former to the middle, and with them the score of every prompt. An example passed three times
 * of three is then taken to be failed by one prompt in six, where hardly any fails it. Expectation maximization on the
 * grid, π_k ← (c φ_k + Σ_e π_k L_e(b_k) / Σ_l π_l L_e(b_l)) / (c + E), leads from φ toward the distribution of greatest
 * likelihood, whatever its shape (Bock & Aitkin 1981; Laird 1978). A few steps keep it smooth. Then π is the prior of
 * each example.
 *
 * @module
 */
import { logistic } from '../../numerics/special/logistic.ts'
import type { Outcomes } from './outcomes.ts'
import { attenuation } from './tilted-moments.ts'

export interface EasinessDistribution {
  /** b_k, ascending. */
  readonly values: Float64Array
  /** π_k; sums to 1. */
  readonly probabilities: Float64Array
  readonly mean: number
  readonly variance: number
  /**
   * Measured examples it rests on, those known in part for that part; the prior counts as one more. Of summaries the largest
   * counts, since all may be over the same examples.
   */
  readonly examples: number
}

export interface EasinessFit {
  /** Of the population of examples; summaries over several examples say nothing of it. */
  readonly distribution: EasinessDistribution
  /** Posterior of each measured example, by column of the outcomes. */
  readonly easiness: Float64Array
  readonly variance: Float64Array
}

const STEP = 0.5
const REACH = 8
const VALUES = Float64Array.from({ length: (2 * REACH) / STEP + 1 }, (_, k) => k * STEP - REACH)
const NODES = VALUES.length
const STEPS = 4
/** c. */
const PRIOR_EXAMPLES = 4
/** A product of probabilities is taken apart before it overflows. */
const LARGEST_PRODUCT = 1e200
/** Abilities further out change no probability. */
const LARGEST_ABILITY = 200

/**
 * Fits the distribution, and with it the easiness of every measured example, given the posterior of abilities.
 *
 * @param priorVariance v_b, in logits².
 */
export function fitEasiness(
  outcomes: Outcomes,
  ability: Float64Array,
  abilityVariance: Float64Array,
  priorVariance: number,
): EasinessFit {
  const slopes = abilityVariance.map(attenuation)
  const likelihoods = likelihoodsOnGrid(outcomes, ability, slopes)
  const prior = normalized(VALUES.map((b) => Math.exp((-0.5 * b * b) / priorVariance)))
  let probabilities = prior
  for (let step = 0; step < STEPS; step++) {
    const mixed = prior.map((p) => PRIOR_EXAMPLES * p)
    likelihoods.forEach((likelihood, column) => {
      if (outcomes.examples[column]! < 0) return
      let total = 0
      for (let k = 0; k < NODES; k++) total += probabilities[k]! * likelihood[k]!
      for (let k = 0; k < NODES; k++) mixed[k]! += (probabilities[k]! * likelihood[k]!) / total
    })
    probabilities = normalized(mixed)
  }
  const population = momentsOf(probabilities)
  const easiness = new Float64Array(likelihoods.length)
  const variance = new Float64Array(likelihoods.length)
  likelihoods.forEach((likelihood, column) => {
    const isSummary = outcomes.examples[column]! < 0
    const posterior = isSummary ? population : momentsOf(normalized(likelihood.map((l, k) => l * probabilities[k]!)))
    easiness[column] = posterior.mean
    variance[column] = posterior.variance
  })
  refineSharp(outcomes, ability, slopes, population, easiness, variance)
  let examples = 1 + largestSummary(outcomes)
  outcomes.examples.forEach((example, column) => {
    // Share of an example's easiness that its own outcomes tell: 1 when measured well, 0 when not at all.
    if (example >= 0) examples += Math.max(0, 1 - variance[column]! / population.variance)
  })
  return { distribution: { values: VALUES, probabilities, ...population, examples }, easiness, variance }
}

/** Trials of the largest summary. */
function largestSummary({ examples, column, trials }: Outcomes): number {
  let largest = 0
  trials.forEach((value, cell) => {
    if (examples[column[cell]!]! < 0) largest = Math.max(largest, value)
  })
  return largest
}

/** What is said of examples where they have no effect. */
export function allAlike(variance: number): EasinessDistribution {
  return { values: Float64Array.of(0), probabilities: Float64Array.of(1), mean: 0, variance, examples: 1 }
}

/** L_e on the grid, by column, each relative to its largest. */
function likelihoodsOnGrid(outcomes: Outcomes, ability: Float64Array, slopes: Float64Array): Float64Array[] {
  const columns = outcomes.examples.length
  const logs = Array.from({ length: columns }, () => new Float64Array(NODES))
  // One logarithm for many outcomes: Π (1 + e^z).
  const products = Array.from({ length: columns }, () => new Float64Array(NODES).fill(1))
  for (let i = 0; i < outcomes.prompts; i++) {
    const slope = slopes[i]!
    const f = Math.min(LARGEST_ABILITY, Math.max(-LARGEST_ABILITY, ability[i]!))
    // The grid is equally spaced: e^z grows by one factor from node to node.
    const first = Math.exp(slope * (f + VALUES[0]!))
    const factor = Math.exp(slope * STEP)
    for (let cell = outcomes.offsets[i]!; cell < outcomes.offsets[i + 1]!; cell++) {
      const column = outcomes.column[cell]!
      const log = logs[column]!
      const product = products[column]!
      const trials = outcomes.trials[cell]!
      const successes = outcomes.successes[cell]!
      let odds = first
      for (let k = 0; k < NODES; k++) {
        log[k]! += successes * slope * (f + VALUES[k]!)
        if (trials === 1) product[k]! *= 1 + odds
        else log[k]! -= trials * Math.log1p(odds)
        odds *= factor
        if (product[k]! > LARGEST_PRODUCT) {
          log[k]! -= Math.log(product[k]!)
          product[k] = 1
        }
      }
    }
  }
  logs.forEach((log, column) => {
    let top = Number.NEGATIVE_INFINITY
    for (let k = 0; k < NODES; k++) {
      log[k]! -= Math.log(products[column]![k]!)
      if (log[k]! > top) top = log[k]!
    }
    for (let k = 0; k < NODES; k++) log[k] = Math.exp(log[k]! - top)
  })
  return logs
}

/** Examples whose outcomes tell more than the grid can hold: Newton steps, with a normal prior of the population's moments. */
function refineSharp(
  outcomes: Outcomes,
  ability: Float64Array,
  slopes: Float64Array,
  population: { readonly mean: number; readonly variance: number },
  easiness: Float64Array,
  variance: Float64Array,
): void {
  const columns = easiness.length
  for (let step = 0; step < 2; step++) {
    const information = new Float64Array(columns)
    const gradient = new Float64Array(columns)
    for (let i = 0; i < outcomes.prompts; i++) {
      for (let cell = outcomes.offsets[i]!; cell < outcomes.offsets[i + 1]!; cell++) {
        const column = outcomes.column[cell]!
        const p = logistic(slopes[i]! * (ability[i]! + easiness[column]!))
        gradient[column]! += slopes[i]! * (outcomes.successes[cell]! - outcomes.trials[cell]! * p)
        information[column]! += slopes[i]! ** 2 * outcomes.trials[cell]! * p * (1 - p)
      }
    }
    for (let column = 0; column < columns; column++) {
      if (outcomes.examples[column]! < 0 || information[column]! * STEP * STEP < 1) continue
      const precision = information[column]! + 1 / population.variance
      const pull = (population.mean - easiness[column]!) / population.variance
      easiness[column]! += Math.min(STEP, Math.max(-STEP, (gradient[column]! + pull) / precision))
      variance[column] = 1 / precision
    }
  }
}

function momentsOf(probabilities: Float64Array): { readonly mean: number; readonly variance: number } {
  let mean = 0
  let squares = 0
  for (let k = 0; k < NODES; k++) {
    mean += probabilities[k]! * VALUES[k]!
    squares += probabilities[k]! * VALUES[k]! * VALUES[k]!
  }
  // Within a cell of the grid an easiness may lie anywhere.
  return { mean, variance: squares - mean * mean + (STEP * STEP) / 12 }
}

function normalized(weights: Float64Array): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}
