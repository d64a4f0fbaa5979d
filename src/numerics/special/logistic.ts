/**
 * The logistic link and its logarithms.
 *
 * @module
 */

/**
 * σ(x) = 1/(1 + exp(−x)), accurate relative to its value down to x = −709; 0 below.
 *
 * @example
 * logistic(0) // 0.5
 * logistic(-700) // ≈ 9.86e-305
 */
export function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x))
}

/**
 * log σ(x) = −log(1 + exp(−x)); log(1 − σ(x)) is `logLogistic(-x)`.
 *
 * @example
 * logLogistic(-1000) // −1000
 */
export function logLogistic(x: number): number {
  return x >= 0 ? -Math.log1p(Math.exp(-x)) : x - Math.log1p(Math.exp(x))
}

/**
 * log(p/(1 − p)), the inverse of {@link logistic}; ±Infinity at the ends.
 *
 * @example
 * logit(logistic(2)) // 2
 */
export function logit(probability: number): number {
  return Math.log(probability) - Math.log1p(-probability)
}

/**
 * log(1 + exp(x)), linear for large x.
 *
 * @example
 * softplus(0) // ≈ 0.693147: log 2
 * softplus(1000) // 1000
 */
export function softplus(x: number): number {
  return -logLogistic(-x)
}
