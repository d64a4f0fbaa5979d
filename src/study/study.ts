/**
 * The state machine of a search: ask for an action, tell its results, and the budget holds whatever happens between.
 *
 * @module
 */
import * as z from 'zod'
import { checkInput } from '../check-input.ts'
import { InvalidArgumentError } from '../errors.ts'
import { callsLeft } from './allowance.ts'
import { createAsking } from './asking.ts'
import type { Study } from './audiences.ts'
import { createCalls } from './calls.ts'
import { EVENT_VERSION, type StudyEvent } from './events.ts'
import { createGrowing } from './growing.ts'
import { checkBudget } from './ledger.ts'
import { createPoolEntries } from './pool-entries.ts'
import { createTextPredictor } from './predict-texts.ts'
import { recommendFeasible } from './recommend-feasible.ts'
import { recommendPreferred } from './recommend-preferred.ts'
import type { StudyFold } from './state.ts'
import type { StudyEnvironment, StudyParts } from './study-parts.ts'
import { createTelling } from './telling.ts'

export type {
  AskedAction,
  AskedComparison,
  AskedEvaluation,
  AskedGeneration,
  GenerationNote,
  Next,
  StudyRecommendation,
  ToldNote,
} from './asked.ts'
export type { Study } from './audiences.ts'
export type { StudyEnvironment } from './study-parts.ts'

/**
 * Puts a policy on top of a folded log. A study built from a prefix of a log and one that wrote this prefix propose
 * the same.
 *
 * @param unstored Events that are folded already but still to be stored.
 * @example
 * const environment = { policy: createSuccessiveHalvingPolicy, backend }
 * openStudy(foldEvents(study.drain()), environment).ask() // { kind: 'evaluate', … }
 */
export function openStudy(fold: StudyFold, environment: StudyEnvironment, unstored: readonly StudyEvent[] = []): Study {
  const { state } = fold
  const { config, ledger } = state
  const { log } = environment
  let undrained: StudyEvent[] = [...unstored]

  const { entryOf, joining } = createPoolEntries(environment.embedding)
  const emit = (event: StudyEvent) => {
    fold.apply(event)
    undrained.push(event)
    log?.push(event)
  }
  const pool = [...joining(state.candidates.map((candidate) => entryOf(candidate)))]
  const parts: StudyParts = { state, environment, pool, entryOf, joining, emit }
  const predictor = createTextPredictor(state, pool, entryOf)
  const { join, ...growing } = createGrowing(parts)
  const { forgetPolicy, recommend, ...asking } = createAsking(parts, join)

  const study: Study = {
    state,
    get spent() {
      return { ...ledger.spent }
    },
    get callsLeft() {
      return callsLeft(state)
    },
    ...asking,
    ...createTelling(parts),
    ...growing,
    ...createCalls(parts),
    recommend() {
      if (!state.hasScore) return undefined
      const unconstrained = recommend()
      const chosen = unconstrained && recommendPreferred(state, recommendFeasible(state, unconstrained))
      if (!chosen) return undefined
      const recommendation = { ...chosen, winner: state.candidates[chosen.candidate]! }
      if (config.direction === 'maximize') return recommendation
      const [low, high] = recommendation.interval
      return {
        ...recommendation,
        mean: state.turned(recommendation.mean),
        interval: [state.turned(high), state.turned(low)],
        means: recommendation.means.map(state.turned),
      }
    },
    posterior: (texts) => predictor.posterior(texts),
    rank: (texts) => predictor.rank(texts),
    explain: (candidate) => predictor.explain(candidate),
    setBudget(budget, holdoutEvaluations, command) {
      checkBudget(budget)
      checkInput(z.int().min(0).optional(), holdoutEvaluations, 'holdoutEvaluations')
      emit({
        v: EVENT_VERSION,
        type: 'budget',
        budget,
        ...(holdoutEvaluations === undefined ? {} : { holdoutEvaluations }),
        ...(command === undefined ? {} : { command }),
      })
      forgetPolicy()
    },
    noteProgress({ candidate, mean, interval }) {
      emit({ v: EVENT_VERSION, type: 'progress', evaluations: ledger.spent.evaluations, candidate, mean, interval })
    },
    conclude(conclusion) {
      emit({ v: EVENT_VERSION, type: 'concluded', conclusion })
    },
    noteStop(reason) {
      emit({ v: EVENT_VERSION, type: 'stopped', reason })
    },
    drain() {
      const drained = undrained
      undrained = []
      return drained
    },
    serialize() {
      if (!log) throw new InvalidArgumentError('this study does not keep its log; create it with keepLog: true')
      return log.map((event) => `${JSON.stringify(event)}\n`).join('')
    },
    serialise: () => study.serialize(),
  }
  return study
}
