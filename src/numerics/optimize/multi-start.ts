/**
 * Local searches from several starts under one budget of evaluations.
 *
 * @module
 */
import { InvalidArgumentError } from '../../errors.ts'
import { type LbfgsbOptions, type LbfgsbResult, minimizeLbfgsb } from './lbfgsb.ts'
import type { DifferentiableObjective } from './objective.ts'

export interface MultiStartOptions extends Omit<LbfgsbOptions, 'maxEvaluations'> {
  /** Evaluations in all, screening included. At least one. */
  readonly maxEvaluations: number
  /** How many of the starts, the best by value, are searched from. @defaultValue all */
  readonly searches?: number
  /** Evaluations one search may use. @defaultValue what is left */
  readonly maxEvaluationsPerSearch?: number
}

export interface MultiStartResult {
  /** The best of {@link results}; `undefined` when no start had a finite value. */
  readonly best: LbfgsbResult | undefined
  /** One a search, in the order they ran. */
  readonly results: readonly LbfgsbResult[]
  readonly evaluations: number
  /** `evaluation-limit` when the budget ended the last search or left starts untried. */
  readonly reason: 'all-searched' | 'evaluation-limit' | 'non-finite-start'
}

/**
 * Evaluates every start, then runs L-BFGS-B from the most promising ones until all are searched or the budget is spent.
 *
 * @param starts points; screened in order while the budget lasts.
 * @throws InvalidArgumentError without starts or without a budget.
 * @example
 * const square = (x: Float64Array, g: Float64Array) => {
 *   g[0] = 2 * x[0]!
 *   return x[0]! ** 2
 * }
 * minimizeMultiStart(square, [[3], [-1]], { maxEvaluations: 200, searches: 2 }).best?.x // ≈ [0.00]
 */
export function minimizeMultiStart(
  objective: DifferentiableObjective,
  starts: readonly ArrayLike<number>[],
  options: MultiStartOptions,
): MultiStartResult {
  const { maxEvaluations, searches = starts.length, maxEvaluationsPerSearch, ...local } = options
  if (starts.length === 0) throw new InvalidArgumentError('starts is empty; expected at least one point')
  if (!(maxEvaluations >= 1)) {
    throw new InvalidArgumentError(`maxEvaluations is ${maxEvaluations}; expected a positive number`)
  }
  let evaluations = 0
  let candidates: { start: ArrayLike<number>; value: number }[] = []
  if (starts.length === 1) {
    candidates = [{ start: starts[0]!, value: 0 }]
  } else {
    for (const start of starts) {
      // Keep one evaluation to search with.
      if (evaluations + 1 >= maxEvaluations) break
      // A search of one evaluation: moves the start into the bounds and looks.
      const { x, value } = minimizeLbfgsb(objective, start, { ...local, maxEvaluations: 1 })
      evaluations++
      if (Number.isFinite(value)) candidates.push({ start: x, value })
    }
    if (evaluations === 0) candidates = [{ start: starts[0]!, value: 0 }]
    candidates.sort((a, b) => a.value - b.value)
  }

  const results: LbfgsbResult[] = []
  let reason: MultiStartResult['reason'] = candidates.length === 0 ? 'non-finite-start' : 'all-searched'
  for (const { start } of candidates.slice(0, searches)) {
    const left = maxEvaluations - evaluations
    if (left <= 0) {
      reason = 'evaluation-limit'
      break
    }
    const result = minimizeLbfgsb(objective, start, {
      ...local,
      maxEvaluations: Math.min(left, maxEvaluationsPerSearch ?? left),
    })
    evaluations += result.evaluations
    results.push(result)
    if (result.reason === 'evaluation-limit' && evaluations >= maxEvaluations) reason = 'evaluation-limit'
  }
  const finite = results.filter((result) => Number.isFinite(result.value))
  if (finite.length === 0) reason = 'non-finite-start'
  return { best: finite.toSorted((a, b) => a.value - b.value)[0], results, evaluations, reason }
}
