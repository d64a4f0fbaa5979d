/**
 * What one cell gave: the one shape from metric and program through the loop and the study to `optimize`.
 *
 * @module
 */
import type { Failure } from './failure.ts'

/** Named numbers measured beside the score: tokens, latency, or whatever a metric or program names. */
export type Measurements = Readonly<Record<string, number>>

/** Why an answer scored as it did, in words: what a judge wrote, a check that failed, what was expected. */
export interface Feedback {
  readonly text: string
  /** Who says so: the name of a metric, an assertion, a judge or a program. */
  readonly from: string
  /** Stage of the program that it is about. */
  readonly stage?: string
  /** Slot of the prompt that it is about. */
  readonly slot?: string
}

interface MeasurementParts {
  readonly metrics?: Measurements
  readonly feedback?: readonly Feedback[]
  /** What the model or program answered, for people and proposers. */
  readonly output?: string
}

/** A score. */
export interface Scored extends MeasurementParts {
  readonly score: number
  readonly failure?: never
}

/** No score: the cell is missing, never zero. */
export interface Unscored extends MeasurementParts {
  readonly failure: Failure
  readonly score?: never
}

/** The result of one cell: a score or a failure, with what else was measured and said. */
export type Measurement = Scored | Unscored

/**
 * @example
 * hasScore({ score: 0.5 }) // true
 */
export function hasScore(measurement: Measurement): measurement is Scored {
  return measurement.failure === undefined
}
