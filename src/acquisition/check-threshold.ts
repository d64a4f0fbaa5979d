import { InvalidArgumentError } from '../errors.ts'
import { showValue } from '../text/show-value.ts'

/** @throws InvalidArgumentError on anything but a number to improve on; infinities are some. */
export function checkThreshold(threshold: number): void {
  if (typeof threshold === 'number' && !Number.isNaN(threshold)) return
  throw new InvalidArgumentError(`threshold is ${showValue(threshold)}; expected a number, the score to improve on`)
}
