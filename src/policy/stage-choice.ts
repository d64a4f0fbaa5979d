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

/** Texts that a stage has before its credit decides: what was never varied cannot be to blame. */
const FIRST_TEXTS = 3

/**
 * The stage where a new text is expected to gain most over a candidate, now and then one where it may. Stages that
 * scores do not depend on lose their turns as that becomes known. Before anything is known all are alike.
 *
 * @param candidate Index of the candidate to rewrite.
 * @returns `undefined` where there are not several stages.
 */
export function chooseStage(
  { stages = [], seed }: Pick<PolicyContext, 'stages' | 'seed'>,
  { pool, observations, generations = [] }: Pick<PolicyState, 'pool' | 'observations' | 'generations'>,
  candidate: number,
): StageChoice | undefined {
  if (stages.length < 2) return undefined
  const random = createRandom(seed).split('stage').split(generations.length)
  const texts = stages.map((stage) => countTexts(pool, stage))
  const fewest = Math.min(...texts)
  const credit = fewest < FIRST_TEXTS ? undefined : fitStageCredit(pool, observations, stages)
  if (!credit) {
    const least = stages.filter((_, s) => texts[s] === fewest)
    return { stage: least[random.integer(least.length)]!, summary: 'too little is known of which stage is to blame' }
  }
  const stage = credit.draw(candidate, random)
  const probability = credit.blame(candidate).get(stage)!
  return { stage, summary: `stage ${stage} is the one to rewrite with probability ${probability.toFixed(2)}` }
}

/** Different texts of a stage in the pool. */
function countTexts(pool: readonly PoolEntry[], stage: string): number {
  const texts = pool.map(({ candidate }) =>
    JSON.stringify(Object.entries(candidate.slots ?? {}).filter(([slot]) => stageOfSlot(slot) === stage)),
  )
  return new Set(texts).size
}
