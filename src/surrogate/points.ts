import { InvalidArgumentError, NonFiniteError } from '../errors.ts'
import { showValue } from '../text/show-value.ts'

/** `count` points of `dimension` numbers each, row-major. Units are the caller's: usually the unit cube. */
export interface Points {
  readonly count: number
  readonly dimension: number
  readonly data: Float64Array
}

/**
 * Wraps rows, or a flat row-major array, as {@link Points}. A flat array is not copied.
 *
 * @throws InvalidArgumentError when the rows differ in length or the flat length is not a multiple of the dimension.
 * @example
 * points([[0, 1], [0.5, 0.5]]).count // 2
 */
export function points(rows: readonly ArrayLike<number>[]): Points
export function points(data: Float64Array, dimension: number): Points
export function points(input: readonly ArrayLike<number>[] | Float64Array, dimension?: number): Points {
  if (input instanceof Float64Array) {
    const width = dimension ?? 1
    if (!(width >= 1) || input.length % width !== 0) {
      throw new InvalidArgumentError(`data has ${input.length} numbers; expected a multiple of dimension ${width}`)
    }
    return { count: input.length / width, dimension: width, data: input }
  }
  if (!Array.isArray(input)) throw new InvalidArgumentError(`rows is ${showValue(input)}; expected a list of points`)
  const width = input[0]?.length ?? 0
  const data = new Float64Array(input.length * width)
  for (const [index, row] of input.entries()) {
    if (row.length !== width) {
      throw new InvalidArgumentError(`rows[${index}] has ${row.length} numbers; expected ${width} like rows[0]`)
    }
    data.set(row, index * width)
  }
  return { count: input.length, dimension: width, data }
}

/**
 * Refuses points at which nothing can be said.
 *
 * @param dimension That of the points a surrogate was fitted to.
 * @throws InvalidArgumentError on another dimension; NonFiniteError on NaN or infinities.
 */
export function checkPoints(at: Points, dimension: number): void {
  if (at.count > 0 && at.dimension !== dimension) {
    throw new InvalidArgumentError(`points have dimension ${at.dimension}; expected ${dimension}, as the data have`)
  }
  const bad = at.data.findIndex((value) => !Number.isFinite(value))
  if (bad < 0) return
  const [point, coordinate] = [Math.floor(bad / at.dimension), bad % at.dimension]
  throw new NonFiniteError(`points[${point}][${coordinate}] is ${at.data[bad]}; expected a finite number`)
}

/** One row of {@link Points}, as a view: writing to it writes to the points. */
export function row(input: Points, index: number): Float64Array {
  return input.data.subarray(index * input.dimension, (index + 1) * input.dimension)
}

/** Some of the points, in the order asked for. */
export function takePoints(from: Points, indices: readonly number[]): Points {
  const data = new Float64Array(indices.length * from.dimension)
  for (const [k, index] of indices.entries()) data.set(row(from, index), k * from.dimension)
  return { count: indices.length, dimension: from.dimension, data }
}
