/**
 * The prompt policy: a Gaussian process over prompt texts, example difficulties and binomial noise decide which prompt is
 * measured next and on which example. Model, rules, rules and sources: docs/policy.md.
 *
 * 1. Every prompt once, each on the example that tells most about it; with a small budget only those whose text promises
 *    most.
 * 2. The active set shrinks geometrically to a few finalists; at every refit it is taken from all prompts by posterior
 *    expected score, so a prompt can come back. Each evaluation goes to the active prompt measured least.
 * 3. Recommended is the best posterior expected score among measured prompts.
 *
 * @module
 */
import { viewFactories } from '../features/views.ts'
import type { ObservationHistory } from '../history/observation-log.ts'
import { createRandom } from '../numerics/random/random.ts'
import type { PoolEntry } from '../prompt/candidate.ts'
import { extendBeliefs } from '../surrogate/prompt/grown-beliefs.ts'
import { DEFAULT_GRID, type HyperparameterGrid } from '../surrogate/prompt/hyperparameters.ts'
import { basisOf, originalSize } from '../surrogate/prompt/pool-factors.ts'
import { createPromptModel, type PromptBeliefs, type PromptModel } from '../surrogate/prompt/prompt-model.ts'
import { type ScoreMoments, sharedDeviations } from '../surrogate/prompt/score-moments.ts'
import { createCellScores } from './cell-scores.ts'
import { type Crowding, createCrowding } from './krige/crowding.ts'
import { type ExampleBeliefs, exampleBeliefs, mostInformativeExample } from './krige/informative-example.ts'
import { type KrigeOptions, krigeOptionsSchema } from './krige/options.ts'
import { rankPrompts, recommend, scoresOf } from './krige/recommendation.ts'
import { createSchedule, plannedBudget, plannedPrompts, type Schedule } from './krige/schedule.ts'
import { createWarmStart, type WarmStart } from './krige/warm-start.ts'
import type { Decision, Policy, PolicyContext, PolicyState, Reason } from './policy.ts'
import { EVALUATIONS_AHEAD, rankingStatistics } from './recommendation/ranking-statistics.ts'
import { stableShuffle } from './stable-shuffle.ts'

/** Enough for a reason and a stopping rule; a recommendation takes more. */
const PLANNING_DRAWS = 64

/** Everything decided at a refit. */
interface Plan {
  readonly beliefs: PromptBeliefs
  readonly examples: ExampleBeliefs
  /** Expected scores. */
  readonly scores: ScoreMoments
  /** All prompts, best expected score first; with a warm start, in turns as one who believes it and one who does not would. */
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
  const { seed, exampleCount, estimand } = context
  const exampleOrder = stableShuffle(exampleCount, seed, 'examples')
  const cells = createCellScores(exampleCount)
  const pools = createPoolMemo(context, options)

  function planFor(state: PolicyState, refit: number): Plan {
    const { model, doubting, tieBreak, plans, fits } = pools.of(state.pool, state.observations)
    let plan = plans.get(refit)
    if (!plan) {
      const fitted = fits.get(refit)
      const beliefs = fitted?.beliefs ?? model.fit(state.observations, refit)
      const scores = scoresOf(beliefs, estimand, exampleCount, fitted?.scores)
      fits.clear()
      fits.set(refit, { beliefs, scores })
      const believed = rankPrompts(scores.means, tieBreak)
      const afresh = doubting && scoresOf(doubting.fit(state.observations, refit), estimand, exampleCount)
      const ranked = afresh ? takeTurns(believed, rankPrompts(afresh.means, tieBreak)) : believed
      const span = beliefs.scale.high - beliefs.scale.low
      const { expectedGain: gain } = rankingStatistics(
        believed,
        { ...scores, shared: sharedDeviations(beliefs, scores), span },
        createRandom(seed),
        PLANNING_DRAWS,
      )
      plan = { beliefs, examples: exampleBeliefs(beliefs, exampleCount), scores, ranked, gain }
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
      const refit = schedule.refitAt(observations.length)
      const plan = planFor(state, refit)
      if (refit >= schedule.firstPass && plan.gain < options.stopBelowGain) {
        const reason = `100 more evaluations are expected to gain ${plan.gain.toFixed(4)}, less than ${options.stopBelowGain}`
        return { kind: 'done', reason }
      }
      const candidate = nextCandidate(plan, schedule, refit, counts, pools.of(pool, observations).arrival, exampleCount)
      if (candidate < 0) {
        return pending.length > 0
          ? { kind: 'wait' }
          : { kind: 'done', reason: 'every prompt has been measured on every example' }
      }
      const { crowding } = pools.of(pool, observations)
      crowding?.read(observations)
      const examples = nextExamples(candidate, plan, crowding, taken, Math.min(options.block, state.evaluationsLeft))
      const reason = explain(plan, candidate, counts[candidate]!, schedule, refit)
      return { kind: 'act', action: { kind: 'evaluate', candidate, examples, reason } }
    },

    recommend(state) {
      const { pool, observations } = state
      if (pool.length === 0 || observations.length === 0) return undefined
      const { model, tieBreak, claims } = pools.of(pool, observations)
      const beliefs = claims.get(observations.length) ?? model.fit(observations, observations.length, 'likelihood')
      claims.clear()
      claims.set(observations.length, beliefs)
      return recommend(beliefs, estimand, exampleCount, tieBreak, seed)
    },
  }

  /** Unpaired, a prompt starts elsewhere in the order: a golden-ratio step keeps neighbours in the pool apart. */
  function orderFor(candidate: number): readonly number[] {
    if (options.exampleChoice === 'shared-order') return exampleOrder
    const from = Math.floor(((candidate * 0.6180339887498949) % 1) * exampleCount)
    return [...exampleOrder.slice(from), ...exampleOrder.slice(0, from)]
  }

  function nextExamples(
    candidate: number,
    plan: Plan,
    crowding: Crowding | undefined,
    taken: ReadonlyMap<number, ReadonlySet<number>>,
    block: number,
  ) {
    const chosen: number[] = []
    const { variance } = plan.beliefs.sharedFailures
    const shared = crowding && variance > 0 ? { variance, crowding: crowding.of(candidate, taken) } : undefined
    const pendingHere = taken.get(candidate)
    const isFree = (example: number) =>
      !cells.has(candidate, example) && !pendingHere?.has(example) && !chosen.includes(example)
    while (chosen.length < block) {
      const example =
        options.exampleChoice === 'informative'
          ? mostInformativeExample(plan.beliefs.ability[candidate]!, plan.examples, exampleOrder, isFree, shared)
          : (orderFor(candidate).find(isFree) ?? -1)
      if (example < 0) break
      chosen.push(example)
    }
    return chosen
  }
}

/**
 * First pass: prompts nobody has measured, in order of arrival; by upper bound of the expected score where the budget is too
 * small to measure all. Then the active prompt measured least; when all active ones are exhausted, the next best.
 */
function nextCandidate(
  plan: Plan,
  schedule: Schedule,
  refit: number,
  counts: Int32Array,
  arrival: readonly number[],
  exampleCount: number,
): number {
  let touched = 0
  for (const count of counts) if (count > 0) touched++
  if (touched < Math.min(schedule.firstPass, counts.length)) {
    if (schedule.firstPass >= counts.length) return arrival.find((i) => counts[i] === 0)!
    const { means, standardDeviations } = plan.scores
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

/** One of the first order, two of the second, and so on: whoever is not taken yet. */
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

function pendingCells(pending: PolicyState['pending']): Map<number, Set<number>> {
  const taken = new Map<number, Set<number>>()
  for (const { candidate, example, repeat } of pending) {
    if (repeat !== 0) continue
    const row = taken.get(candidate) ?? new Set<number>()
    taken.set(candidate, row.add(example))
  }
  return taken
}

interface PoolMemo {
  readonly model: PromptModel
  /**
   * With a warm start, the model without it. Who only measures what a history recommends never learns that it is wrong.
   */
  readonly doubting?: PromptModel
  /** Random order in which the first pass takes prompts. */
  readonly arrival: readonly number[]
  /** Position of each prompt in that order. */
  readonly tieBreak: Int32Array
  /** None without text. */
  readonly crowding?: Crowding
  readonly plans: Map<number, Plan>
  /** The last fit, by the length of its history: a pool that grows keeps it, a row per new prompt added. */
  readonly fits: Map<number, { readonly beliefs: PromptBeliefs; readonly scores: ScoreMoments }>
  /** What the last recommendation believed, by the length of its history. */
  readonly claims: Map<number, PromptBeliefs>
}

/** Keeps what depends on the pool alone, adds to it when the pool grows, and keeps plans until the history is another one. */
function createPoolMemo({ seed, exampleCount, priors = [] }: PolicyContext, options: KrigeOptions) {
  const settings = modelOptions(options)
  let kept: PoolMemo | undefined
  let size = -1
  let basis = -1
  let first: PoolEntry | undefined
  let source: ObservationHistory | undefined
  let warm: WarmStart | undefined

  function build(pool: readonly PoolEntry[]): PoolMemo {
    const arrival = stableShuffle(pool.length, seed, 'prompts')
    const tieBreak = new Int32Array(pool.length)
    arrival.forEach((prompt, position) => {
      tieBreak[prompt] = position
    })
    const continues = kept !== undefined && first === pool[0] && pool.length > size
    const sameBasis = continues && basis === basisOf(pool)
    if (!continues) warm = createWarmStart(pool.slice(0, originalSize(pool)), priors, settings)
    const known = warm!.of(pool)
    const model = createPromptModel(pool, { ...settings, ...known })
    const doubting = known.earlier.length > 0 ? createPromptModel(pool, settings) : undefined
    const crowding = model.features && createCrowding(model.features, exampleCount)
    const extended = (beliefs: PromptBeliefs) => extendBeliefs(beliefs, kept!.model, model)
    const fits: PoolMemo['fits'] = new Map()
    const claims: PoolMemo['claims'] = new Map()
    if (sameBasis) {
      for (const [length, { beliefs, scores }] of kept!.fits) fits.set(length, { beliefs: extended(beliefs), scores })
      for (const [length, beliefs] of kept!.claims) claims.set(length, extended(beliefs))
    }
    return {
      model,
      arrival,
      tieBreak,
      plans: new Map(),
      fits,
      claims,
      ...(doubting ? { doubting } : {}),
      ...(crowding ? { crowding } : {}),
    }
  }

  return {
    of(pool: readonly PoolEntry[], history: ObservationHistory): PoolMemo {
      if (!kept || size !== pool.length || first !== pool[0]) {
        kept = build(pool)
        size = pool.length
        basis = basisOf(pool)
        first = pool[0]
      }
      if (source !== history) {
        source = history
        kept.plans.clear()
        kept.fits.clear()
        kept.claims.clear()
      }
      return kept
    },
  }
}

function modelOptions(options: KrigeOptions) {
  const { views } = options
  const grid: HyperparameterGrid = {
    ...DEFAULT_GRID,
    ...(options.text ? {} : { independentShares: [{ share: 1, logPrior: 0 }] }),
    ...(views
      ? {
          viewMixes: DEFAULT_GRID.viewMixes.map((mix) =>
            Object.fromEntries(
              Object.keys(viewFactories).map((name) => [name, views.includes(name) ? (mix[name] ?? 0.25) : 0]),
            ),
          ),
        }
      : {}),
  }
  return {
    grid,
    exampleEffects: options.exampleEffects,
    likelihood: options.likelihood,
    sharedFailures: options.sharedFailures,
  }
}
