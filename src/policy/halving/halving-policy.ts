/**
 * What successive halving and Hyperband share: races one after the other over one table of outcomes.
 *
 * @module
 */
import { createCellScores } from '../cell-scores.ts'
import type { Policy, PolicyContext, PolicyState } from '../policy.ts'
import { recommendIndependently } from '../recommendation/pool-recommendation.ts'
import { stableShuffle } from '../stable-shuffle.ts'
import { createHalvingRace, type HalvingRace } from './race.ts'
import type { Rung } from './rungs.ts'

export interface PlannedRace {
  readonly starters: readonly number[]
  readonly rungs: readonly Rung[]
}

/** @param plan Races in the order in which they are run, given all candidates in random order and the whole budget. */
export function createHalvingPolicy(
  name: string,
  context: PolicyContext,
  plan: (order: readonly number[], budget: number) => readonly PlannedRace[],
): Policy {
  const { exampleCount, estimand, seed } = context
  const cells = createCellScores(exampleCount)
  const examples = stableShuffle(exampleCount, seed, 'examples')
  let races: readonly HalvingRace[] = []
  let plannedFor = ''

  const racesOf = ({ pool, observations, pending, evaluationsLeft }: PolicyState) => {
    const continued = cells.read(observations)
    const budget = Math.min(context.evaluationBudget, observations.length + pending.length + evaluationsLeft)
    const key = `${pool.length} ${budget}`
    if (!continued || key !== plannedFor) {
      plannedFor = key
      races = plan(stableShuffle(pool.length, seed, 'prompts'), budget).map((race) =>
        createHalvingRace({ ...race, examples, cells }),
      )
    }
    return races
  }

  return {
    name,
    next(state) {
      if (state.pool.length === 0) return { kind: 'done', reason: 'the pool is empty' }
      if (state.evaluationsLeft < 1) return { kind: 'done', reason: 'the budget is spent' }
      for (const race of racesOf(state)) {
        const decision = race.next(state.pending)
        if (decision.kind !== 'done') return decision
      }
      return { kind: 'done', reason: 'every rung is complete' }
    },
    recommend(state) {
      if (state.observations.length === 0) return undefined
      const races = racesOf(state)
      const [first] = races
      const ranking = races.length === 1 ? first!.ranking() : acrossRaces(races.flatMap((race) => race.ranking()))
      return recommendIndependently(state.pool.length, cells, ranking, { exampleCount, estimand, seed })
    },
  }

  /** Measured on most examples first, then by mean: a mean over few examples is often just lucky. */
  function acrossRaces(candidates: readonly number[]): readonly number[] {
    return [...new Set(candidates)].sort(
      (a, b) => cells.count(b) - cells.count(a) || meanOf(cells.scores(b)) - meanOf(cells.scores(a)) || 0,
    )
  }
}

function meanOf(scores: readonly number[]): number {
  const scored = scores.filter((score) => Number.isFinite(score))
  return scored.length > 0 ? scored.reduce((sum, score) => sum + score, 0) / scored.length : Number.NEGATIVE_INFINITY
}
