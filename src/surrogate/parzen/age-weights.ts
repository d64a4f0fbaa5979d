/**
 * How much observations count by age, and how many count as good.
 *
 * Source: J. Bergstra, D. Yamins and D. Cox, "Making a science of model search", ICML 2013; defaults as in Optuna 5.0.
 *
 * @module
 */

/** Weights of n observations, oldest first, to be written into `out[0 … n−1]`. */
export type AgeWeights = (n: number, out: Float64Array) => void

/** How many of n observations form the density of good ones. */
export type GoodCount = (n: number) => number

/**
 * 1 for up to 24 observations; else the newest 25 weigh 1 and the older ones ramp linearly from 1/n to 1.
 *
 * @example
 * const weights = new Float64Array(27)
 * rampWeights(27, weights)
 * weights // ≈ [0.037, 1.000, 1.000, …]
 */
export const rampWeights: AgeWeights = (n, out) => {
  out.fill(1, 0, n)
  const old = n - 25
  if (old <= 0) return
  // As NumPy's linspace: one point is the start, the last point is exactly 1.
  const start = 1 / n
  const step = old > 1 ? (1 - start) / (old - 1) : 0
  for (let i = 0; i < old; i++) out[i] = i === old - 1 && old > 1 ? 1 : start + i * step
}

/**
 * Age does not matter.
 *
 * @example
 * const weights = new Float64Array(3)
 * equalWeights(3, weights)
 * weights // [1, 1, 1]
 */
export const equalWeights: AgeWeights = (n, out) => {
  out.fill(1, 0, n)
}

/**
 * min(⌈n/10⌉, 25).
 *
 * @example
 * tenthGood(31) // 4
 */
export const tenthGood: GoodCount = (n) => Math.min(Math.ceil(0.1 * n), 25)

/**
 * min(⌈√n/4⌉, 25), hyperopt's rule.
 *
 * @example
 * rootGood(100) // 3
 */
export const rootGood: GoodCount = (n) => Math.min(Math.ceil(0.25 * Math.sqrt(n)), 25)
