/**
 * Laplace approximation of the prompt model, jointly over abilities and example difficulties.
 *
 * Notation
 *   P prompts, C measured examples (columns), r columns of F
 *   y_ie ~ Binomial(n_ie, σ(f_i + b_e))     successes of prompt i on example e
 *   f = F w + δ                             abilities: w ~ N(0, I), δ_i ~ N(0, d_i)
 *   b_e ~ N(0, v_b)                         example easiness
 *   s_ie = n_ie σ(1 − σ), s_i = Σ_e s_ie    curvature of the likelihood
 *   t_i = s_i + 1/d_i                       precision of δ_i given everything else
 *   H = [[I + Fᵀ R F, Fᵀ G], [Gᵀ F, B]]     precision of (w, b) with every δ_i integrated out:
 *       R = diag(s_i / (1 + s_i d_i)), G_ie = s_ie / (1 + s_i d_i), B = diag(s_e + 1/v_b) − Σ_i s_ie s_ie' / t_i
 *
 * Integrating δ out leaves r + C unknowns however many prompts there are: O(P r² + N r + Σ n_i² + (r + C)³) a step.
 * Rasmussen & Williams (2006) §3.4 for the approximation; Rasch (1960) for the likelihood.
 *
 * @module
 */
import { addWeightedGram, cholesky, logDeterminant, solveLower, solveUpper } from './dense.ts'
import type { Outcomes } from './outcomes.ts'

export interface AbilityPrior {
  /** P×r, row-major. */
  readonly factor: Float64Array
  readonly rank: number
  /** Variance of each prompt's own effect, d_i > 0. */
  readonly independent: Float64Array
  /** v_b. */
  readonly easinessVariance: number
}

export interface AbilityFit {
  readonly prior: AbilityPrior
  readonly outcomes: Outcomes
  /** Posterior mode of f, by prompt. */
  readonly ability: Float64Array
  /** Posterior mode of b, by column. */
  readonly easiness: Float64Array
  /** Lower Cholesky factor of H, (r + C)² row-major; w first, then b. */
  readonly precisionFactor: Float64Array
  /** s_i. */
  readonly curvature: Float64Array
  /** s_ie, aligned with the outcomes' cells. */
  readonly cellCurvature: Float64Array
  /** Laplace approximation of log p(y). */
  readonly logEvidence: number
  readonly iterations: number
}

/** Where Newton's method starts: only abilities and easinesses matter, since each step solves for w and δ afresh. */
export interface AbilityStart {
  readonly ability: Float64Array
  readonly easiness: Float64Array
}

const MAX_ITERATIONS = 50
/** Newton converges quadratically: a step this large leaves an error of its square. */
const SMALL_STEP = 2e-3

export function fitAbilities(outcomes: Outcomes, prior: AbilityPrior, start?: AbilityStart): AbilityFit {
  const { prompts, offsets, column, trials, successes, examples } = outcomes
  const { factor, rank, independent, easinessVariance } = prior
  const columns = examples.length
  const size = rank + columns
  // Summaries over several examples carry no easiness of their own.
  const easinessPrecision = Float64Array.from(examples, (example) => (example < 0 ? 1e8 : 1 / easinessVariance))
  let weights = new Float64Array(rank)
  let effects = start ? start.ability.slice() : new Float64Array(prompts)
  let easiness = start ? start.easiness.slice() : new Float64Array(columns)
  const ability = new Float64Array(prompts)
  const curvature = new Float64Array(prompts)
  const cellCurvature = new Float64Array(column.length)
  const cellGradient = new Float64Array(column.length)
  const precision = new Float64Array(size * size)
  const step = new Float64Array(size)

  let objective = evaluate(weights, effects, easiness)
  let iterations = 0
  for (let converged = false; !converged && iterations < MAX_ITERATIONS; iterations++) {
    assemble()
    cholesky(precision, size)
    solveUpper(precision, size, solveLower(precision, size, step))
    const effectStep = new Float64Array(prompts)
    const before = ability.slice()
    for (let i = 0; i < prompts; i++) effectStep[i] = effectChange(i)
    let scale = 1
    for (;;) {
      const w = weights.map((x, k) => x + scale * step[k]!)
      const delta = effects.map((x, i) => x + scale * effectStep[i]!)
      const b = easiness.map((x, c) => x + scale * step[rank + c]!)
      const next = evaluate(w, delta, b)
      if (next >= objective - 1e-6 || scale < 1e-3) {
        weights = w
        effects = delta
        easiness = b
        objective = next
        break
      }
      scale /= 2
    }
    let largest = 0
    for (let i = 0; i < prompts; i++) largest = Math.max(largest, Math.abs(ability[i]! - before[i]!))
    for (let c = 0; c < columns; c++) largest = Math.max(largest, Math.abs(step[rank + c]!))
    converged = largest < SMALL_STEP
  }

  let logEvidence = objective - 0.5 * logDeterminant(precision, size)
  for (let i = 0; i < prompts; i++) logEvidence -= 0.5 * Math.log1p(curvature[i]! * independent[i]!)
  for (let c = 0; c < columns; c++) logEvidence += 0.5 * Math.log(easinessPrecision[c]!)
  return {
    prior,
    outcomes,
    ability,
    easiness,
    precisionFactor: precision,
    curvature,
    cellCurvature,
    logEvidence,
    iterations,
  }

  /** Log joint density at a point; leaves abilities, gradients and curvatures of that point behind. */
  function evaluate(w: Float64Array, delta: Float64Array, b: Float64Array): number {
    let value = 0
    for (let k = 0; k < rank; k++) value -= 0.5 * w[k]! * w[k]!
    for (let c = 0; c < columns; c++) value -= 0.5 * easinessPrecision[c]! * b[c]! * b[c]!
    for (let i = 0; i < prompts; i++) {
      let f = delta[i]!
      const row = i * rank
      for (let k = 0; k < rank; k++) f += factor[row + k]! * w[k]!
      ability[i] = f
      const from = offsets[i]!
      const to = offsets[i + 1]!
      if (from === to) continue
      value -= (0.5 * delta[i]! * delta[i]!) / independent[i]!
      let total = 0
      for (let cell = from; cell < to; cell++) {
        const z = f + b[column[cell]!]!
        const n = trials[cell]!
        const exp = Math.exp(-Math.abs(z))
        const p = z >= 0 ? 1 / (1 + exp) : exp / (1 + exp)
        value += successes[cell]! * z - n * (Math.max(z, 0) + Math.log1p(exp))
        cellGradient[cell] = successes[cell]! - n * p
        const s = (n * exp) / ((1 + exp) * (1 + exp))
        cellCurvature[cell] = s
        total += s
      }
      curvature[i] = total
    }
    return value
  }

  /** Newton step of δ_i, given the step of (w, b). */
  function effectChange(i: number): number {
    const from = offsets[i]!
    const to = offsets[i + 1]!
    if (from === to) return -effects[i]!
    const d = independent[i]!
    let gradient = -effects[i]! / d
    for (let cell = from; cell < to; cell++) {
      gradient += cellGradient[cell]! - cellCurvature[cell]! * step[rank + column[cell]!]!
    }
    let change = 0
    for (let k = 0; k < rank; k++) change += factor[i * rank + k]! * step[k]!
    return (gradient - curvature[i]! * change) / (curvature[i]! + 1 / d)
  }

  /** Fills the lower triangle of H, and `step` with the right-hand side of its Newton equation. */
  function assemble(): void {
    precision.fill(0)
    for (let k = 0; k < rank; k++) {
      precision[k * size + k] = 1
      step[k] = -weights[k]!
    }
    for (let c = 0; c < columns; c++) {
      precision[(rank + c) * (size + 1)] = easinessPrecision[c]!
      step[rank + c] = -easinessPrecision[c]! * easiness[c]!
    }
    const scaled = new Float64Array(prompts)
    for (let i = 0; i < prompts; i++) {
      const from = offsets[i]!
      const to = offsets[i + 1]!
      if (from === to) continue
      const d = independent[i]!
      const shrink = 1 / (1 + curvature[i]! * d)
      const inverse = d * shrink
      let gradient = 0
      for (let cell = from; cell < to; cell++) gradient += cellGradient[cell]!
      const own = gradient - effects[i]! / d
      const shared = gradient - curvature[i]! * inverse * own
      scaled[i] = curvature[i]! * shrink
      const row = i * rank
      for (let k = 0; k < rank; k++) step[k]! += factor[row + k]! * shared
      for (let cell = from; cell < to; cell++) {
        const c = column[cell]!
        const curve = cellCurvature[cell]!
        const target = (rank + c) * size
        step[rank + c]! += cellGradient[cell]! - curve * inverse * own
        precision[target + rank + c]! += curve
        const cross = curve * shrink
        for (let k = 0; k < rank; k++) precision[target + k]! += cross * factor[row + k]!
        const outer = curve * inverse
        for (let other = from; other < to; other++) {
          const c2 = column[other]!
          if (c2 <= c) precision[target + rank + c2]! -= outer * cellCurvature[other]!
        }
      }
    }
    addWeightedGram(factor, scaled, prompts, rank, precision, size)
  }
}
