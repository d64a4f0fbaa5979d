/**
 * Scores as shares of success. The model's likelihood is binomial. Scores that are not 0 or 1 enter as fractions, and
 * scores outside [0, 1] are mapped onto it linearly first.
 *
 * @module
 */
import type { ObservationHistory } from '../../history/observation-log.ts'

export interface ScoreScale {
  readonly low: number
  readonly high: number
  /** Every finite score is one end or the other. */
  readonly binary: boolean
}

/**
 * Scores in [0, 1] that all lie in so small a part of it have a range of their own. The model's noise is that of
 * shares.
 */
const SMALL_RANGE = 0.1
/** Scores from which a small range counts as one, and not as the luck of a few. */
const ENOUGH = 8

/** Scale of the first `length` scores: [0, 1] where they fill some of it, else their own range. */
export function scoreScale(history: ObservationHistory, length: number): ScoreScale {
  let low = 0
  let high = 1
  let smallest = Number.POSITIVE_INFINITY
  let largest = Number.NEGATIVE_INFINITY
  let finite = 0
  for (let k = 0; k < length; k++) {
    const score = history.score(k)
    if (!Number.isFinite(score)) continue
    finite++
    smallest = Math.min(smallest, score)
    largest = Math.max(largest, score)
  }
  const isSmall = finite >= ENOUGH && largest > smallest && largest - smallest < SMALL_RANGE
  if (smallest < 0 || largest > 1 || isSmall) {
    // One score alone is in the middle, so that nothing draws it to either side. From 1e16 on, one more is the same number.
    const around = largest > smallest ? 0 : Math.max(0.5, 1e-3 * Math.abs(smallest))
    low = smallest - around
    high = largest + around
  }
  let binary = true
  for (let k = 0; k < length && binary; k++) {
    const score = history.score(k)
    if (Number.isFinite(score) && history.count(k) === 1 && score !== low && score !== high) binary = false
  }
  return { low, high, binary }
}
