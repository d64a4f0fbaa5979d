import type { TargetTransform } from './standardize.ts'

/** In widths of the better half: what lies so far away, and a few deviations beyond, has an inverse that is a number. */
const FARTHEST = 1e60

/**
 * Draws together what is worse than the median m, and leaves the better half as it is. Below m, y ↦ m − w log(1 + (m −
 * y)/w), with w = `reach` · (best − m). How bad the bad points are tells little of where the best is. A surrogate that
 * has to follow cliffs far away bends as if there were some nearby. Value and slope go over into each other at the
 * median; where the better half is all the same nothing is changed.
 *
 * After the logarithms of D. Eriksson, M. Poloczek, "Scalable constrained Bayesian optimization" (2021), which emphasize
 * values around a threshold.
 *
 * @param options.reach - default 4. Smaller bends harder: 1 gains no more on cliffs, and costs on bowls.
 * @example
 * const transform = lowerTailTransform([-1000, -2, 0, 1, 2])
 * transform.forward(1) // 1
 * transform.forward(-1000) // ≈ -38.7: 8 log(1 + 1000/8) below the median
 */
export function lowerTailTransform(
  targets: ArrayLike<number>,
  options: { readonly reach?: number } = {},
): TargetTransform {
  const sorted = Float64Array.from(targets).sort()
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
  const scale = (options.reach ?? 4) * ((sorted.at(-1) ?? median) - median)
  // A better half that differs by rounding alone has no scale; nor has one beside which the worst is farther than can be said.
  const told = scale > 1e-12 * Math.abs(median) && (median - (sorted[0] ?? median)) / scale < FARTHEST
  if (!told) return { forward: (value) => value, inverse: (value) => value, slope: () => 1 }
  return {
    forward: (value) => (value >= median ? value : median - scale * Math.log1p((median - value) / scale)),
    inverse: (value) => (value >= median ? value : median - scale * Math.expm1((median - value) / scale)),
    slope: (value) => (value >= median ? 1 : 1 / (1 + (median - value) / scale)),
  }
}

/**
 * One transform after another.
 *
 * @example
 * const first = lowerTailTransform([-1000, -2, 0, 1, 2])
 * const both = chained(first, standardize([-1000, -2, 0, 1, 2].map(first.forward)))
 * both.inverse(both.forward(-2)) // ≈ -2
 */
export function chained(first: TargetTransform, second: TargetTransform): TargetTransform {
  return {
    forward: (value) => second.forward(first.forward(value)),
    inverse: (value) => first.inverse(second.inverse(value)),
    slope: (value) => second.slope(first.forward(value)) * first.slope(value),
  }
}
