/**
 * Nelder–Mead simplex search with dimension-adaptive coefficients, for functions without derivatives.
 *
 * Source: J. A. Nelder and R. Mead, Computer Journal 7 (1965); F. Gao and L. Han, "Implementing the Nelder–Mead simplex
 * algorithm with adaptive parameters", Computational Optimization and Applications 51 (2012).
 *
 * @module
 */
import {
  type Bounds,
  clampInto,
  type Objective,
  type OptimizeResult,
  resolveBounds,
  type StopReason,
  statusOf,
} from './objective.ts'

export interface NelderMeadOptions extends Bounds {
  /** Length of the first simplex's edges, by coordinate or for all. @defaultValue 5% of each coordinate, 0.00025 at 0 */
  readonly initialStep?: number | ArrayLike<number>
  /** Converged when all vertices are this close to the best in every coordinate … @defaultValue 1e-8 */
  readonly pointTolerance?: number
  /** … and their values this close to the best value. @defaultValue 1e-8 */
  readonly valueTolerance?: number
  /** @defaultValue 200 n */
  readonly maxIterations?: number
  /** @defaultValue 400 n */
  readonly maxEvaluations?: number
}

/**
 * Minimizes from a start. Bounds are kept by clipping; a value that is not finite counts as +∞.
 *
 * @throws InvalidArgumentError on bounds that do not fit.
 * @example
 * minimizeNelderMead(([x]) => Math.abs(x! - 2), [0]).x // ≈ [2.00]
 */
export function minimizeNelderMead(
  objective: Objective,
  start: ArrayLike<number>,
  options: NelderMeadOptions = {},
): OptimizeResult {
  const n = start.length
  const { initialStep, pointTolerance = 1e-8, valueTolerance = 1e-8 } = options
  const { maxIterations = 200 * n, maxEvaluations = 400 * n } = options
  const { lower, upper } = resolveBounds(options, n)
  const expansion = 1 + 2 / n
  const contraction = Math.max(0.5, 0.75 - 1 / (2 * n))
  const shrinkage = n === 1 ? 0.5 : 1 - 1 / n

  let evaluations = 0
  const evaluate = (x: Float64Array<ArrayBuffer>): Vertex => {
    clampInto(x, lower, upper)
    evaluations++
    const value = objective(x)
    return { x, value: Number.isNaN(value) ? Number.POSITIVE_INFINITY : value }
  }

  const first = evaluate(Float64Array.from(start))
  let simplex: Vertex[] = [first]
  let iterations = 0
  const finish = (reason: StopReason): OptimizeResult => {
    simplex.sort((a, b) => a.value - b.value)
    const { x, value } = simplex[0]!
    return { x, value, status: statusOf(reason), reason, iterations, evaluations }
  }
  if (!Number.isFinite(first.value)) return finish('non-finite-start')
  for (let i = 0; i < n && evaluations < maxEvaluations; i++) {
    const x = first.x.slice()
    const given = typeof initialStep === 'number' ? initialStep : initialStep?.[i]
    const step = given ?? (x[i] === 0 ? 0.00025 : 0.05 * x[i]!)
    // At the upper bound the simplex must grow inwards, or it would be flat.
    x[i]! += x[i]! + step > upper[i]! || x[i]! + step < lower[i]! ? -step : step
    simplex.push(evaluate(x))
  }

  if (simplex.length <= n) return finish('evaluation-limit')

  const centroid = new Float64Array(n)
  const along = (from: Float64Array, factor: number) => {
    const x = new Float64Array(n)
    for (let i = 0; i < n; i++) x[i] = centroid[i]! + factor * (centroid[i]! - from[i]!)
    return evaluate(x)
  }

  for (;;) {
    simplex.sort((a, b) => a.value - b.value)
    const best = simplex[0]!
    if (isSmall(simplex, pointTolerance, valueTolerance)) return finish('value-tolerance')
    if (iterations >= maxIterations) return finish('iteration-limit')
    if (evaluations >= maxEvaluations) return finish('evaluation-limit')
    iterations++

    const worst = simplex[n]!
    const secondWorst = simplex[n - 1]!
    centroid.fill(0)
    for (let v = 0; v < n; v++) for (let i = 0; i < n; i++) centroid[i]! += simplex[v]!.x[i]! / n

    const reflected = along(worst.x, 1)
    if (reflected.value < best.value) {
      const expanded = evaluations < maxEvaluations ? along(worst.x, expansion) : reflected
      simplex[n] = expanded.value < reflected.value ? expanded : reflected
      continue
    }
    if (reflected.value < secondWorst.value) {
      simplex[n] = reflected
      continue
    }
    if (evaluations >= maxEvaluations) return finish('evaluation-limit')
    const outside = reflected.value < worst.value
    const contracted = along(worst.x, outside ? contraction : -contraction)
    if (contracted.value < (outside ? reflected.value : worst.value)) {
      simplex[n] = contracted
      continue
    }
    const shrunk: Vertex[] = [best]
    for (let v = 1; v <= n; v++) {
      if (evaluations >= maxEvaluations) shrunk.push(simplex[v]!)
      else shrunk.push(evaluate(best.x.map((b, i) => b + shrinkage * (simplex[v]!.x[i]! - b))))
    }
    simplex = shrunk
  }
}

interface Vertex {
  readonly x: Float64Array<ArrayBuffer>
  readonly value: number
}

function isSmall(simplex: readonly Vertex[], pointTolerance: number, valueTolerance: number): boolean {
  const best = simplex[0]!
  return simplex.every(
    (vertex) =>
      vertex.value - best.value <= valueTolerance &&
      vertex.x.every((value, i) => Math.abs(value - best.x[i]!) <= pointTolerance),
  )
}
