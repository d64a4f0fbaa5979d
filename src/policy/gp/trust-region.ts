/**
 * The box around the incumbent in which some asks look. It grows while the best score does and shrinks while that
 * stands still, as a trust region does. It is wide where a slope leads on, and narrow at the foot of a funnel whose
 * ripples look like noise from afar. After D. Eriksson et al., "Scalable global optimization via local Bayesian
 * optimization" (2019).
 *
 * @module
 */
import type { SearchBox } from '../../acquisition/optimize-acquisition.ts'
import type { Kernel } from '../../surrogate/kernels/index.ts'

/** Before there is success or failure, and where noise is too large to tell them apart. */
export const FIRST_RADIUS = 0.2
const SMALLEST_RADIUS = 0.01
const LARGEST_RADIUS = 0.3
/** What a round of scores does to the radius if one of them is the best yet … */
const GROWTH = 1.5
/** … and if none is: less, as noise makes most rounds fail. */
const SHRINKAGE = 0.85

/**
 * The radius after these scores, replayed from the first so that nothing has to be remembered.
 *
 * @param scores - of candidates in the order they were first told, larger is better.
 * @param initial - how many of them are the initial design, which decides nothing.
 * @param round - scores from one change of the radius to the next.
 * @returns half the side of a cube, in coordinates of the unit cube.
 * @example
 * trustRegionRadius(Float64Array.of(1, 2, 3, 4), 2, 2) // ≈ 0.30: larger by half, as 4 is better than 2
 */
export function trustRegionRadius(scores: Float64Array, initial: number, round: number): number {
  let radius = FIRST_RADIUS
  let best = scores.subarray(0, initial).reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  for (let from = initial; from + round <= scores.length; from += round) {
    const top = scores.subarray(from, from + round).reduce((a, b) => Math.max(a, b))
    radius = Math.min(Math.max(radius * (top > best ? GROWTH : SHRINKAGE), SMALLEST_RADIUS), LARGEST_RADIUS)
    best = Math.max(best, top)
  }
  return radius
}

/**
 * A box with sides in proportion to the length scales, of the volume of a cube of side 2 · radius.
 *
 * @example
 * trustRegion(Float64Array.of(0.5, 0.5), matern52({ lengthScales: [0.1, 0.4] }), 0.1).radius // ≈ [0.05, 0.20]
 */
export function trustRegion(center: Float64Array, kernel: Kernel, radius: number): SearchBox {
  const scales = kernel.hyperparameters.filter(({ role }) => role.endsWith('length-scale'))
  const logs = scales.map(({ value }) => Math.log(value))
  const mean = logs.reduce((a, b) => a + b, 0) / logs.length
  return { center, radius: Float64Array.from(center, (_, d) => radius * Math.exp((logs[d] ?? mean) - mean)) }
}
