/**
 * Scores so large or so small that their squares are no numbers are divided by a power of two, which changes no digit.
 *
 * Notation: y scores, u = 2^k the unit, y/u what models see. k = 0 for every score between about 1e-38 and 1e38.
 *
 * @module
 */
import type { ObservationHistory } from './observation-log.ts'

/** Scores of less than 2^±128 are left as they are: even their fourth powers are numbers. */
const ORDINARY = 128
/** Units are this far apart, so that a history that grows changes its unit hardly ever. */
const STEP = 64

/**
 * Exponent of the unit for numbers of this size. Above it a scaled number is greater than 1, so that it is not taken
 * for a share of [0, 1].
 *
 * @example
 * scoreExponent(0.7) // 0
 * scoreExponent(1e308) // 959: divided by 2^959 it is some 2^64
 */
export function scoreExponent(largest: number): number {
  if (!(largest > 0 && Number.isFinite(largest))) return 0
  const exponent = Math.floor(Math.log2(largest))
  return Math.abs(exponent) < ORDINARY ? 0 : STEP * Math.floor(exponent / STEP) - 1
}

/**
 * x · 2^exponent, at most the largest number there is. Exact, unless the result is less than about 1e-307.
 *
 * @example
 * timesPowerOfTwo(3, -1) // 1.5
 * timesPowerOfTwo(3, 1023) // 1.7976931348623157e308
 */
export function timesPowerOfTwo(x: number, exponent: number): number {
  if (exponent === 0) return x
  // 2^1074 is no number, but the smallest score divided by 2^-1074 is.
  const half = Math.trunc(exponent / 2)
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, x * 2 ** half * 2 ** (exponent - half)))
}

/** A history in the unit that suits it, read incrementally as it grows. */
export interface ScoreUnits {
  /** The same object as long as history and unit are the same; the history itself where the unit is 1. */
  of(history: ObservationHistory): { readonly history: ObservationHistory; readonly exponent: number }
}

/**
 * @example
 * const log = createObservationLog([{ candidate: 0, example: 0, repeat: 0, score: 1e308 }])
 * createScoreUnits().of(log).history.score(0) // ≈ 2e19
 */
export function createScoreUnits(): ScoreUnits {
  let source: ObservationHistory | undefined
  let length = 0
  let largest = 0
  let known: ReturnType<ScoreUnits['of']> | undefined
  return {
    of(history) {
      if (history !== source || history.length < length) {
        source = history
        length = 0
        largest = 0
        known = undefined
      }
      for (; length < history.length; length++) {
        for (const value of [history.score(length), history.standardError(length)]) {
          if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value))
        }
      }
      const exponent = scoreExponent(largest)
      if (known?.exponent !== exponent) {
        known = { history: exponent === 0 ? history : scaledHistory(history, exponent), exponent }
      }
      return known
    },
  }
}

function scaledHistory(history: ObservationHistory, exponent: number): ObservationHistory {
  return {
    get length() {
      return history.length
    },
    candidate: history.candidate,
    example: history.example,
    repeat: history.repeat,
    count: history.count,
    score: (index) => scaled(history.score(index), exponent),
    standardError: (index) => scaled(history.standardError(index), exponent),
  }
}

function scaled(value: number, exponent: number): number {
  return Number.isNaN(value) ? value : timesPowerOfTwo(value, -exponent)
}
