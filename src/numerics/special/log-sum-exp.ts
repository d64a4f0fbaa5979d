/**
 * Sums, differences and complements of numbers known by their logarithm, without overflow or cancellation.
 *
 * @module
 */

/**
 * log Σ exp(valuesᵢ) over the first `count` values; `-Infinity` for none, `Infinity` if one value is.
 *
 * @example
 * logSumExp([1000, 1000]) // ≈ 1000.6931
 */
export function logSumExp(values: ArrayLike<number>, count = values.length): number {
  let largest = Number.NEGATIVE_INFINITY
  for (let index = 0; index < count; index++) {
    const value = values[index]!
    if (Number.isNaN(value)) return value
    if (value > largest) largest = value
  }
  if (!Number.isFinite(largest)) return largest
  let sum = 0
  for (let index = 0; index < count; index++) sum += Math.exp(values[index]! - largest)
  return largest + Math.log(sum)
}

/**
 * log(exp(a) + exp(b)).
 *
 * @example
 * logAddExp(1000, 1000) // ≈ 1000.6931
 */
export function logAddExp(a: number, b: number): number {
  if (a === b) return a + Math.LN2
  const larger = Math.max(a, b)
  const smaller = Math.min(a, b)
  return larger + Math.log1p(Math.exp(smaller - larger))
}

/**
 * log(1 − exp(x)) for x ≤ 0; NaN for x > 0.
 *
 * Source: M. Mächler, "Accurately computing log(1 − exp(−|a|))" (2012): the switch at −ln 2.
 *
 * @example
 * log1mexp(-1e-20) // ≈ −46.05
 */
export function log1mexp(x: number): number {
  return x > -Math.LN2 ? Math.log(-Math.expm1(x)) : Math.log1p(-Math.exp(x))
}

/**
 * log(exp(a) − exp(b)) for a ≥ b; `-Infinity` where they are equal.
 *
 * @example
 * logSubExp(1000, 999) // ≈ 999.5413
 */
export function logSubExp(a: number, b: number): number {
  return b === Number.NEGATIVE_INFINITY ? a : a + log1mexp(b - a)
}
