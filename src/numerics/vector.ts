/**
 * Small operations on vectors, for which no backend is worth calling.
 *
 * @module
 */
/**
 * aᵀb, added up from the first element on.
 *
 * @example
 * dot(Float64Array.of(1, 2), Float64Array.of(3, 4)) // 11
 */
export function dot(a: Float64Array, b: Float64Array): number {
  let total = 0
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!
  return total
}

/**
 * Index of the largest value; NaN never wins, ties go to the first; undefined where no value is a number.
 *
 * @example
 * argmax([1, Number.NaN, 3, 3]) // 2
 */
export function argmax(values: ArrayLike<number>): number | undefined {
  let best: number | undefined
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) continue
    if (best === undefined || values[i]! > values[best]!) best = i
  }
  return best
}
