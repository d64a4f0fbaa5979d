import { InvalidArgumentError } from '../../errors.ts'
import type { Random } from './random.ts'

/**
 * A Latin hypercube: n points of which each of the n equal slices of every axis holds exactly one.
 *
 * Source: M. D. McKay, R. J. Beckman and W. J. Conover, Technometrics 21 (1979).
 *
 * @returns row-major n×dimensions, in the open unit cube.
 * @throws InvalidArgumentError unless n and dimensions are positive integers.
 * @example
 * latinHypercube(10, 3, createRandom(1)).length // 30: ten points of three coordinates
 */
export function latinHypercube(n: number, dimensions: number, random: Random): Float64Array<ArrayBuffer> {
  if (!(Number.isInteger(n) && n >= 1 && Number.isInteger(dimensions) && dimensions >= 1)) {
    throw new InvalidArgumentError(`latin hypercube of ${n}×${dimensions}; expected positive integers`)
  }
  const points = new Float64Array(n * dimensions)
  for (let d = 0; d < dimensions; d++) {
    const slices = random.permutation(n)
    for (let row = 0; row < n; row++) points[row * dimensions + d] = (slices[row]! + random.uniform()) / n
  }
  return points
}
