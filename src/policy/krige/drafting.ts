/**
 * The prompt policy where proposers can write more prompts: to write or to measure next is one decision, by expected gain
 * per call.
 *
 * 1. Drafts are predicted by their texts from the prompts that were measured (`draft-model.ts`). Only those that
 *    promise most per call are measured, on the examples that tell most.
 * 2. Measuring prompt i on n more examples moves its posterior mean by N(0, σ̃²), σ̃² = σ_i⁴ / (σ_i² + ν/n), ν the
 *    variance of an outcome. Its value is the expected gain of the prompt then best, σ̃ h(−Δ/σ̃), h(z) = φ(z) + zΦ(z),
 *    Δ the distance to the best other. This is the knowledge gradient of the best batch size (Frazier & Powell 2010).
 * 3. Writing k more drafts is worth the same of the best of k draws from the posterior of children given their parents.
 *    Counted is what their texts tell of which is best, and the share that passed the gate before. The price is k
 *    drafts and n outcomes.
 *
 * @module
 */

import type { ObservationHistory } from '../../history/observation-log.ts'
import { createRandom } from '../../numerics/random/random.ts'
import { candidateText, type PoolEntry } from '../../prompt/candidate.ts'
import type { PromptBeliefs } from '../../surrogate/prompt/prompt-model.ts'
import type { ScoreMoments } from '../../surrogate/prompt/score-moments.ts'
import { createCellScores } from '../cell-scores.ts'
import type { Decision, Generation, Policy, PolicyContext, PolicyState, ProposerInfo, Reason } from '../policy.ts'
import {
  type ArmEvidence,
  carriedEvidence,
  chooseProposer,
  DRAFTS,
  evidenceOf,
  priceOf,
  yieldOf,
} from '../proposer-bandit.ts'
import { chooseStage } from '../stage-choice.ts'
import { createExampleChooser, pendingCells } from './choose-examples.ts'
import { alike, createDraftModels, withDrafts } from './draft-beliefs.ts'
import { bestRate, expectedLargest, outcomeNoise, reducible } from './gain-per-call.ts'
import { type ExampleBeliefs, exampleBeliefs } from './informative-example.ts'
import { type Inheritance, inheritance } from './inheritance.ts'
import { leapRate, lookRate } from './leap.ts'
import type { KrigeOptions } from './options.ts'
import { createPoolMemo } from './pool-memo.ts'
import { rankPrompts, scoresOf } from './recommendation.ts'
import { roundEnd } from './rounds.ts'

/** Share by which the history grows between two fits, and how many fits share the weights of the draft model. */
const GROWTH = 1.05
const SMALLEST_STEP = 4
const FITS_PER_DRAFT_MODEL = 4
/** Outcomes of the best prompt before anything is written: a proposer learns from what went wrong. */
const FIRST_LOOK = 8
const MOST_PARENTS = 4
/** Most drafts at first, and per outcome told: what drafts are worth is learned by measuring some. */
const FIRST_DRAFTS = 8
const DRAFTS_PER_OUTCOME = 0.5
/** Share of what is left that a draft may take to try its proposer. */
const TRIAL_SHARE = 0.1
/** Outcomes of its best draft. */
const TRIAL_LOOKS = 4
/** A proposer whose last attempts brought nothing new is not asked again, unless others have written since: it has new parents. */
const MOST_FAILURES = 3

interface DraftingPlan {
  /** Length of the history it was made from. */
  readonly fit: number
  /** What drafts came to, by proposer. */
  evidence?: ReadonlyMap<string, ArmEvidence>
  readonly beliefs: PromptBeliefs
  readonly examples: ExampleBeliefs
  readonly scores: ScoreMoments
  readonly ranked: readonly number[]
  /** By the ability of the best parent. */
  readonly inherited: (parent: number) => Inheritance
  /** By prompt: cells told at the fit. */
  readonly counts: Int32Array
  /** Variance of a single outcome about its expectation. */
  readonly noise: number
}

export function createDraftingPolicy(context: PolicyContext, options: KrigeOptions): Policy {
  const { exampleCount, estimand, seed, proposers = [] } = context
  const cells = createCellScores(exampleCount)
  const chooseExamples = createExampleChooser(context, options, cells)
  const pools = createPoolMemo<DraftingPlan>(context, options)
  const drafts = createDraftModels()
  const carried = carriedEvidence(proposers.length > 1 ? (context.priors ?? []) : [])
  const learned = new Map(Object.entries(context.prior?.proposers ?? {}))

  function planFor(state: PolicyState, fit: number): DraftingPlan {
    const { pool, observations } = state
    const memo = pools.of(pool, observations)
    const known = memo.plans.get(fit)
    if (known) return known
    const fitted = memo.fits.get(fit)
    const beliefs = fitted?.beliefs ?? memo.model.fit(observations, fit)
    const predicted = options.screening
      ? drafts.predict(pool, observations, fit, draftFitAt(fit), (length) =>
          length === fit ? beliefs : memo.model.fit(observations, length),
        )
      : alike(pool, beliefs)
    const drafted = withDrafts(beliefs, predicted)
    const scores = scoresOf(drafted, estimand, exampleCount, fitted?.scores)
    memo.fits.clear()
    memo.fits.set(fit, { beliefs, scores })
    const examples = exampleBeliefs(beliefs, exampleCount)
    const ranked = rankPrompts(scores.means, memo.tieBreak)
    const plan: DraftingPlan = {
      fit,
      beliefs: drafted,
      examples,
      scores,
      ranked,
      inherited: inheritance(pool, drafted),
      counts: countsAt(observations, fit, pool.length),
      noise: outcomeNoise(drafted, examples, ranked[0]!),
    }
    memo.plans.clear()
    memo.plans.set(fit, plan)
    return plan
  }

  return {
    name: 'krige',
    next(state): Decision {
      const { pool, observations, pending } = state
      if (state.evaluationsLeft < 1) return { kind: 'done', reason: 'the budget is spent' }
      if (pool.length === 0) return { kind: 'done', reason: 'the pool is empty: give a baseline to start from' }
      cells.read(observations)
      const taken = pendingCells(pending)
      const told = observations.length
      if (options.batch > 1 && told + pending.length >= roundEnd(told, options.batch)) return { kind: 'wait' }
      // What a prompt shows is missing from the start: it was not asked, and is not free.
      const shown = (i: number) => pool[i]!.candidate.shows?.length ?? 0
      const asked = Int32Array.from(pool, (_, i) => cells.count(i) + (taken.get(i)?.size ?? 0) - shown(i))
      const free = Int32Array.from(asked, (count, i) => (state.excluded?.has(i) ? 0 : exampleCount - count - shown(i)))
      const plan = planFor(state, fitAt(observations.length))
      const evaluate = (candidate: number, count: number, reason: Reason): Decision => {
        const { redundancy } = pools.of(pool, observations)
        redundancy?.read(observations)
        const block = Math.min(count, free[candidate]!, state.evaluationsLeft)
        const examples = chooseExamples(candidate, { ...plan, redundancy, taken }, block)
        return { kind: 'act', action: { kind: 'evaluate', candidate, examples, reason } }
      }
      const standing = standingOf(plan, asked, state.excluded)
      const trial = firstDraft(state, plan, asked, free)
      if (trial)
        return evaluate(trial.candidate, TRIAL_LOOKS, { summary: `the first look at what ${trial.proposer} writes` })
      const measuring = bestMeasurement(plan, standing, pool, asked, free, state.evaluationsLeft)
      const alive = proposersLeft(state)
      const writingBy = (proposer: ProposerInfo | undefined) =>
        proposer && bestWriting(plan, standing, { asked, free }, proposer, state)
      const drawn = writingBy(nextProposer(state, alive, plan, asked))
      if (drawn && (!measuring || drawn.rate > measuring.rate)) {
        // Each is tried before any is asked again: what it is worth shows in what it writes for this task.
        const writing = writingBy(alive.find((proposer) => isUntried(proposer, state))) ?? drawn
        const { proposer, count, rate } = writing
        const parents = parentsOf(plan, standing)
        const summary = `${count} more drafts promise ${rate.toFixed(5)} per call, measuring on ${(measuring?.rate ?? 0).toFixed(5)}`
        const choice = chooseStage(context, state, parents[0]!, options.stageChoice)
        const reason = { summary: choice ? `${summary}; ${choice.summary}` : summary, expectedGain: rate }
        const slot = choice ? { slot: choice.stage } : {}
        return { kind: 'act', action: { kind: 'generate', proposer: proposer.name, parents, count, ...slot, reason } }
      }
      if (!measuring) {
        if (pending.length > 0 || (state.pendingGenerations ?? 0) > 0) return { kind: 'wait' }
        const which = state.excluded?.size ? 'every prompt that may keep the constraints' : 'every prompt'
        return { kind: 'done', reason: `${which} has been measured on every example, and no proposer writes more` }
      }
      const { candidate, rate } = measuring
      const { means, standardDeviations } = plan.scores
      const score = `${means[candidate]!.toFixed(3)} ± ${standardDeviations[candidate]!.toFixed(3)}`
      const known = asked[candidate] === 0 ? 'a draft, predicted by its text at' : `after ${asked[candidate]} examples`
      const summary = `${known} ${score}; ${rate.toFixed(5)} per call`
      return evaluate(candidate, options.block, { summary, expectedGain: rate })
    },
    recommend: pools.recommend,
  }

  /** Those that bring something. */
  function proposersLeft({ generations = [] }: PolicyState): readonly ProposerInfo[] {
    const isFruitful = ({ added }: Generation) => added.length > 0
    return proposers.filter(({ name }) => {
      const last = generations.filter(({ proposer }) => proposer === name).slice(-MOST_FAILURES)
      if (last.length < MOST_FAILURES || last.some(isFruitful)) return true
      return generations.slice(generations.lastIndexOf(last.at(-1)!) + 1).some(isFruitful)
    })
  }

  /** The one that the bandit draws. */
  function nextProposer(
    { pool, observations, generations = [] }: PolicyState,
    alive: readonly ProposerInfo[],
    plan: DraftingPlan,
    asked: Int32Array,
  ): ProposerInfo | undefined {
    if (alive.length < 2) return alive[0]
    const writers = new Map(
      generations.flatMap(({ proposer, added }) => added.map((index) => [index, proposer] as const)),
    )
    plan.evidence ??= evidenceOf(pool, observations, plan.fit, { writerOf: (_, index) => writers.get(index) })
    const random = createRandom(seed).split('proposer').split(generations.length)
    // A draft that is passed over has brought nothing; those written last still wait for their turn.
    const last = new Set(generations.at(-1)?.added)
    const isUsed = (candidate: number) => asked[candidate]! > 0 || last.has(candidate)
    return chooseProposer(alive, [carried, learned, plan.evidence], random, (name) =>
      yieldOf(generations, name, isUsed),
    )
  }

  function bestMeasurement(
    plan: DraftingPlan,
    // Only what was measured can be recommended: a draft competes with the best of that.
    [first, second]: readonly number[],
    pool: readonly PoolEntry[],
    asked: Int32Array,
    free: Int32Array,
    most: number,
  ): { readonly candidate: number; readonly rate: number } | undefined {
    const { scores, ranked, counts, noise } = plan
    const { means } = scores
    const leap = first === undefined ? 0 : lookRate(leapOf(plan, first, pool, asked))
    const length = pool.reduce((sum, entry) => sum + candidateText(entry.candidate).length, 0) / pool.length
    let best: { candidate: number; rate: number } | undefined
    for (const i of ranked) {
      if (free[i] === 0) continue
      const competitor = i === first ? second : first
      const ahead = competitor === undefined ? Number.NEGATIVE_INFINITY : means[i]! - means[competitor]!
      const distance = asked[i] === 0 && first !== undefined ? ahead : -Math.abs(ahead)
      // What was asked for since the plan was made is as good as told: it has taken its share of the uncertainty.
      const since = asked[i]! - counts[i]!
      const variance = reducible(scores, i)
      const left = (variance * noise) / (noise + since * variance)
      // A longer prompt costs more tokens; half of a call's is taken to be the example.
      const cost = 0.5 + (0.5 * candidateText(pool[i]!.candidate).length) / Math.max(1, length)
      const likely = bestRate(distance, left, noise, Math.min(free[i]!, most), cost, 0)
      const rate = asked[i] === 0 ? Math.max(likely, leap) : likely
      if (!best || rate > best.rate * (1 + 1e-9)) best = { candidate: i, rate }
    }
    return best
  }

  /** Of a proposer none of whose drafts was looked at, the one that promises most: else its trial would tell nothing. */
  function firstDraft(
    { generations = [] }: PolicyState,
    { ranked }: DraftingPlan,
    asked: Int32Array,
    free: Int32Array,
  ) {
    if (proposers.length < 2) return undefined
    for (const { name } of proposers) {
      const drafts = generations.flatMap(({ proposer, added }) => (proposer === name ? added : []))
      if (drafts.some((candidate) => asked[candidate]! > 0)) continue
      const candidate = ranked.find((i) => drafts.includes(i) && free[i]! > 0)
      if (candidate !== undefined) return { candidate, proposer: name }
    }
    return undefined
  }

  function isUntried(proposer: ProposerInfo, { generations = [], evaluationsLeft }: PolicyState): boolean {
    return (
      priceOf(proposer, 1) <= TRIAL_SHARE * evaluationsLeft &&
      generations.every((generation) => generation.proposer !== proposer.name)
    )
  }

  /** How many drafts to ask for; undefined where nothing can be paid for. */
  function bestWriting(
    plan: DraftingPlan,
    [leader]: readonly number[],
    { asked, free }: Readonly<Record<'asked' | 'free', Int32Array>>,
    proposer: ProposerInfo,
    state: PolicyState,
  ) {
    if ((state.pendingGenerations ?? 0) > 0) return undefined
    const written = (state.generations ?? []).reduce((sum, { added }) => sum + added.length, 0)
    const withheld = state.pool.reduce((sum, { candidate }) => sum + (candidate.shows?.length ?? 0), 0)
    const allowed = FIRST_DRAFTS + DRAFTS_PER_OUTCOME * (state.observations.length - withheld) - written
    const { scores, noise } = plan
    if (leader === undefined || (asked[leader]! < FIRST_LOOK && free[leader]! > 0)) return undefined
    const { mean, told, untold } = plan.inherited(plan.beliefs.ability[leader]!)
    const passing = yieldOf(state.generations ?? [], proposer.name)
    const slope = scores.slopes[leader]!
    const spread = slope * Math.sqrt(options.screening ? told : 0)
    const left = slope * slope * (untold + (options.screening ? 0 : told))
    const leap = leapOf(plan, leader, state.pool, asked)
    let best: { readonly proposer: ProposerInfo; readonly count: number; readonly rate: number } | undefined
    for (const count of DRAFTS) {
      const calls = proposer.calls(count)
      if (calls > (state.callsLeft ?? Number.POSITIVE_INFINITY) || count > allowed) continue
      const distance = slope * mean + spread * expectedLargest(passing * count)
      const price = priceOf(proposer, count)
      const anything = 1 - (1 - passing) ** count
      const likely = anything * bestRate(distance, left, noise, Math.min(exampleCount, state.evaluationsLeft), 1, price)
      const rate = Math.max(likely, leapRate(leap, count, passing, price))
      if (!best || rate > best.rate) best = { proposer, count, rate }
    }
    return best
  }

  function leapOf({ scores, beliefs }: DraftingPlan, leader: number, pool: readonly PoolEntry[], asked: Int32Array) {
    const measured = pool.filter(({ candidate }, i) => candidate.origin?.parents && asked[i]! > 0).length
    return { measured, mean: scores.means[leader]!, scale: beliefs.scale }
  }

  /** What was measured, best first. Where all of it breaks a constraint, that is what there is to begin with. */
  function standingOf({ ranked }: DraftingPlan, asked: Int32Array, excluded: PolicyState['excluded']) {
    const measured = ranked.filter((i) => asked[i]! > 0)
    const kept = measured.filter((i) => !excluded?.has(i))
    return kept.length > 0 ? kept : measured
  }

  function parentsOf({ scores }: DraftingPlan, [first, ...others]: readonly number[]) {
    const upper = (i: number) => scores.means[i]! + Math.sqrt(reducible(scores, i))
    return [first!, ...others.sort((a, b) => upper(b) - upper(a)).slice(0, MOST_PARENTS - 1)]
  }
}

/** Cells of every prompt among the first `length` told. */
function countsAt(history: ObservationHistory, length: number, prompts: number): Int32Array {
  const counts = new Int32Array(prompts)
  for (let k = 0; k < length; k++) if (history.repeat(k) === 0) counts[history.candidate(k)]!++
  return counts
}

/** Length of the history at the latest fit. */
function fitAt(told: number): number {
  let at = 0
  for (let next = SMALLEST_STEP; next <= told; next = step(next)) at = next
  return at
}

const step = (at: number) => Math.max(at + SMALLEST_STEP, Math.ceil(at * GROWTH))

/** Length of the history that the draft model is fitted to: that of every fourth fit. */
function draftFitAt(fit: number): number {
  let at = 0
  let count = 0
  for (let next = SMALLEST_STEP; next <= fit; next = step(next)) {
    if (count++ % FITS_PER_DRAFT_MODEL === 0) at = next
  }
  return at
}
