/**
 * What a study does not let in.
 *
 * @module
 */
import { InvalidArgumentError } from '../errors.ts'
import type { Measurement } from '../history/measurement.ts'

/** One score for all cells of an action. */
export interface Summary {
  readonly mean: number
  readonly standardError: number
  readonly count: number
}

export function checkIndex(candidate: number, size: number): void {
  if (!(Number.isInteger(candidate) && candidate >= 0 && candidate < size)) {
    throw new InvalidArgumentError(`candidate is ${candidate}; expected an index below ${size}`)
  }
}

export function checkExample(example: number, count: number): void {
  if (!(Number.isInteger(example) && example >= 0 && example < count)) {
    throw new InvalidArgumentError(`example is ${example}; expected an index below ${count}`)
  }
}

export function checkFinite(value: number, name: string): void {
  if (!Number.isFinite(value)) {
    throw new InvalidArgumentError(`${name} is ${value}; expected a finite number, or null for a failed call`)
  }
}

/** @throws InvalidArgumentError when a comparison's result is neither a failure nor in [0, 1]. */
export function checkComparison({ score }: Measurement): void {
  if (score !== undefined && !(score >= 0 && score <= 1)) {
    throw new InvalidArgumentError(
      `outcome is ${score}; expected 1 for a win of the candidate, 0 for its rival, or between`,
    )
  }
}

export function checkSummary({ mean, standardError, count }: Summary): void {
  checkFinite(mean, 'mean')
  if (!(standardError >= 0)) {
    throw new InvalidArgumentError(`standardError is ${standardError}; expected a number of at least 0`)
  }
  if (!(Number.isInteger(count) && count > 0)) {
    throw new InvalidArgumentError(`count is ${count}; expected a positive whole number`)
  }
}
