/**
 * What an acquisition is: the value of trying a point, to be maximized.
 *
 * @module
 */
import { InvalidArgumentError } from '../errors.ts'
import { argmax } from '../numerics/vector.ts'
import type { Points } from '../surrogate/points.ts'
import type { Posterior } from '../surrogate/posterior.ts'
import type { DifferentiableSurrogate, Surrogate } from '../surrogate/surrogate.ts'

export interface AnalyticValue {
  readonly value: number
  /** ∂value/∂μ. */
  readonly meanSlope: number
  /** ∂value/∂s. */
  readonly deviationSlope: number
}

/** An acquisition that depends on a point only through its posterior mean and standard deviation. */
export interface AnalyticAcquisition {
  readonly name: string
  evaluate(mean: number, standardDeviation: number): AnalyticValue
}

/** An acquisition over points, whatever it is made of. */
export interface Acquisition {
  readonly name: string
  values(points: Points): Float64Array
}

/** With gradients, for continuous search. */
export interface DifferentiableAcquisition extends Acquisition {
  /** Value at x; overwrites `gradient`. */
  valueAndGradient(x: Float64Array, gradient: Float64Array): number
}

/**
 * Values of an analytic acquisition under a posterior.
 *
 * @example
 * const values = acquisitionValues(logExpectedImprovement(0.7), surrogate.posterior(candidates))
 * indexOfLargest(values) // 5
 */
export function acquisitionValues(acquisition: AnalyticAcquisition, posterior: Posterior): Float64Array {
  const values = new Float64Array(posterior.count)
  for (let i = 0; i < values.length; i++) {
    values[i] = acquisition.evaluate(posterior.mean[i]!, Math.sqrt(posterior.variance[i]!)).value
  }
  return values
}

/**
 * Joins an analytic acquisition to the surrogate it looks through.
 *
 * @example
 * const gradient = new Float64Array(1)
 * const acquisition = acquisitionOver(surrogate, logExpectedImprovement(0.7))
 * acquisition.valueAndGradient(Float64Array.of(0.5), gradient) // ≈ -1.20: log of 0.3
 */
export function acquisitionOver(
  surrogate: DifferentiableSurrogate,
  acquisition: AnalyticAcquisition,
): DifferentiableAcquisition {
  return {
    name: acquisition.name,
    values: (points) => acquisitionValues(acquisition, surrogate.posterior(points)),
    valueAndGradient(x, gradient) {
      const prediction = surrogate.predictAt(x)
      const deviation = Math.sqrt(prediction.variance)
      const { value, meanSlope, deviationSlope } = acquisition.evaluate(prediction.mean, deviation)
      gradient.fill(0)
      // ∂s/∂x = ∂variance/∂x / 2s; where the point is certain the deviation cannot be moved.
      prediction.addGradient(meanSlope, deviation > 0 ? deviationSlope / (2 * deviation) : 0, gradient)
      return value
    },
  }
}

/**
 * The same without gradients, for finite pools and surrogates that have none.
 *
 * @example
 * indexOfLargest(acquisitionOnPool(surrogate, logExpectedImprovement(0.7)).values(candidates)) // 5
 */
export function acquisitionOnPool(surrogate: Surrogate, acquisition: AnalyticAcquisition): Acquisition {
  return {
    name: acquisition.name,
    values: (points) => acquisitionValues(acquisition, surrogate.posterior(points)),
  }
}

/**
 * Index of the largest value; NaN never wins, ties go to the first.
 *
 * @throws InvalidArgumentError when there is none.
 * @example
 * indexOfLargest([1, Number.NaN, 3, 3]) // 2
 */
export function indexOfLargest(values: ArrayLike<number>): number {
  const best = argmax(values)
  if (best === undefined)
    throw new InvalidArgumentError(`none of ${values.length} values is a number; expected at least one`)
  return best
}
