import { createRandom } from '../numerics/random/random.ts'
import { originalSize } from '../surrogate/prompt/pool-factors.ts'
import type { PromptBeliefs } from '../surrogate/prompt/prompt-model.ts'
import { type ScoreMoments, sharedDeviations } from '../surrogate/prompt/score-moments.ts'
import { createCellScores } from './cell-scores.ts'
import { createExampleChooser, pendingCells } from './krige/choose-examples.ts'
import { createDraftingPolicy } from './krige/drafting.ts'
import { type ExampleBeliefs, exampleBeliefs } from './krige/informative-example.ts'
import { krigeOptionsSchema } from './krige/options.ts'
import { createPoolMemo } from './krige/pool-memo.ts'
import { rankPrompts, scoresOf } from './krige/recommendation.ts'
import { createSchedule, plannedBudget, plannedPrompts, type Schedule } from './krige/schedule.ts'
import { nothingLeft } from './nothing-left.ts'
import type { Decision, Policy, PolicyContext, PolicyState, Reason } from './policy.ts'
import type { PolicyEntry } from './policy-entry.ts'
import { EVALUATIONS_AHEAD, rankingStatistics } from './recommendation/ranking-statistics.ts'

/** Enough for a reason and a stopping rule; a recommendation takes more. */
const PLANNING_DRAWS = 64

/** Everything decided at a refit. */
interface Plan {
  readonly beliefs: PromptBeliefs
  readonly examples: ExampleBeliefs
  /** Expected scores. */
  readonly scores: ScoreMoments
  /** Chooses among prompts not measured yet; what was learned on other tasks has no say in it. */
  readonly firstPassScores: () => ScoreMoments
  /** All prompts, best expected score first; with a warm start, in turns with and without it. */
  readonly ranked: readonly number[]
  /** Expected gain of 100 further evaluations. */
  readonly gain: number
}

/**
 * @example
 * const policy = createKrigePolicy(context)
 * policy.next(state) // { kind: 'act', … }
 * policy.recommend(state)?.candidate // 3
 */
export function createKrigePolicy(context: PolicyContext): Policy {
  const options = krigeOptionsSchema.parse(context.options ?? {})
  if ((context.proposers?.length ?? 0) > 0) return createDraftingPolicy(context, options)
  const { seed, exampleCount, estimand, scoreUnit = 1 } = context
  const cells = createCellScores(exampleCount)
  const chooseExamples = createExampleChooser(context, options, cells)
  const pools = createPoolMemo<Plan>(context, options)

  function planFor(state: PolicyState, refit: number): Plan {
    const { model, withoutWarmStart, withoutPrior, tieBreak, plans, fits } = pools.of(state.pool, state.observations)
    let plan = plans.get(refit)
    if (!plan) {
      const fitted = fits.get(refit)
      const beliefs = fitted?.beliefs ?? model.fit(state.observations, refit)
      const scores = scoresOf(beliefs, estimand, exampleCount, fitted?.scores)
      fits.clear()
      fits.set(refit, { beliefs, scores })
      const byMean = rankPrompts(scores.means, tieBreak)
      const afresh =
        withoutWarmStart && scoresOf(withoutWarmStart.fit(state.observations, refit), estimand, exampleCount)
      const ranked = afresh ? takeTurns(byMean, rankPrompts(afresh.means, tieBreak)) : byMean
      const span = beliefs.scale.high - beliefs.scale.low
      const { expectedGainOf100: gain } = rankingStatistics(
        byMean,
        { ...scores, shared: sharedDeviations(beliefs, scores), span },
        createRandom(seed),
        PLANNING_DRAWS,
      )
      let met: ScoreMoments | undefined
      const firstPassScores = () => {
        met ??= withoutPrior ? scoresOf(withoutPrior.fit(state.observations, refit), estimand, exampleCount) : scores
        return met
      }
      plan = { beliefs, examples: exampleBeliefs(beliefs, exampleCount), scores, firstPassScores, ranked, gain }
      // Only the latest is ever asked for again.
      plans.clear()
      plans.set(refit, plan)
    }
    return plan
  }

  let schedule: Schedule | undefined
  let scheduledFor = ''
  function scheduleFor(prompts: number, budget: number): Schedule {
    const key = `${prompts} ${budget}`
    if (!schedule || key !== scheduledFor) {
      schedule = createSchedule({ prompts, examples: exampleCount, budget, ...options })
      scheduledFor = key
    }
    return schedule
  }

  return {
    name: 'krige',
    next(state): Decision {
      const { pool, observations, pending } = state
      if (pool.length === 0) return { kind: 'done', reason: 'the pool is empty' }
      if (state.evaluationsLeft < 1) return { kind: 'done', reason: 'the budget is spent' }
      cells.read(observations)
      const taken = pendingCells(pending)
      const counts = new Int32Array(pool.length)
      for (let i = 0; i < counts.length; i++) counts[i] = cells.count(i)
      for (const [candidate, examples] of taken) counts[candidate]! += examples.size
      for (const candidate of state.excluded ?? []) counts[candidate] = exampleCount
      const issued = observations.length + pending.length
      const budget = plannedBudget(
        Math.min(context.evaluationBudget, issued + state.evaluationsLeft),
        exampleCount,
        issued,
      )
      const schedule = scheduleFor(plannedPrompts(pool.length, originalSize(pool)), budget)
      if (issued >= schedule.roundEnd(observations.length)) return { kind: 'wait' }
      const refit = schedule.refitAt(observations.length)
      const plan = planFor(state, refit)
      if (refit >= schedule.firstPass && plan.gain * scoreUnit < options.stopBelowGain) {
        const reason = `100 more evaluations are expected to gain ${(plan.gain * scoreUnit).toFixed(4)}, less than ${options.stopBelowGain}`
        return { kind: 'done', reason }
      }
      const candidate = nextCandidate(
        plan,
        schedule,
        refit,
        counts,
        pools.of(pool, observations).firstPassOrder,
        exampleCount,
      )
      if (candidate < 0) {
        return nothingLeft(state, 'every prompt has been measured on every example')
      }
      const { redundancy } = pools.of(pool, observations)
      redundancy?.read(observations)
      const examples = chooseExamples(
        candidate,
        { ...plan, redundancy, taken },
        Math.min(options.block, state.evaluationsLeft),
      )
      const reason = explain(plan, candidate, counts[candidate]!, schedule, refit)
      return { kind: 'act', action: { kind: 'evaluate', candidate, examples, reason } }
    },

    recommend: pools.recommend,
  }
}

/**
 * First pass: prompts not measured yet, in order of firstPassOrder. Where the budget is too small to measure all, by
 * upper bound of the expected score. Then the active prompt measured least; when all active ones are exhausted, the
 * next best.
 */
function nextCandidate(
  plan: Plan,
  schedule: Schedule,
  refit: number,
  counts: Int32Array,
  firstPassOrder: readonly number[],
  exampleCount: number,
): number {
  let touched = 0
  for (const count of counts) if (count > 0) touched++
  if (touched < Math.min(schedule.firstPass, counts.length)) {
    if (schedule.firstPass >= counts.length) return firstPassOrder.find((i) => counts[i] === 0)!
    const { means, standardDeviations } = plan.firstPassScores()
    const upperBound = (i: number) => means[i]! + standardDeviations[i]!
    const unmeasured = plan.ranked.filter((i) => counts[i] === 0)
    return unmeasured.reduce((best, i) => (upperBound(i) > upperBound(best) ? i : best))
  }
  let pick = -1
  for (const i of plan.ranked.slice(0, schedule.activeSize(refit))) {
    if (counts[i]! < exampleCount && (pick < 0 || counts[i]! < counts[pick]!)) pick = i
  }
  return pick >= 0 ? pick : (plan.ranked.find((i) => counts[i]! < exampleCount) ?? -1)
}

/** One of the first order, two of the second, and so on; what is taken already is skipped. */
function takeTurns(first: readonly number[], second: readonly number[]): number[] {
  const taken = new Set<number>()
  first.forEach((prompt, k) => {
    taken.add(prompt)
    for (const other of second.slice(2 * k, 2 * k + 2)) taken.add(other)
  })
  return [...taken]
}

/** In what standing a prompt is measured, for people. */
function explain(plan: Plan, candidate: number, count: number, schedule: Schedule, refit: number): Reason {
  const { scores, ranked, beliefs, gain } = plan
  const expected = `expected score ${scores.means[candidate]!.toFixed(3)} ± ${scores.standardDeviations[candidate]!.toFixed(3)}`
  const text = `text explains with weight ${beliefs.textWeight.toFixed(2)}`
  const summary =
    count === 0
      ? `never measured: ${expected}; ${text}`
      : `rank ${ranked.indexOf(candidate) + 1} of ${ranked.length}, ${expected} after ${count} examples, measured least of the ${schedule.activeSize(refit)} still in the race; ${text}`
  return { summary, expectedGain: gain / EVALUATIONS_AHEAD }
}

export const krigePolicy: PolicyEntry = {
  name: 'krige',
  poolOnly: true,
  summary: 'Gaussian process over prompt texts, easiness of examples and binomial noise; the default for prompts',
  create: createKrigePolicy,
  options: krigeOptionsSchema,
}
