import { minimizeLbfgsb } from '../../numerics/optimize/lbfgsb.ts'
import { standardize, type TargetTransform } from './standardize.ts'

/**
 * ψ(y, λ): a power transformation for numbers of either sign, the identity at λ = 1.
 * I. Yeo, R. Johnson, "A new family of power transformations to improve normality or symmetry" (2000).
 *
 * @example
 * yeoJohnson(3, 0) // ≈ 1.386: log 4
 */
export function yeoJohnson(value: number, lambda: number): number {
  if (value >= 0) return powerMinusOne(Math.log1p(value), lambda)
  return -powerMinusOne(Math.log1p(-value), 2 - lambda)
}

/**
 * The inverse of {@link yeoJohnson} in its first argument; ±Infinity beyond the range of ψ.
 *
 * @example
 * inverseYeoJohnson(yeoJohnson(3, 0.5), 0.5) // 3
 */
export function inverseYeoJohnson(value: number, lambda: number): number {
  if (value >= 0) return inversePowerMinusOne(value, lambda)
  return -inversePowerMinusOne(-value, 2 - lambda)
}

/** (e^{pL} − 1)/p, which tends to L as p → 0. */
function powerMinusOne(log: number, power: number): number {
  return Math.abs(power) < 1e-12 ? log : Math.expm1(power * log) / power
}

/** ∂/∂p of {@link powerMinusOne}, given its value; L²/2 + pL³/3 where the difference would cancel. */
function powerSlope(log: number, power: number, value: number): number {
  if (Math.abs(power * log) < 1e-5) return log * log * (0.5 + (power * log) / 3)
  return (log * Math.exp(power * log) - value) / power
}

function inversePowerMinusOne(value: number, power: number): number {
  if (Math.abs(power) < 1e-12) return Math.expm1(value)
  const inside = power * value
  return inside <= -1 ? Number.POSITIVE_INFINITY : Math.expm1(Math.log1p(inside) / power)
}

/**
 * Makes targets look normal: standardized, transformed with the λ of greatest likelihood under a normal model with a
 * N(1, spread²) prior, and standardized again. With few observations it stays near the identity.
 *
 * @param options.spread - default 1.
 * @example
 * const transform = yeoJohnsonTransform([1, 2, 4, 8, 16])
 * transform.inverse(transform.forward(8)) // 8
 * transform.lambda < 1 // true: the long tail is pulled in
 */
export function yeoJohnsonTransform(
  targets: ArrayLike<number>,
  options: { readonly spread?: number } = {},
): TargetTransform & { readonly lambda: number } {
  const { spread = 1 } = options
  const first = standardize(targets)
  const centered = Float64Array.from(targets, first.forward)
  const n = centered.length
  const logs = centered.map((y) => Math.log1p(Math.abs(y)))
  const jacobianSlope = centered.reduce((total, y, i) => total + Math.sign(y) * logs[i]!, 0)
  const warped = new Float64Array(n)
  const slopes = new Float64Array(n)
  const negativeLogPosterior = (lambda: number): { value: number; slope: number } => {
    let mean = 0
    let meanSlope = 0
    for (let i = 0; i < n; i++) {
      const positive = centered[i]! >= 0
      const power = positive ? lambda : 2 - lambda
      const value = powerMinusOne(logs[i]!, power)
      warped[i] = positive ? value : -value
      // For y < 0 the two signs, of the value and of 2 − λ, cancel.
      slopes[i] = powerSlope(logs[i]!, power, value)
      mean += warped[i]! / n
      meanSlope += slopes[i]! / n
    }
    let variance = 0
    let covariance = 0
    for (let i = 0; i < n; i++) {
      const deviation = warped[i]! - mean
      variance += (deviation * deviation) / n
      covariance += (deviation * (slopes[i]! - meanSlope)) / n
    }
    const offset = (lambda - 1) / spread
    const prior = { value: 0.5 * offset * offset, slope: offset / spread }
    if (!(variance > 0)) return prior
    return {
      value: prior.value + 0.5 * n * Math.log(variance) - (lambda - 1) * jacobianSlope,
      slope: prior.slope + (n * covariance) / variance - jacobianSlope,
    }
  }
  const { x } = minimizeLbfgsb(
    ([lambda = 1], gradient) => {
      const { value, slope } = negativeLogPosterior(lambda)
      gradient[0] = slope
      return value
    },
    [1],
    { lower: [-2], upper: [4], maxIterations: 30 },
  )
  const lambda = x[0]!
  const second = standardize(centered.map((y) => yeoJohnson(y, lambda)))
  return {
    lambda,
    forward: (value) => second.forward(yeoJohnson(first.forward(value), lambda)),
    inverse: (value) => first.inverse(inverseYeoJohnson(second.inverse(value), lambda)),
    slope(value) {
      const y = first.forward(value)
      // ψ'(y) = (1 + |y|)^(±(λ − 1)).
      const bend = Math.exp(Math.sign(y) * (lambda - 1) * Math.log1p(Math.abs(y)))
      return second.slope(0) * bend * first.slope(value)
    },
  }
}
