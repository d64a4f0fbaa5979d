/**
 * Conformance suites are lists of named checks without a test framework, so that an outsider can run them under any:
 *
 * @example
 * import { kernelConformance } from 'krige/testing'
 * for (const { name, run } of kernelConformance(() => matern52({ lengthScale: 0.4 }), { backend, dimension: 3 })) it(name, run)
 *
 * @module
 */

/** One requirement. `run` throws when it is not met. */
export interface ConformanceCheck {
  readonly name: string
  run(): void | Promise<void>
}

/**
 * What a check throws: what was found where, and what was expected.
 *
 * @example
 * requireClose('mean[0]', 0.5, 1, 1e-9) // throws ConformanceError: mean[0] is 0.5; expected 1
 */
export class ConformanceError extends Error {
  override readonly name = 'ConformanceError'
}

/** @throws ConformanceError with the message unless the condition holds. */
export function require(condition: boolean, message: string): asserts condition {
  if (!condition) throw new ConformanceError(message)
}

/** @throws ConformanceError unless |actual − expected| ≤ tolerance · max(1, |expected|). */
export function requireClose(what: string, actual: number, expected: number, tolerance: number): void {
  const allowed = tolerance * Math.max(1, Math.abs(expected))
  require(Math.abs(actual - expected) <= allowed, `${what} is ${actual}; expected ${expected} within ${allowed}`)
}

/** {@link requireClose} for every element. */
export function requireAllClose(
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  require(actual.length === expected.length, `${what} has ${actual.length} elements; expected ${expected.length}`)
  for (let i = 0; i < actual.length; i++) requireClose(`${what}[${i}]`, actual[i]!, expected[i]!, tolerance)
}
