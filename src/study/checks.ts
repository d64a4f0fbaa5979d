/**
 * Validates values passed to a study.
 *
 * @module
 */
import * as z from 'zod'
import { checkInput, showValue } from '../check-input.ts'
import { InvalidArgumentError } from '../errors.ts'
import type { Measurement } from '../history/measurement.ts'

/** One score for all cells of an action. */
export interface Summary {
  readonly mean: number
  readonly standardError: number
  readonly count: number
}

/** Keys, for callers without TypeScript; the values are checked where they are used. */
export const observationSchema = z.strictObject({
  candidate: z.unknown(),
  example: z.unknown().optional(),
  repeat: z.unknown().optional(),
  score: z.unknown(),
  count: z.unknown().optional(),
  standardError: z.unknown().optional(),
})
export const comparisonSchema = z.strictObject({
  candidate: z.unknown(),
  rival: z.unknown(),
  example: z.unknown(),
  outcome: z.unknown(),
})
const summarySchema = z.strictObject({
  mean: z.unknown(),
  standardError: z.unknown().optional(),
  count: z.unknown().optional(),
})

export function checkIndex(candidate: number, size: number): void {
  if (!(Number.isInteger(candidate) && candidate >= 0 && candidate < size)) {
    throw new InvalidArgumentError(`candidate is ${showValue(candidate)}; expected an index below ${size}`)
  }
}

export function checkExample(example: number, count: number): void {
  if (!(Number.isInteger(example) && example >= 0 && example < count)) {
    throw new InvalidArgumentError(`example is ${showValue(example)}; expected an index below ${count}`)
  }
}

export function checkExamples(examples: readonly number[], count: number): void {
  if (!Array.isArray(examples)) {
    throw new InvalidArgumentError(`examples is ${showValue(examples)}; expected a list of indices`)
  }
  for (const example of examples) checkExample(example, count)
}

export function checkRepeat(repeat: number): void {
  if (!(Number.isInteger(repeat) && repeat >= 0)) {
    throw new InvalidArgumentError(`repeat is ${showValue(repeat)}; expected a whole number of at least 0`)
  }
}

export function checkFinite(value: number, name: string): void {
  if (!Number.isFinite(value)) {
    throw new InvalidArgumentError(
      `${name} is ${showValue(value)}; expected a finite number, or null for a failed call`,
    )
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

export function checkSummary(summary: Summary): void {
  checkInput<unknown>(summarySchema, summary, 'scores')
  const { mean, standardError, count } = summary
  checkFinite(mean, 'mean')
  if (!(standardError >= 0)) {
    throw new InvalidArgumentError(`standardError is ${showValue(standardError)}; expected a number of at least 0`)
  }
  if (!(Number.isInteger(count) && count > 0)) {
    throw new InvalidArgumentError(`count is ${showValue(count)}; expected a positive whole number`)
  }
}
