/**
 * What writing promises where drafts may leap: now and then one is of another kind than its parents, such as the first that
 * names the labels, and may score anything. Abilities near a floor say that nothing is to be gained, which is true of
 * children that are like their parents only.
 *
 * Notation: n drafts measured so far; ε probability that the next one leaps; k drafts, of which a share pass the gate; s mean
 * score of the leader, on a scale from l to h.
 *
 *   ε = 1 / (N + n)           a rule of succession (Laplace 1814) that has seen no leap
 *   gain = (h − s)² / 2(h − l)  E[max(0, U − s)] of a score U uniform on the scale
 *
 * @module
 */

/** Drafts without a leap that the prior is worth. */
const PRIOR_DRAFTS = 20
/** Outcomes that show a leap. */
const LOOKS = 2
/** Share of the scale below which nothing has scored yet. */
const NEAR_FLOOR = 0.1

export interface Leap {
  /** Drafts that were measured. */
  readonly measured: number
  readonly mean: number
  readonly scale: { readonly low: number; readonly high: number }
}

/**
 * Expected gain per call of so many drafts more.
 *
 * @param passing Share of drafts that pass the gate.
 * @param price Calls that writing them takes.
 */
export function leapRate(
  { measured, mean, scale: { low, high } }: Leap,
  count: number,
  passing: number,
  price: number,
) {
  const probability = 1 - (1 - 1 / (PRIOR_DRAFTS + measured)) ** (passing * count)
  const gain = Math.max(0, high - mean) ** 2 / (2 * (high - low))
  return (probability * gain) / (price + LOOKS * passing * count)
}

/**
 * The same of a first look at a draft that is written already, while nothing has scored: texts cannot tell then which draft
 * leaps. Later they do, and this is 0.
 */
export function lookRate(leap: Leap): number {
  const { low, high } = leap.scale
  return leap.mean - low < NEAR_FLOOR * (high - low) ? leapRate(leap, 1, 1, 0) : 0
}
