/**
 * Quasi-likelihood for fractional scores (Wedderburn 1974): a score in (0, 1) varies less than a coin with its mean. So
 * every outcome counts as 1/φ trials, φ = residual variance / binomial variance.
 *
 * @module
 */
import { logistic } from '../../numerics/special/logistic.ts'
import type { AbilityFit } from './ability-fit.ts'
import type { Outcomes } from './outcomes.ts'

const SMALLEST = 0.02

/** Scales trials and successes by 1/φ with Pearson's estimate of φ, kept within [0.02, 1]; not where the noise was told. */
export function correctDispersion(outcomes: Outcomes, fit: AbilityFit): Outcomes {
  let residual = 0
  let binomial = 0
  for (let i = 0; i < outcomes.prompts; i++) {
    for (let cell = outcomes.offsets[i]!; cell < outcomes.offsets[i + 1]!; cell++) {
      if (outcomes.told?.[cell]) continue
      const trials = outcomes.trials[cell]!
      const p = logistic(fit.ability[i]! + fit.easiness[outcomes.column[cell]!]!)
      residual += (outcomes.successes[cell]! - trials * p) ** 2 / trials
      binomial += p * (1 - p)
    }
  }
  const factor = binomial > 0 ? Math.min(1, Math.max(SMALLEST, residual / binomial)) : 1
  const scaled = (value: number, cell: number) => (outcomes.told?.[cell] ? value : value / factor)
  return {
    ...outcomes,
    trials: outcomes.trials.map(scaled),
    successes: outcomes.successes.map(scaled),
    dispersion: factor,
  }
}
