import { createRandom } from '../numerics/random/random.ts'
import { fitStageCredit } from '../surrogate/credit/stage-credit.ts'
import type { PolicyContext, PolicyState } from './policy.ts'

/** The stage of a program that is to be rewritten next, and why. */
export interface StageChoice {
  readonly stage: string
  readonly summary: string
}

/**
 * Where a new text is expected to gain most over a candidate, now and then any: stages that scores do not depend on lose their
 * turns as that becomes known. Before anything is known all are alike.
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
  const credit = fitStageCredit(pool, observations, stages)
  if (!credit) {
    return { stage: stages[random.integer(stages.length)]!, summary: 'nothing is known yet of which stage is to blame' }
  }
  const stage = credit.draw(candidate, random)
  const probability = credit.blame(candidate).get(stage)!
  return { stage, summary: `stage ${stage} is the one to rewrite with probability ${probability.toFixed(2)}` }
}
