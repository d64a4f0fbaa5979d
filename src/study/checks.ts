/**
 * What a study does not let in.
 *
 * @module
 */
import { InvalidArgumentError } from '../errors.ts'
import type { Outcome, Summary } from './study.ts'

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

export function checkOutcome(outcome: Outcome, name: string): void {
  const score = scoreOf(outcome)
  if (typeof score === 'number' && !Number.isFinite(score)) {
    throw new InvalidArgumentError(`${name} is ${score}; expected a finite number, or null for a failed call`)
  }
  if (typeof outcome !== 'object' || outcome === null || !('metrics' in outcome)) return
  for (const [metric, value] of Object.entries(outcome.metrics)) {
    if (!Number.isFinite(value)) {
      throw new InvalidArgumentError(`${name}.metrics.${metric} is ${value}; expected a finite number`)
    }
  }
}

export function checkDuel(outcome: Outcome): void {
  const score = scoreOf(outcome)
  if (typeof score === 'number' && !(score >= 0 && score <= 1)) {
    throw new InvalidArgumentError(
      `outcome is ${score}; expected 1 for a win of the candidate, 0 for its rival, or between`,
    )
  }
}

export function checkSummary({ mean, standardError, count }: Summary): void {
  checkOutcome(mean, 'mean')
  if (!(standardError >= 0)) {
    throw new InvalidArgumentError(`standardError is ${standardError}; expected a number of at least 0`)
  }
  if (!(Number.isInteger(count) && count > 0)) {
    throw new InvalidArgumentError(`count is ${count}; expected a positive whole number`)
  }
}

function scoreOf(outcome: Outcome): number | { readonly error: string } | null {
  return typeof outcome === 'object' && outcome !== null && 'score' in outcome ? outcome.score : outcome
}
