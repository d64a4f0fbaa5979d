/**
 * L-BFGS-B: limited-memory quasi-Newton minimization inside a box.
 *
 * Source: R. H. Byrd, P. Lu, J. Nocedal and C. Zhu, SIAM J. Sci. Comput. 16 (1995); J. L. Morales and J. Nocedal,
 * ACM TOMS 38 (2011); line search of J. J. Moré and D. J. Thuente, ACM TOMS 20 (1994).
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'
import { dot } from '../vector.ts'
import { createCauchyPointFinder } from './cauchy-point.ts'
import { createLimitedMemoryHessian } from './limited-memory-hessian.ts'
import { moreThuente } from './more-thuente.ts'
import {
  type Bounds,
  clampInto,
  type DifferentiableObjective,
  type OptimizeResult,
  resolveBounds,
  type StopReason,
  statusOf,
} from './objective.ts'
import { createSubspaceMinimizer } from './subspace-minimum.ts'

export interface LbfgsbOptions extends Bounds {
  /** Pairs remembered. @defaultValue 10 */
  readonly memory?: number
  /** Stops when no component of the projected gradient is larger. @defaultValue 1e-5 */
  readonly gradientTolerance?: number
  /** Stops when the value falls by less than this times max(|value|, 1) in an iteration. @defaultValue 2.2e-9 */
  readonly valueTolerance?: number
  /** @defaultValue 15000 */
  readonly maxIterations?: number
  /** @defaultValue 15000 */
  readonly maxEvaluations?: number
}

/**
 * What {@link LbfgsbOptions} leaves out.
 *
 * @example
 * DEFAULT_LBFGSB_OPTIONS.memory // 10
 */
export const DEFAULT_LBFGSB_OPTIONS = {
  memory: 10,
  gradientTolerance: 1e-5,
  valueTolerance: 1e7 * Number.EPSILON,
  maxIterations: 15_000,
  maxEvaluations: 15_000,
} as const

export interface LbfgsbResult extends OptimizeResult {
  readonly gradient: Float64Array<ArrayBuffer>
  /** Largest component of the gradient that does not point out of the box. */
  readonly projectedGradient: number
}

/**
 * Minimizes a smooth function, from a start that is moved into the bounds if it lies outside.
 *
 * Values that are not finite are taken for "outside the domain" and backed away from; at the start they end the search
 * with status `failed`.
 *
 * @throws InvalidArgumentError on bounds that do not fit or an option out of range.
 * @example
 * const square = (x: Float64Array, g: Float64Array) => {
 *   g[0] = 2 * x[0]!
 *   return x[0]! ** 2
 * }
 * minimizeLbfgsb(square, [3], { lower: [1] }).x // [1]
 */
export function minimizeLbfgsb(
  objective: DifferentiableObjective,
  start: ArrayLike<number>,
  options: LbfgsbOptions = {},
): LbfgsbResult {
  const { memory, gradientTolerance, valueTolerance, maxIterations, maxEvaluations } = {
    ...DEFAULT_LBFGSB_OPTIONS,
    ...options,
  }
  if (!(Number.isInteger(memory) && memory >= 1)) {
    throw new InvalidArgumentError(`memory is ${memory}; expected a positive integer`)
  }
  const n = start.length
  const { lower, upper } = resolveBounds(options, n)
  const x = Float64Array.from(start)
  clampInto(x, lower, upper)
  const g = new Float64Array(n)
  const xNext = new Float64Array(n)
  const gNext = new Float64Array(n)
  const target = new Float64Array(n)
  const d = new Float64Array(n)
  const hessian = createLimitedMemoryHessian(n, memory)
  const cauchy = createCauchyPointFinder(n, memory, hessian)
  const subspace = createSubspaceMinimizer(n, memory, hessian)

  let value = objective(x, g)
  let evaluations = 1
  let iterations = 0
  let remembered = 0
  const finish = (reason: StopReason): LbfgsbResult => ({
    x,
    value,
    gradient: g,
    projectedGradient: projectedGradientNorm(x, g, lower, upper),
    status: statusOf(reason),
    reason,
    iterations,
    evaluations,
  })
  const forget = () => {
    hessian.reset()
    remembered = 0
  }
  if (!Number.isFinite(value) || !g.every(Number.isFinite)) return finish('non-finite-start')

  const evaluateStep = (step: number) => {
    for (let i = 0; i < n; i++) {
      const moved = step === 1 ? target[i]! : x[i]! + step * d[i]!
      xNext[i] = Math.min(Math.max(moved, lower[i]!), upper[i]!)
    }
    evaluations++
    const next = objective(xNext, gNext)
    return { value: next, slope: dot(gNext, d) }
  }

  for (;;) {
    if (projectedGradientNorm(x, g, lower, upper) <= gradientTolerance) return finish('gradient-tolerance')
    if (iterations >= maxIterations) return finish('iteration-limit')
    if (evaluations >= maxEvaluations) return finish('evaluation-limit')

    const modeled = cauchy.find(x, g, lower, upper) && subspace.minimize(x, g, lower, upper, cauchy, target)
    for (let i = 0; i < n; i++) d[i] = target[i]! - x[i]!
    const slope = dot(g, d)
    if (!modeled || !(slope < 0)) {
      if (remembered === 0) return finish('line-search-failed')
      forget()
      continue
    }

    const length = Math.sqrt(dot(d, d))
    const maxStep = longestStep(x, d, lower, upper)
    const search = moreThuente(
      evaluateStep,
      { value, slope },
      // Without curvature to go by, the gradient's length says nothing about the distance: start with a unit step.
      remembered === 0 ? Math.min(1 / length, 1) : 1,
      {
        decrease: 1e-3,
        curvature: 0.9,
        intervalTolerance: 0.1,
        maxStep,
        maxEvaluations: Math.min(20, maxEvaluations - evaluations),
      },
    )
    const descended = search.value < value && Number.isFinite(search.slope)
    if (!search.accepted && !descended) {
      if (evaluations >= maxEvaluations) return finish('evaluation-limit')
      if (remembered === 0) return finish('line-search-failed')
      forget()
      continue
    }
    iterations++
    const before = value
    value = search.value
    for (let i = 0; i < n; i++) {
      d[i] = xNext[i]! - x[i]!
      target[i] = gNext[i]! - g[i]!
      x[i] = xNext[i]!
      g[i] = gNext[i]!
    }
    if (projectedGradientNorm(x, g, lower, upper) <= gradientTolerance) return finish('gradient-tolerance')
    if (before - value <= valueTolerance * Math.max(Math.abs(before), Math.abs(value), 1)) {
      return finish('value-tolerance')
    }
    // A pair without curvature would make B indefinite: leave it out.
    if (dot(d, target) > Number.EPSILON * Math.abs(search.step * slope)) {
      remembered++
      if (!hessian.push(d, target)) forget()
    }
  }
}

function projectedGradientNorm(x: Float64Array, g: Float64Array, lower: Float64Array, upper: Float64Array): number {
  let norm = 0
  for (let i = 0; i < x.length; i++) {
    const projected = Math.min(Math.max(x[i]! - g[i]!, lower[i]!), upper[i]!) - x[i]!
    norm = Math.max(norm, Math.abs(projected))
  }
  return norm
}

/** How far x + t·d stays in the box; at least the model's own step, which rounding may put a hair outside. */
function longestStep(x: Float64Array, d: Float64Array, lower: Float64Array, upper: Float64Array): number {
  let longest = 1e10
  for (let i = 0; i < x.length; i++) {
    if (d[i] === 0) continue
    const limit = d[i]! > 0 ? upper[i]! : lower[i]!
    longest = Math.min(longest, (limit - x[i]!) / d[i]!)
  }
  return Math.max(longest, 1)
}
