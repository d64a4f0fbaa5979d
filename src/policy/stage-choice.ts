import { createRandom } from '../numerics/random/random.ts'
import type { PoolEntry } from '../prompt/candidate.ts'
import { stageOfSlot } from '../prompt/staged-program.ts'
import { fitStageCredit } from '../surrogate/credit/stage-credit.ts'
import type { PolicyContext, PolicyState } from './policy.ts'

/** The stage of a program that is to be rewritten next, and why. */
export interface StageChoice {
  readonly stage: string
  readonly summary: string
}

/** How to choose: by credit, or, to compare with, as one does who knows nothing of credit. */
export const STAGE_CHOICES = ['credit', 'in-turn', 'one-by-one'] as const

/** Texts that a stage has before its credit decides: what was never varied cannot be to blame. */
const FIRST_TEXTS = 3

/**
 * The stage where a new text is expected to gain most over a candidate, now and then one where it may. Stages that
 * scores do not depend on lose their turns as that becomes known. Before anything is known one whose answer is scored
 * comes first: while its answers cannot be read, no other stage can gain anything. Stages that do not run for the
 * candidate are left out.
 *
 * @param candidate Index of the candidate to rewrite.
 * @param how By `credit`; `in-turn`, another stage every time; or `one-by-one`, each for an equal part of a limited budget.
 * @returns `undefined` where there are not several stages.
 */
export function chooseStage(
  {
    stages: all = [],
    seed,
    evaluationBudget,
    program,
  }: Pick<PolicyContext, 'stages' | 'seed' | 'evaluationBudget' | 'program'>,
  state: Pick<PolicyState, 'pool' | 'observations' | 'generations' | 'evaluationsLeft'>,
  candidate: number,
  how: (typeof STAGE_CHOICES)[number] = 'credit',
): StageChoice | undefined {
  const { pool, observations, generations = [] } = state
  if (all.length < 2) return undefined
  const parent = pool[candidate]?.candidate
  const runs = parent && program ? program.runs(parent) : all
  const running = all.filter((stage) => runs.includes(stage))
  const stages = running.length > 0 ? running : all
  if (how === 'in-turn') return { stage: stages[generations.length % stages.length]!, summary: 'stages take turns' }
  if (how === 'one-by-one') {
    const spent = Number.isFinite(evaluationBudget) ? 1 - state.evaluationsLeft / evaluationBudget : 0
    const stage = stages[Math.min(stages.length - 1, Math.floor(spent * stages.length))]!
    return { stage, summary: `stage ${stage} has its part of the budget` }
  }
  const random = createRandom(seed).split('stage').split(generations.length)
  const texts = stages.map((stage) => countTexts(pool, stage))
  const fewest = Math.min(...texts)
  const credit = fewest < FIRST_TEXTS ? undefined : fitStageCredit(pool, observations, all)
  if (!credit) {
    const least = stages.filter((_, s) => texts[s] === fewest)
    const scored = least.filter((stage) => program?.scored.includes(stage))
    const first = scored.length > 0 ? scored : least
    return { stage: first[random.integer(first.length)]!, summary: 'too little is known of which stage is to blame' }
  }
  const stage = credit.draw(candidate, random, stages)
  const probability = credit.blame(candidate, stages).get(stage)!
  return { stage, summary: `stage ${stage} is the one to rewrite with probability ${probability.toFixed(2)}` }
}

/** Different texts of a stage in the pool. */
function countTexts(pool: readonly PoolEntry[], stage: string): number {
  const texts = pool.map(({ candidate }) =>
    JSON.stringify(Object.entries(candidate.slots ?? {}).filter(([slot]) => stageOfSlot(slot) === stage)),
  )
  return new Set(texts).size
}
