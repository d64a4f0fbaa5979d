import { normalCdf, normalDensity } from '../../numerics/special/normal.ts'
import type { Policy, PolicyContext, PolicyState } from '../../policy/policy.ts'
import { createDraftPredictor, type DraftModel } from '../../surrogate/prompt/draft-model.ts'
import { WITHOUT_TEXT } from '../../surrogate/prompt/hyperparameters.ts'
import { createPromptModel } from '../../surrogate/prompt/prompt-model.ts'
import { createAsItCamePolicy } from './as-it-came.ts'
import { FIRST_PROMPTS } from './play-stream.ts'

/** Of ten prompts that come together, how many are measured. */
const ACCEPTED = 4

/**
 * As it came, with screening alone. The first prompts are all measured. Of every ten that follow, only the four with
 * the largest expected improvement over the best prompt so far are measured.
 */
export function createScreeningPolicy(context: PolicyContext): Policy {
  const predictor = createDraftPredictor()
  const accepted = new Map<number, ReadonlySet<number>>()

  function choose(first: number, state: PolicyState): ReadonlySet<number> {
    const pool = state.pool.slice(0, first)
    const beliefs = createPromptModel(pool, { grid: WITHOUT_TEXT }).fit(state.observations, state.observations.length)
    const model = predictor.fit(pool, beliefs)
    const batch = state.pool.slice(first, first + FIRST_PROMPTS).map((_, k) => first + k)
    if (!model) return new Set(batch)
    const measured = beliefs.outcomes.order
    const incumbent = Math.max(...measured.map((i) => beliefs.ability[i]!))
    const gains = new Map(batch.map((i) => [i, improvement(model, state, i, incumbent)]))
    return new Set(batch.sort((a, b) => gains.get(b)! - gains.get(a)!).slice(0, ACCEPTED))
  }

  return createAsItCamePolicy(
    context,
    (candidate, state) => {
      if (candidate < FIRST_PROMPTS) return true
      const first = candidate - (candidate % FIRST_PROMPTS)
      const known = accepted.get(first)
      if (known) return known.has(candidate)
      const chosen = choose(first, state)
      accepted.set(first, chosen)
      return chosen.has(candidate)
    },
    'screening',
  )
}

function improvement(model: DraftModel, { pool }: PolicyState, i: number, incumbent: number): number {
  const { mean, variance } = model.predict(pool[i]!)
  const deviation = Math.sqrt(variance)
  const z = (mean - incumbent) / deviation
  return deviation * (normalDensity(z) + z * normalCdf(z))
}
