import { InvalidInputError } from '../../errors.ts'
import * as continuous from './continuous-functions.ts'
import * as mixed from './mixed-functions.ts'
import type { ObjectiveFunction } from './objective.ts'

/**
 * The same function measured with Gaussian noise of 10% of its range. That is the usual range over a uniform sample,
 * from the best value to the 95th percentile.
 */
function noisy(objective: ObjectiveFunction, range: number): ObjectiveFunction {
  return { ...objective, name: `${objective.name}-noisy`, noise: 0.1 * range }
}

/** Every test function by name. */
export const TEST_FUNCTIONS: readonly ObjectiveFunction[] = [
  ...Object.values(continuous),
  noisy(continuous.branin, 140),
  noisy(continuous.hartmann6, 3.3),
  noisy(continuous.ackley5, 21.5),
  ...Object.values(mixed),
]

/**
 * @throws InvalidInputError naming the known functions.
 * @example
 * testFunction('branin').minimum // ≈ 0.397887
 */
export function testFunction(name: string): ObjectiveFunction {
  const found = TEST_FUNCTIONS.find((objective) => objective.name === name)
  if (!found) {
    throw new InvalidInputError(`unknown function "${name}"`, {
      remedy: `Known functions: ${TEST_FUNCTIONS.map((objective) => objective.name).join(', ')}.`,
    })
  }
  return found
}
