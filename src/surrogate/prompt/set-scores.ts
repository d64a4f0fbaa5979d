/**
 * What is expected of every prompt's mean over exactly these examples: what was seen is known, the rest is predicted.
 *
 * Notation
 *   f ~ N(m, v)                 ability of a prompt
 *   p_e(f) = σ(κ_e (f + b_e))   its score on example e; κ_e attenuates by what is not known of the easiness b_e
 *   φ                           dispersion: a single score varies by φ p (1 − p)
 *   S(f), Q(f)                  Σ p_e(f) and φ Σ p_e(f) (1 − p_e(f)) over the examples this prompt was not measured on
 *   T = (Σ_seen y + Σ_unseen y) / E
 *
 * Given f the unseen scores are independent: E Σ_unseen y = E S and Var Σ_unseen y = Var S + E Q, by a Gauss–Hermite
 * rule in f. Where scores are 0 or 1, Σ_unseen y is a whole number, distributed as a mixture over f of
 * Poisson-binomials. Its quantiles are the ends of an interval.
 *
 * @module
 */
import { logistic } from '../../numerics/special/logistic.ts'
import { normalCdf } from '../../numerics/special/normal.ts'
import { HERMITE_NODES, HERMITE_WEIGHTS } from './gauss-hermite.ts'
import type { PromptBeliefs } from './prompt-model.ts'
import { logitInterval, type ScoreMoments } from './score-moments.ts'
import { attenuation } from './tilted-moments.ts'

/** Abilities at which the distribution of a count is mixed: equally spaced, this many deviations to either side. */
const MIXED = 41
const REACH = 5

/**
 * Mean and standard deviation of every prompt's mean over exactly `exampleCount` examples.
 *
 * @param known Scores of the first prompts, by the same beliefs before the pool grew: not computed again.
 */
export function setScores(beliefs: PromptBeliefs, exampleCount: number, known?: ScoreMoments): ScoreMoments {
  const { outcomes, ability, abilityVariance, scale } = beliefs
  const { dispersion } = outcomes
  const restOf = createRests(beliefs, exampleCount)
  const span = scale.high - scale.low
  const means = new Float64Array(outcomes.prompts)
  const standardDeviations = new Float64Array(outcomes.prompts)
  const slopes = new Float64Array(outcomes.prompts)
  if (known) {
    means.set(known.means)
    standardDeviations.set(known.standardDeviations)
    slopes.set(known.slopes)
  }
  for (let i = known?.means.length ?? 0; i < outcomes.prompts; i++) {
    const { seen, ...rest } = restOf(i)
    const { mean, variance, signal } = sumMoments(rest, ability[i]!, abilityVariance[i]!, dispersion)
    means[i] = scale.low + (span * (seen + mean)) / exampleCount
    standardDeviations[i] = (span * Math.sqrt(variance)) / exampleCount
    slopes[i] = (span * Math.sqrt(signal / abilityVariance[i]!)) / exampleCount
  }

  function interval(i: number, deviations: number): [number, number] {
    const { seen, ...rest } = restOf(i)
    const { count } = rest
    if (count === 0) return [means[i]!, means[i]!]
    const total = (sum: number) => scale.low + (span * (seen + sum)) / exampleCount
    // Only the sum over the examples not yet seen is uncertain.
    const expected = (exampleCount * (means[i]! - scale.low)) / span - seen
    if (scale.binary) {
      const distribution = countDistribution(ability[i]!, abilityVariance[i]!, rest)
      const [low, high] = quantiles(distribution, normalCdf(-deviations))
      return [total(Math.min(low, Math.floor(expected))), total(Math.max(high, Math.ceil(expected)))]
    }
    const deviation = (exampleCount * standardDeviations[i]!) / span
    const [low, high] = logitInterval(expected / count, deviation / count, deviations)
    return [total(count * low), total(count * high)]
  }
  return { means, standardDeviations, slopes, interval }
}

/** Examples to come: the first `count` entries. */
export interface Rest {
  readonly count: number
  readonly easiness: Float64Array
  /** κ_e. */
  readonly slope: Float64Array
}

/** By prompt: the sum of its scores seen, and the examples not yet seen. The result is overwritten by the next call. */
function createRests(
  beliefs: PromptBeliefs,
  exampleCount: number,
): (prompt: number) => Rest & { readonly seen: number } {
  const { outcomes, easinessDistribution } = beliefs
  const kappa = beliefs.easinessVariance.map(attenuation)
  const seenColumns = new Uint8Array(outcomes.examples.length)
  const easiness = new Float64Array(exampleCount + outcomes.examples.length)
  const slope = new Float64Array(easiness.length)
  return (i) => {
    seenColumns.fill(0)
    let seen = 0
    let measured = 0
    for (let cell = outcomes.offsets[i]!; cell < outcomes.offsets[i + 1]!; cell++) {
      const c = outcomes.column[cell]!
      if (outcomes.examples[c]! < 0) continue
      seenColumns[c] = 1
      seen += outcomes.successes[cell]! / outcomes.trials[cell]!
      measured++
    }
    let count = 0
    for (let c = 0; c < kappa.length; c++) {
      if (seenColumns[c] === 1 || outcomes.examples[c]! < 0) continue
      easiness[count] = beliefs.easiness[c]!
      slope[count++] = kappa[c]!
    }
    // Examples without an outcome.
    for (const k = attenuation(easinessDistribution.variance); count + measured < exampleCount; count++) {
      easiness[count] = easinessDistribution.mean
      slope[count] = k
    }
    return { seen, count, easiness, slope }
  }
}

/** Mean and variance of the sum of scores on the rest, for an ability N(mean, variance); `signal` is the part of ability. */
export function sumMoments(rest: Rest, ability: number, abilityVariance: number, dispersion: number) {
  const { count, easiness, slope } = rest
  const deviation = Math.sqrt(abilityVariance)
  let mean = 0
  let squares = 0
  let scatter = 0
  for (let k = 0; count > 0 && k < HERMITE_NODES.length; k++) {
    const f = ability + deviation * HERMITE_NODES[k]!
    let sum = 0
    let noise = 0
    for (let j = 0; j < count; j++) {
      const p = logistic(slope[j]! * (f + easiness[j]!))
      sum += p
      noise += p * (1 - p)
    }
    mean += HERMITE_WEIGHTS[k]! * sum
    squares += HERMITE_WEIGHTS[k]! * sum * sum
    scatter += HERMITE_WEIGHTS[k]! * dispersion * noise
  }
  const signal = Math.max(0, squares - mean * mean)
  return { mean, variance: signal + scatter, signal }
}

/** Probability of every number of successes on the rest: 0 … count. */
function countDistribution(mean: number, variance: number, { count, easiness, slope }: Rest): Float64Array {
  const mixed = new Float64Array(count + 1)
  const conditional = new Float64Array(count + 1)
  let total = 0
  for (let k = 0; k < MIXED; k++) {
    const z = REACH * ((2 * k) / (MIXED - 1) - 1)
    const f = mean + Math.sqrt(variance) * z
    const weight = Math.exp(-0.5 * z * z)
    total += weight
    conditional.fill(0)
    conditional[0] = 1
    for (let j = 0; j < count; j++) {
      const p = logistic(slope[j]! * (f + easiness[j]!))
      for (let n = j + 1; n > 0; n--) conditional[n] = conditional[n]! * (1 - p) + conditional[n - 1]! * p
      conditional[0]! *= 1 - p
    }
    for (let n = 0; n <= count; n++) mixed[n]! += weight * conditional[n]!
  }
  return mixed.map((p) => p / total)
}

/** Whole numbers with at most `tail` of the probability below the first, and above the second. */
function quantiles(distribution: Float64Array, tail: number): [number, number] {
  let low = 0
  for (let below = distribution[0]!; below <= tail; below += distribution[low]!) low++
  let high = distribution.length - 1
  for (let above = distribution[high]!; above <= tail; above += distribution[high]!) high--
  return [low, high]
}
