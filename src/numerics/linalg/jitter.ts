/**
 * The ladder that every backend climbs when a factorization fails, after `psd_safe_cholesky` of linear_operator:
 * tenfold more on the diagonal each time, and the sum reported.
 *
 * @module
 */
import { InvalidArgumentError, NonFiniteError, NotPositiveDefiniteError } from '../../errors.ts'
import type { CholeskyOptions, CholeskyReport } from './backend.ts'
import type { Matrix } from './matrix.ts'

export const DEFAULT_INITIAL_JITTER = 1e-10
export const DEFAULT_MAXIMUM_JITTER = 1e-4

/** A pivot that was not positive and finite, and where. */
export interface FailedPivot {
  readonly row: number
  readonly pivot: number
}

/**
 * Tries to factor with growing jitter.
 *
 * @param original the matrix before any attempt; its lower triangle is read
 * @param attempt restores the matrix, adds the jitter to its diagonal and factors; undefined when it went well
 */
export function climbJitter(
  original: Matrix,
  attempt: (jitter: number) => FailedPivot | undefined,
  options: CholeskyOptions,
): CholeskyReport {
  const initial = options.initialJitter ?? DEFAULT_INITIAL_JITTER
  const maximum = options.maximumJitter ?? DEFAULT_MAXIMUM_JITTER
  if (!(initial > 0)) throw new InvalidArgumentError(`initialJitter is ${initial}; expected a positive number`)
  if (!(maximum >= 0)) throw new InvalidArgumentError(`maximumJitter is ${maximum}; expected 0 or more`)
  let failed = attempt(0)
  if (failed === undefined) return { jitter: 0 }
  checkFinite(original)
  const unit = meanDiagonal(original)
  let jitter = 0
  // The half step keeps the last rung when tenfold steps land a rounding error above it.
  for (let relative = initial; unit > 0 && relative <= maximum * 1.5; relative *= 10) {
    jitter = relative * unit
    failed = attempt(jitter)
    if (failed === undefined) return { jitter }
  }
  throw new NotPositiveDefiniteError(failed.pivot, failed.row, jitter)
}

function meanDiagonal({ rows, stride, data }: Matrix): number {
  let sum = 0
  for (let i = 0; i < rows; i++) sum += data[i * stride + i]!
  return sum / rows
}

/** @throws NonFiniteError when the lower triangle holds NaN or an infinity */
export function checkFinite({ rows, stride, data }: Matrix): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j <= i; j++) {
      const value = data[i * stride + j]!
      if (!Number.isFinite(value)) {
        throw new NonFiniteError(`a[${i}][${j}] is ${value}; expected a finite number`)
      }
    }
  }
}
