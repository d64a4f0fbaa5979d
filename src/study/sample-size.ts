/**
 * How many examples it takes to tell two prompts apart, and what too few cannot support. The page docs/how-much-data.md shows
 * the table.
 *
 * @module
 */
import * as z from 'zod'
import { checkInput, showValue } from '../check-input.ts'
import { InvalidArgumentError } from '../errors.ts'
import { normalQuantile } from '../numerics/special/index.ts'

export interface PowerOptions {
  /** Mean accuracy of the two prompts. @defaultValue 0.5 */
  readonly accuracy?: number
  /** Correlation of their 0/1 scores over examples; recorded tables lie around 0.2 to 0.6. @defaultValue 0.4 */
  readonly correlation?: number
  /** Chance of finding the difference if it is there. @defaultValue 0.8 */
  readonly power?: number
  /** Chance of an error when there is none, two-sided. @defaultValue 0.05 */
  readonly level?: number
}

/**
 * The difference in accuracy that so many paired examples find: (z₁₋α⸝₂ + z_power) · s / √n, where the paired difference
 * has the standard deviation s = √(2p(1 − p)(1 − ρ)). The normal approximation of the paired test; McNemar's test asks
 * for about as many (Connor 1987).
 *
 * @throws InvalidArgumentError when the number or an option is out of its range, or an option is unknown.
 * @example
 * detectableDifference(10) // ≈ 0.49: ten examples cannot tell 70% from 80%
 */
export function detectableDifference(examples: number, options: PowerOptions = {}): number {
  if (!(typeof examples === 'number' && examples >= 0)) {
    throw new InvalidArgumentError(`examples is ${showValue(examples)}; expected a number of at least 0`)
  }
  return Math.min(1, requirement(options) / Math.sqrt(Math.max(1, examples)))
}

/**
 * How many examples both prompts must be tried on to find such a difference; the inverse of
 * {@link detectableDifference}.
 *
 * @param difference In accuracy, above 0: 0.1 is ten points.
 * @throws InvalidArgumentError when the difference is not above 0 or an option is out of its range.
 * @example
 * neededExamples(0.1) // 236: to find ten points
 */
export function neededExamples(difference: number, options: PowerOptions = {}): number {
  if (!(typeof difference === 'number' && difference > 0)) {
    throw new InvalidArgumentError(`difference is ${showValue(difference)}; expected a number above 0`)
  }
  return Math.ceil((requirement(options) / difference) ** 2)
}

const number = z.number().optional()
const powerSchema = z.strictObject({ accuracy: number, correlation: number, power: number, level: number })

function requirement(options: PowerOptions): number {
  checkInput<unknown>(powerSchema, options, 'options')
  const { accuracy = 0.5, correlation = 0.4, power = 0.8, level = 0.05 } = options
  for (const [name, value] of Object.entries({ accuracy, power, level })) {
    if (!(value > 0 && value < 1)) throw new InvalidArgumentError(`${name} is ${value}; expected between 0 and 1`)
  }
  if (!(correlation >= 0 && correlation < 1)) {
    throw new InvalidArgumentError(`correlation is ${correlation}; expected 0 or more and below 1`)
  }
  const deviation = Math.sqrt(2 * accuracy * (1 - accuracy) * (1 - correlation))
  return (normalQuantile(1 - level / 2) + normalQuantile(power)) * deviation
}

/**
 * What the sizes of the two example sets cannot support, in words.
 *
 * @example
 * sampleSizeWarnings(200, 1000) // []
 * sampleSizeWarnings(12, 1000).length // 1: prompts less than some points apart cannot be told apart
 */
export function sampleSizeWarnings(searchExamples: number, holdoutExamples: number): string[] {
  const warnings: string[] = []
  const points = (examples: number) => `${Math.round(100 * detectableDifference(examples))} points`
  if (searchExamples < 30) {
    warnings.push(
      `The search has ${searchExamples} example${searchExamples === 1 ? '' : 's'}: prompts less than about ${points(searchExamples)} apart cannot be told apart on them. Add examples; 50 to 200 are usual.`,
    )
  }
  if (holdoutExamples === 0) {
    warnings.push('No holdout: the score of the winner is an estimate from the examples it was chosen on.')
  } else if (holdoutExamples < 60) {
    warnings.push(
      `The holdout compares ${holdoutExamples} examples: an improvement of less than about ${points(holdoutExamples)} will stay undecided. Add examples or raise the budget.`,
    )
  }
  return warnings
}
