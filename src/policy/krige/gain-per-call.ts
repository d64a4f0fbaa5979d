/**
 * What measuring or writing promises per call; the formulas are in `drafting.ts`.
 *
 * @module
 */
import { logistic } from '../../numerics/special/logistic.ts'
import { normalCdf, normalDensity } from '../../numerics/special/normal.ts'
import type { PromptBeliefs } from '../../surrogate/prompt/prompt-model.ts'
import type { ScoreMoments } from '../../surrogate/prompt/score-moments.ts'
import type { ExampleBeliefs } from './informative-example.ts'

/** Expected largest of 1, 2, 4 and 8 draws from N(0, 1). */
const EXPECTED_LARGEST = [0, 0.5642, 1.0294, 1.4236]

/** Of `draws` from N(0, 1), linear in the logarithm of their number in between. */
export function expectedLargest(draws: number): number {
  const place = Math.max(0, Math.min(EXPECTED_LARGEST.length - 1, Math.log2(draws)))
  const below = Math.floor(place)
  const [low, high = low] = [EXPECTED_LARGEST[below]!, EXPECTED_LARGEST[below + 1]]
  return low + (place - below) * (high - low)
}

/** Variance of a score that is the prompt's own, whatever examples were drawn. */
export function reducible({ standardDeviations, sampling }: ScoreMoments, i: number): number {
  return Math.max(0, standardDeviations[i]! ** 2 - (sampling?.[i] ?? 0) ** 2)
}

/**
 * Largest expected gain per call over batches of 1, 2, 4 … `most` outcomes.
 *
 * @param distance Mean of what is measured minus that of its strongest competitor.
 * @param cost Of an outcome, in calls.
 * @param fixed Calls that are spent first.
 */
export function bestRate(
  distance: number,
  variance: number,
  noise: number,
  most: number,
  cost: number,
  fixed: number,
): number {
  let best = 0
  for (let n = 1; n <= most; n = n < most && 2 * n > most ? most : 2 * n) {
    const change = variance / Math.sqrt(variance + noise / n)
    if (!(change > 0)) break
    const z = distance / change
    // Nothing to compare with: there is nothing to be gained.
    const gain = z === Number.NEGATIVE_INFINITY ? 0 : change * (normalDensity(z) + z * normalCdf(z))
    best = Math.max(best, gain / (fixed + n * cost))
    if (n === most) break
  }
  return best
}

/** Mean over examples of p (1 − p) for the leading prompt. */
export function outcomeNoise(beliefs: PromptBeliefs, examples: ExampleBeliefs, leader: number): number {
  const span = beliefs.scale.high - beliefs.scale.low
  let sum = 0
  for (const easiness of examples.easiness) {
    const p = logistic(beliefs.ability[leader]! + easiness)
    sum += p * (1 - p)
  }
  return Math.max(1e-3, (span * span * beliefs.outcomes.dispersion * sum) / examples.easiness.length)
}
