/**
 * One parameter as a Parzen estimator sees it.
 *
 * A number is seen on its own scale, after a logarithm where the parameter is logarithmic. A stepped number stands for
 * the interval of half a step around it. The density is then a probability of intervals, and the range reaches half a
 * step beyond its ends.
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'
import type { Parameter, ParameterValue } from '../../space/parameter.ts'

export interface NumericDimension {
  readonly kind: 'numeric'
  /** Range of the coordinate, half a step wider than the parameter's on both sides when stepped. */
  readonly low: number
  readonly high: number
  /** Whether the coordinate is the logarithm of the value. */
  readonly log: boolean
  /** The parameter's own step; 0 when continuous. */
  readonly step: number
  /** The parameter's least and greatest value. */
  readonly first: number
  readonly last: number
}

export interface CategoricalDimension {
  readonly kind: 'categorical'
  /** Number of choices; the coordinate is the index of one. */
  readonly choices: number
}

export type ParzenDimension = NumericDimension | CategoricalDimension

/**
 * @returns `undefined` for a parameter with one value only: there is nothing to estimate.
 * @throws InvalidArgumentError when half a step below the least value of a logarithmic parameter is not positive.
 * @example
 * parzenDimension({ kind: 'int', low: 1, high: 8, step: 1, log: false }) // { low: 0.5, high: 8.5, step: 1, … }
 */
export function parzenDimension(parameter: Parameter): ParzenDimension | undefined {
  if (parameter.kind === 'categorical') {
    return parameter.choices.length > 1 ? { kind: 'categorical', choices: parameter.choices.length } : undefined
  }
  const { low, log } = parameter
  const step = parameter.step ?? 0
  // The greatest value that whole steps reach; a hair of tolerance because 0.3 is not three times 0.1.
  const high = step > 0 ? low + Math.floor((parameter.high - low) / step + 1e-9) * step : parameter.high
  if (!(high > low)) return undefined
  const scale = log ? Math.log : (value: number) => value
  if (log && low - step / 2 <= 0) {
    throw new InvalidArgumentError(
      `a logarithmic parameter starts at ${low} with step ${step}; expected more than half a step`,
    )
  }
  return {
    kind: 'numeric',
    low: scale(low - step / 2),
    high: scale(high + step / 2),
    log,
    step,
    first: low,
    last: high,
  }
}

/**
 * The coordinate of a value.
 *
 * @throws InvalidArgumentError for a value the parameter cannot have.
 * @example
 * const parameter = { kind: 'categorical', choices: ['a', 'b'] } as const
 * toCoordinate(parzenDimension(parameter)!, parameter, 'b') // 1
 */
export function toCoordinate(dimension: ParzenDimension, parameter: Parameter, value: ParameterValue): number {
  if (parameter.kind === 'categorical') {
    const index = parameter.choices.indexOf(value)
    if (index < 0) throw new InvalidArgumentError(`value ${JSON.stringify(value)} is not one of the choices`)
    return index
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new InvalidArgumentError(`value ${JSON.stringify(value)} is not a finite number`)
  }
  return dimension.kind === 'numeric' && dimension.log ? Math.log(value) : value
}

/**
 * The value of a coordinate, inside the parameter's range and on its grid.
 *
 * @example
 * const parameter = { kind: 'int', low: 0, high: 9, step: 3, log: false } as const
 * fromCoordinate(parzenDimension(parameter)!, parameter, 4.2) // 3
 */
export function fromCoordinate(dimension: ParzenDimension, parameter: Parameter, coordinate: number): ParameterValue {
  if (parameter.kind === 'categorical') return parameter.choices[coordinate]!
  return dimension.kind === 'numeric' ? gridValue(dimension, coordinate) : coordinate
}

/** Undoes the logarithm and rounds to the grid. */
export function gridValue(dimension: NumericDimension, coordinate: number): number {
  const { first, last, step } = dimension
  const value = dimension.log ? Math.exp(coordinate) : coordinate
  const rounded = step > 0 ? first + Math.round((value - first) / step) * step : value
  return Math.min(Math.max(rounded, first), last)
}

/** Ends of the interval that a stepped coordinate stands for, written to `out`. */
export function cellOf(dimension: NumericDimension, coordinate: number, out: Float64Array): void {
  const half = dimension.step / 2
  if (dimension.log) {
    const value = Math.exp(coordinate)
    out[0] = Math.log(value - half)
    out[1] = Math.log(value + half)
  } else {
    out[0] = coordinate - half
    out[1] = coordinate + half
  }
}
