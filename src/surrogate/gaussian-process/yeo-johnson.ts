import { minimizeLbfgsb } from '../../numerics/optimize/lbfgsb.ts'
import { standardise, type TargetTransform } from './standardise.ts'

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

function inversePowerMinusOne(value: number, power: number): number {
  if (Math.abs(power) < 1e-12) return Math.expm1(value)
  const inside = power * value
  return inside <= -1 ? Number.POSITIVE_INFINITY : Math.expm1(Math.log1p(inside) / power)
}

/**
 * Makes targets look normal: standardised, transformed with the λ of greatest likelihood under a normal model with a
 * N(1, spread²) prior, and standardised again. With few observations it stays near the identity.
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
  const first = standardise(targets)
  const centred = Float64Array.from(targets, first.forward)
  const n = centred.length
  const negativeLogPosterior = (lambda: number): number => {
    let mean = 0
    let jacobian = 0
    for (const y of centred) {
      mean += yeoJohnson(y, lambda) / n
      jacobian += (lambda - 1) * Math.sign(y) * Math.log1p(Math.abs(y))
    }
    let variance = 0
    for (const y of centred) variance += (yeoJohnson(y, lambda) - mean) ** 2 / n
    if (!(variance > 0)) return 0.5 * ((lambda - 1) / spread) ** 2
    return 0.5 * n * Math.log(variance) - jacobian + 0.5 * ((lambda - 1) / spread) ** 2
  }
  const { x } = minimizeLbfgsb(
    ([lambda = 1], gradient) => {
      const step = 1e-5
      gradient[0] = (negativeLogPosterior(lambda + step) - negativeLogPosterior(lambda - step)) / (2 * step)
      return negativeLogPosterior(lambda)
    },
    [1],
    { lower: [-2], upper: [4], maxIterations: 30 },
  )
  const lambda = x[0]!
  const second = standardise(centred.map((y) => yeoJohnson(y, lambda)))
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
