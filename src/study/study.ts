/**
 * The state machine of a search: ask for an action, tell its results, and the budget holds whatever happens between.
 *
 * @module
 */
import { checkInput, showValue } from '../check-input.ts'
import { BudgetError, InvalidArgumentError, KrigeError } from '../errors.ts'
import { type MeasurementInput, readMeasurement } from '../history/measurement.ts'
import { inScoreUnits } from '../policy/in-score-units.ts'
import type {
  Action,
  CompareAction,
  Decision,
  GenerateAction,
  Policy,
  PolicyContext,
  PolicyState,
  Reason,
  Recommendation,
} from '../policy/policy.ts'
import { type Candidate, isBlank, type PoolEntry, withOrigin } from '../prompt/candidate.ts'
import { candidateSchema } from '../prompt/candidate-schema.ts'
import { checkEmbedding } from '../prompt/check-embedding.ts'
import { checkComparison, checkExample, checkFinite, checkIndex, checkSummary, type Summary } from './checks.ts'
import { EVENT_VERSION, type Split, type StudyEvent } from './events.ts'
import {
  type Budget,
  type CallCost,
  type CallPurpose,
  checkCost,
  NO_COST,
  type Reservation,
  type Spending,
} from './ledger.ts'
import { newCandidates, type ProposedCandidate } from './new-candidates.ts'
import {
  type CandidateExplanation,
  createTextPredictor,
  type TextPosterior,
  type TextProspect,
} from './predict-texts.ts'
import { hopelessCandidates, recommendFeasible } from './recommend-feasible.ts'
import type { OpenEvaluation, StudyFold, StudyState } from './state.ts'
import type { Conclusion } from './verdict.ts'

/** What the log says of a result beside the result. */
export interface ToldNote {
  /** The texts behind it are kept beside the log. */
  readonly traced?: boolean
}

/** Measure these cells. */
export interface AskedEvaluation {
  readonly kind: 'evaluate'
  readonly id: number
  readonly candidate: Candidate
  /** Index of the candidate in the pool. */
  readonly index: number
  /** With it this is a comparison: what is told is 1 where the candidate won, 0 where its rival did, or between. */
  readonly rival?: { readonly candidate: Candidate; readonly index: number }
  readonly examples: readonly number[]
  readonly repeat: number
  readonly split: Split
  readonly reason?: Reason
}

/** Make new candidates. */
export interface AskedGeneration {
  readonly kind: 'generate'
  readonly id: number
  readonly proposer: string
  readonly parents: readonly number[]
  readonly examples?: readonly number[]
  readonly slot?: string
  readonly count: number
  readonly reason?: Reason
}

export type AskedAction = AskedEvaluation | AskedGeneration

/** What the log says of a generation beside its candidates. */
export interface GenerationNote {
  /** How many proposals did not get this far, by reason. */
  readonly rejected?: Readonly<Record<string, number>>
  /** Why it ended early. */
  readonly error?: string
}

/** The answer of {@link Study.next}. */
export type Next =
  | { readonly kind: 'act'; readonly action: AskedAction }
  /** Nothing can be proposed until something pending is told. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'done'; readonly reason: string }

/** What a study recommends, with the candidate itself. */
export interface StudyRecommendation extends Recommendation {
  readonly winner: Candidate
}

export interface Study {
  readonly state: StudyState
  readonly spent: Spending
  /** Calls that nothing waits for; what proposers may still make. */
  readonly callsLeft: number
  /**
   * The next action; its evaluations are reserved.
   *
   * @throws BudgetError when the study is done.
   * @throws KrigeError `conflict` when everything waits for pending results. {@link next} says so without throwing.
   */
  ask(): AskedAction
  next(): Next
  /**
   * Tells all results of an action at once.
   *
   * @param scores Aligned with the action's examples; one alone where there is one example; or one summary of them.
   * @throws InvalidArgumentError on an unknown or finished action, a wrong number of scores, or a score that is not finite.
   */
  tell(action: number, scores: readonly MeasurementInput[] | MeasurementInput | Summary): void
  /** Tells the result of one cell, the one at `position` of the action's examples. */
  tellCell(action: number, position: number, outcome: MeasurementInput, note?: ToldNote): void
  /** Everything still open of an action failed. */
  fail(action: number, error: string): void
  /** Cells that were never sent: their evaluations return to the budget. Default: all that are open. */
  release(action: number, reason: string, positions?: readonly number[]): void
  /** Adds candidates to the pool and returns their indices. Ids must be new; texts get the number of their place. */
  add(candidates: readonly (string | Candidate | PoolEntry)[]): number[]
  /**
   * Answers a `generate` action. Candidates whose text is in the pool already, and ones without any, do not join it; an id
   * that is missing or taken is made.
   *
   * @returns The indices of those that joined.
   */
  tellCandidates(action: number, candidates: readonly ProposedCandidate[], note?: GenerationNote): number[]
  /** Has these cells measured before anything the policy wants. */
  enqueue(candidate: number, examples: readonly number[]): void
  /** Tells a result nobody asked for; it costs no budget. Without `example` it is a score over `count` examples. */
  observe(observation: {
    readonly candidate: number
    readonly example?: number
    readonly repeat?: number
    readonly score: number | null
    readonly count?: number
    readonly standardError?: number
  }): void
  /**
   * Tells who was the better of two on an example, as a person judges it; it costs no budget.
   *
   * @param outcome 1 where the candidate is better, 0 where its rival is, ½ for a tie.
   * @throws InvalidArgumentError where the study has scores, or the two met on that example already.
   * @example
   * const comparing = createStudy({ pool: ['Label it.', 'Name the label.'], policy: 'comparison', exampleCount: 4 })
   * comparing.observeComparison({ candidate: 1, rival: 0, example: 2, outcome: 1 })
   * comparing.recommend()?.winner.text // 'Name the label.'
   */
  observeComparison(comparison: {
    readonly candidate: number
    readonly rival: number
    readonly example: number
    readonly outcome: number
  }): void
  /** Asks for holdout cells, outside the policy. At most what the budget sets aside and has left. */
  askHoldout(candidate: number, examples: readonly number[]): AskedEvaluation
  /** Has two candidates compared on holdout examples, as {@link askHoldout}. */
  askHoldoutComparison(candidate: number, rival: number, examples: readonly number[]): AskedEvaluation
  /** Best candidate by posterior, in the user's direction; `undefined` before anything was scored. */
  recommend(): StudyRecommendation | undefined
  /**
   * What is expected of texts, in the order given; in the pool or not. Nothing is added, asked or spent. One that was
   * measured is judged by its own outcomes beside its text. The prompt model says so, whatever the policy.
   *
   * @param texts Texts, or candidates with slots, parameters or an embedding.
   * @returns Mean and standard deviation in the units and the direction of the scores; `undefined` before anything was scored.
   * @throws InvalidArgumentError on an empty text, or where the study compares prompts.
   * @example
   * const action = study.ask()
   * if (action.kind === 'evaluate') study.tell(action.id, action.examples.map(() => 1))
   * study.posterior(['Name the label, please.'])?.[0]?.measured // 0
   */
  posterior(texts: readonly (string | ProposedCandidate)[]): TextPosterior[] | undefined
  /**
   * Texts by how much trying each is worth, best first: expected improvement on the best measured candidate. Equals keep
   * their order.
   *
   * @param texts As in {@link posterior}.
   * @returns As {@link posterior}, with the expected improvement; `undefined` before anything was scored.
   * @throws As {@link posterior}.
   * @example
   * const action = study.ask()
   * if (action.kind === 'evaluate') study.tell(action.id, action.examples.map(() => 1))
   * study.rank(['Name the label, please.', 'Write a poem.'])?.length // 2
   */
  rank(texts: readonly (string | ProposedCandidate)[]): TextProspect[] | undefined
  /**
   * What speaks for a candidate of the pool: its own outcomes, what its text says without them, and its nearest neighbors.
   *
   * @param candidate Its index.
   * @returns `undefined` before anything was scored.
   * @throws InvalidArgumentError on an unknown index, or where the study compares prompts.
   * @example
   * const action = study.ask()
   * if (action.kind === 'evaluate') study.tell(action.id, action.examples.map(() => 1))
   * study.explain(0)?.posterior.text // 'Answer.'
   */
  explain(candidate: number): CandidateExplanation | undefined
  /** Reserves the worst case of a call about to be sent; `undefined` when the budget does not allow it. */
  reserveCall(worst: CallCost, purpose?: CallPurpose): Reservation | undefined
  /** Charges calls whose fate is unknown (the process died) at their reservation. Returns how many. */
  settleLostCalls(): number
  /** Replaces the limits, and what of them is set aside for the holdout; `command`: what asked for it, for people. */
  setBudget(budget: Budget, holdoutEvaluations?: number, command?: string): void
  noteProgress(recommendation: Recommendation): void
  conclude(conclusion: Conclusion): void
  /** Events since the last call of this, to be stored. */
  drain(): StudyEvent[]
  /** The whole log as JSON Lines; only when the study was created with `keepLog` (the default of `createStudy`). */
  serialize(): string
  /** @deprecated The name before {@link serialize}. */
  serialise(): string
}

export interface StudyEnvironment {
  /** Makes the policy of this study; called once. */
  readonly policy: (context: PolicyContext) => Policy
  readonly backend: PolicyContext['backend']
  readonly priors?: PolicyContext['priors']
  /** What `generate` actions may ask. */
  readonly proposers?: PolicyContext['proposers']
  /** Looks up the embedding of a candidate that is added without one. */
  readonly embedding?: (candidate: Candidate) => Float64Array | undefined
  /** Keeps every event for {@link Study.serialize}. */
  readonly log?: StudyEvent[]
}

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
  let policy: Policy | undefined

  let embeddingLength: number | undefined
  const entryOf = (candidate: Candidate, embedding = environment.embedding?.(candidate)): PoolEntry => {
    if (embedding === undefined) return { candidate: withOrigin(candidate) }
    checkEmbedding(embedding, `embedding of ${candidate.id}`, embeddingLength)
    return { candidate: withOrigin(candidate), embedding }
  }
  /** The first that joins says how long the others are. */
  const keep = (entries: PoolEntry[]): PoolEntry[] => {
    for (const { candidate, embedding } of entries) {
      if (!embedding) continue
      embeddingLength ??= embedding.length
      checkEmbedding(embedding, `embedding of ${candidate.id}`, embeddingLength)
    }
    return entries
  }
  const pool: PoolEntry[] = keep(state.candidates.map((candidate) => entryOf(candidate)))
  const predictor = createTextPredictor(state, pool, entryOf)

  const emit = (event: StudyEvent) => {
    fold.apply(event)
    undrained.push(event)
    log?.push(event)
  }

  /** Created when first needed, because adding the pool comes before. Limits changed later reach a fresh policy. */
  const policyOf = (): Policy => {
    // Looked up now: a new study's pool is empty when it is opened.
    const baselineIndex = config.baseline === undefined ? undefined : state.indexById.get(config.baseline)
    policy ??= inScoreUnits(environment.policy)({
      seed: config.seed,
      space: config.space,
      exampleCount: config.exampleCount,
      evaluationBudget: searchBudget(state, ledger.limits),
      estimand: config.estimand,
      backend: environment.backend,
      ...(baselineIndex === undefined ? {} : { baseline: baselineIndex }),
      ...(config.policyOptions === undefined ? {} : { options: config.policyOptions }),
      ...(environment.priors === undefined ? {} : { priors: environment.priors }),
      ...(environment.proposers === undefined ? {} : { proposers: environment.proposers }),
      ...(config.stages === undefined ? {} : { stages: config.stages }),
      ...(config.prior === undefined ? {} : { prior: config.prior }),
    })
    return policy
  }

  const policyState = (): PolicyState => ({
    pool,
    observations: state.observations,
    pending: state.pending('search'),
    evaluationsLeft: evaluationsLeft(state),
    callsLeft: callsLeft(state),
    generations: state.generations,
    pendingGenerations: state.pendingGenerations,
    fits: state.fits,
    ...(config.response === 'comparison'
      ? { comparisons: state.comparisons, pendingComparisons: state.pendingComparisons('search') }
      : {}),
    ...(config.constraints ? { excluded: hopelessCandidates(state) } : {}),
  })

  const ask = (
    candidate: number,
    examples: readonly number[],
    extra: { rival?: number; repeat?: number; split?: Split; enqueued?: true; reason?: Reason } = {},
  ): AskedEvaluation => {
    const id = state.lastAction + 1
    const { rival, repeat, split, enqueued, reason } = extra
    emit({
      v: EVENT_VERSION,
      type: 'asked',
      action: id,
      kind: rival === undefined ? 'evaluate' : 'compare',
      candidate,
      ...(rival === undefined ? {} : { rival }),
      examples: [...examples],
      ...(repeat ? { repeat } : {}),
      ...(split === 'holdout' ? { stage: split } : {}),
      ...(enqueued ? { enqueued } : {}),
      ...(reason ? { reason } : {}),
    })
    return {
      kind: 'evaluate',
      id,
      candidate: state.candidates[candidate]!,
      index: candidate,
      ...(rival === undefined ? {} : { rival: { candidate: state.candidates[rival]!, index: rival } }),
      examples,
      repeat: repeat ?? 0,
      split: split ?? 'search',
      ...(reason ? { reason } : {}),
    }
  }

  const act = (action: Action): AskedAction => {
    if (action.kind === 'compare') return compare(action)
    if (action.kind === 'generate') {
      checkGeneration(action)
      const id = state.lastAction + 1
      emit({ v: EVENT_VERSION, type: 'asked', action: id, ...action })
      return { id, ...action }
    }
    const left = evaluationsLeft(state)
    const examples = action.examples.length > left ? action.examples.slice(0, left) : action.examples
    if (examples.length === 0) throw misbehaved(config.policy, 'an evaluation of no examples')
    let index: number
    if (typeof action.candidate === 'number') index = action.candidate
    else index = state.indexById.get(action.candidate.id) ?? study.add([action.candidate])[0]!
    if (!(index >= 0 && index < pool.length)) throw misbehaved(config.policy, `candidate ${index}`)
    for (const example of examples) {
      checkExample(example, config.exampleCount)
      if (state.cells.has(index, example, action.repeat ?? 0)) {
        throw misbehaved(config.policy, `candidate ${index} on example ${example}, which is measured or pending`)
      }
    }
    return ask(index, examples, {
      ...(action.repeat === undefined ? {} : { repeat: action.repeat }),
      ...(action.reason === undefined ? {} : { reason: action.reason }),
    })
  }

  const checkGeneration = ({ proposer, parents, examples = [], count }: GenerateAction) => {
    if (!(Number.isInteger(count) && count > 0)) throw misbehaved(config.policy, `${count} new candidates`)
    for (const index of parents) {
      if (!(index >= 0 && index < pool.length)) throw misbehaved(config.policy, `candidate ${index} as a parent`)
    }
    for (const example of examples) checkExample(example, config.exampleCount)
    const known = environment.proposers?.map(({ name }) => name)
    if (known && !known.includes(proposer)) {
      throw new InvalidArgumentError(`policy ${config.policy} asks proposer ${proposer}; expected ${known.join(', ')}`)
    }
  }

  const compare = ({ candidates: [a, b], examples, reason }: CompareAction): AskedEvaluation => {
    const asked = examples.slice(0, evaluationsLeft(state))
    if (config.response !== 'comparison') {
      throw new InvalidArgumentError(`policy ${config.policy} compares two candidates; the study expects scores`, {
        remedy: "Create the study with response: 'comparison'.",
      })
    }
    if (asked.length === 0) throw misbehaved(config.policy, 'a comparison on no examples')
    for (const index of [a, b]) {
      if (!(index >= 0 && index < pool.length)) throw misbehaved(config.policy, `candidate ${index}`)
    }
    for (const example of asked) {
      checkExample(example, config.exampleCount)
      if (a === b || state.hasComparison('search', a, b, example)) {
        throw misbehaved(config.policy, `a comparison of ${a} and ${b} on example ${example}, which is told or pending`)
      }
    }
    return ask(a, asked, { rival: b, ...(reason === undefined ? {} : { reason }) })
  }

  const askHoldout = (examples: readonly number[], candidate: number, rival?: number): AskedEvaluation => {
    checkIndex(candidate, pool.length)
    if (rival !== undefined) checkIndex(rival, pool.length)
    for (const example of examples) checkExample(example, config.holdoutCount)
    const { evaluations } = ledger.left()
    if (evaluations < examples.length) {
      throw new BudgetError(`the budget has ${evaluations} evaluations left; the holdout needs ${examples.length}`)
    }
    return ask(candidate, examples, { split: 'holdout', ...(rival === undefined ? {} : { rival }) })
  }

  const nextEnqueued = (): AskedAction | undefined => {
    const [head] = state.queue
    if (!head) return undefined
    const examples = head.examples
      .filter((example) => !state.cells.has(head.candidate, example, 0))
      .slice(0, evaluationsLeft(state))
    return ask(head.candidate, examples, { enqueued: true, reason: { summary: 'enqueued' } })
  }

  const openEvaluation = (id: number): OpenEvaluation => {
    const action = state.actions.get(id)
    if (action?.kind === 'evaluate') return action
    throw new InvalidArgumentError(
      `action ${id} is ${id <= state.lastAction && id > 0 ? 'complete' : 'unknown'}; expected the id of an action that waits for results`,
    )
  }

  const checkOpen = (call: number) => {
    if (!ledger.openCalls().has(call)) {
      throw new InvalidArgumentError(`call ${call} is not open; expected a reserved call`)
    }
  }

  const study: Study = {
    state,
    get spent() {
      return { ...ledger.spent }
    },
    get callsLeft() {
      return callsLeft(state)
    },
    ask() {
      const next = study.next()
      if (next.kind === 'act') return next.action
      if (next.kind === 'done') throw new BudgetError(`the study is done: ${next.reason}`)
      throw new KrigeError('conflict', 'nothing can be proposed before pending actions are told', {
        remedy: 'Tell the results of the actions asked so far, or use study.next().',
      })
    },
    next() {
      if (evaluationsLeft(state) < 1) {
        return state.pending('search').length + state.pendingComparisons('search').length > 0
          ? { kind: 'wait' }
          : { kind: 'done', reason: 'the budget of the search is spent' }
      }
      while (state.queue.length > 0) {
        const action = nextEnqueued()
        if (action?.kind === 'evaluate' && action.examples.length > 0) return { kind: 'act', action }
      }
      const decision: Decision = policyOf().next(policyState())
      if (decision.kind !== 'act') return decision
      if (decision.fit) emit({ v: EVENT_VERSION, type: 'fit', fit: decision.fit })
      return { kind: 'act', action: act(decision.action) }
    },
    tell(id, given) {
      const action = openEvaluation(id)
      const scores = isList(given) || isSummary(given) ? given : [given]
      if (isSummary(scores)) {
        checkSummary(scores)
        if (action.split === 'holdout' || action.open.size < action.asked.examples.length) {
          throw new InvalidArgumentError(`action ${id} is told in part already; expected one result a cell`)
        }
        if (action.asked.rival !== undefined) {
          throw new InvalidArgumentError(`action ${id} compares; expected one result per comparison`)
        }
        const { mean, standardError, count } = scores
        emit({ v: EVENT_VERSION, type: 'summarised', action: id, mean, standardError, count })
        return
      }
      if (scores.length !== action.asked.examples.length) {
        throw new InvalidArgumentError(
          `action ${id} got ${scores.length} scores; expected ${action.asked.examples.length}, one for each of its examples`,
        )
      }
      const measured = scores.map((score, position) => readMeasurement(score, `scores[${position}]`))
      if (action.asked.rival !== undefined) measured.forEach(checkComparison)
      measured.forEach((measurement, position) => {
        if (action.open.has(position)) study.tellCell(id, position, measurement)
      })
    },
    tellCell(id, position, outcome, { traced = false } = {}) {
      const { open, asked } = openEvaluation(id)
      if (!open.has(position)) {
        throw new InvalidArgumentError(`position ${position} of action ${id} does not wait for a result`)
      }
      const measurement = readMeasurement(outcome, 'outcome')
      if (asked.rival !== undefined) checkComparison(measurement)
      const { score = null, failure, metrics = {} } = measurement
      emit({
        v: EVENT_VERSION,
        type: 'told',
        action: id,
        position,
        score,
        ...(failure ? { error: failure.message } : {}),
        ...(score !== null && Object.keys(metrics).length > 0 ? { metrics } : {}),
        ...(traced ? { traced } : {}),
      })
    },
    fail(id, error) {
      for (const position of [...openEvaluation(id).open]) study.tellCell(id, position, { error })
    },
    release(id, reason, positions) {
      const action = openEvaluation(id)
      for (const position of positions ?? []) {
        if (!action.open.has(position))
          throw new InvalidArgumentError(`position ${position} of action ${id} is not open`)
      }
      emit({
        v: EVENT_VERSION,
        type: 'released',
        action: id,
        reason,
        ...(positions ? { positions: [...positions] } : {}),
      })
    },
    add(candidates) {
      const entries = candidates.map((item, offset) => {
        if (typeof item === 'string') return entryOf({ id: String(pool.length + offset + 1), text: item })
        if (typeof item !== 'object' || item === null) {
          throw new InvalidArgumentError(`candidate is ${showValue(item)}; expected a text, or { id, text }`)
        }
        const { candidate, embedding } = 'candidate' in item ? item : { candidate: item, embedding: undefined }
        if (typeof candidate.id !== 'string') {
          throw new InvalidArgumentError(`candidate is ${showValue(candidate)}; expected a text, or { id, text }`)
        }
        checkInput<unknown>(candidateSchema, candidate, `candidate ${JSON.stringify(candidate.id)}`)
        return entryOf(candidate, embedding)
      })
      if (entries.length === 0) return []
      const ids = new Set<string>()
      for (const { candidate } of entries) {
        if (isBlank(candidate)) {
          throw new InvalidArgumentError(`candidate ${JSON.stringify(candidate.id)} is empty; expected a text`)
        }
        if (state.indexById.has(candidate.id) || ids.has(candidate.id)) {
          throw new InvalidArgumentError(
            `candidate id ${JSON.stringify(candidate.id)} is in the pool already; expected a new id`,
          )
        }
        ids.add(candidate.id)
      }
      const first = pool.length
      keep(entries)
      emit({ v: EVENT_VERSION, type: 'candidates', candidates: entries.map((entry) => entry.candidate) })
      pool.push(...entries)
      return entries.map((_, offset) => first + offset)
    },
    tellCandidates(id, proposed, { rejected = {}, error } = {}) {
      const action = state.actions.get(id)
      if (action?.kind !== 'generate') {
        throw new InvalidArgumentError(`action ${id} does not wait for candidates`)
      }
      const { fresh, duplicates, empty } = newCandidates(state, action.asked, proposed)
      const first = pool.length
      const entries = keep(fresh.map(({ candidate, embedding }) => entryOf(candidate, embedding)))
      if (fresh.length > 0) {
        emit({ v: EVENT_VERSION, type: 'candidates', action: id, candidates: fresh.map(({ candidate }) => candidate) })
        pool.push(...entries)
      }
      const added = fresh.map((_, offset) => first + offset)
      const refused = empty === 0 ? rejected : { ...rejected, empty: (rejected['empty'] ?? 0) + empty }
      const calls = ledger.byGeneration.get(id)?.calls ?? 0
      emit({
        v: EVENT_VERSION,
        type: 'generated',
        action: id,
        added,
        ...(duplicates === 0 ? {} : { duplicates }),
        ...(Object.keys(refused).length === 0 ? {} : { rejected: refused }),
        ...(calls === 0 ? {} : { calls }),
        ...(error === undefined ? {} : { error }),
      })
      return added
    },
    enqueue(candidate, examples) {
      checkIndex(candidate, pool.length)
      for (const example of examples) checkExample(example, config.exampleCount)
      emit({ v: EVENT_VERSION, type: 'enqueued', candidate, examples: [...new Set(examples)] })
    },
    observe(observation) {
      const { candidate, example = -1, repeat, score, count, standardError } = observation
      checkIndex(candidate, pool.length)
      if (example >= 0) checkExample(example, config.exampleCount)
      if (score !== null) checkFinite(score, 'score')
      checkSummary({ mean: score ?? 0, standardError: standardError ?? 0, count: count ?? 1 })
      if (example >= 0 && state.cells.has(candidate, example, repeat ?? 0)) {
        throw new InvalidArgumentError(
          `candidate ${candidate} has a result on example ${example} already, or waits for one`,
        )
      }
      emit({
        v: EVENT_VERSION,
        type: 'observed',
        candidate,
        example,
        score,
        ...(repeat ? { repeat } : {}),
        ...(count === undefined ? {} : { count }),
        ...(standardError === undefined ? {} : { standardError }),
      })
    },
    observeComparison({ candidate, rival, example, outcome }) {
      if (config.response !== 'comparison') {
        throw new InvalidArgumentError(`policy ${config.policy} has scores; a comparison says nothing to it`, {
          remedy: "Create the study with policy 'comparison', or tell scores.",
        })
      }
      for (const index of [candidate, rival]) checkIndex(index, pool.length)
      checkExample(example, config.exampleCount)
      checkFinite(outcome, 'outcome')
      checkComparison({ score: outcome })
      if (candidate === rival || state.hasComparison('search', candidate, rival, example)) {
        throw new InvalidArgumentError(`candidates ${candidate} and ${rival} met on example ${example} already`)
      }
      emit({ v: EVENT_VERSION, type: 'observed', candidate, rival, example, score: outcome })
    },
    askHoldout: (candidate, examples) => askHoldout(examples, candidate),
    askHoldoutComparison: (candidate, rival, examples) => askHoldout(examples, candidate, rival),
    recommend() {
      if (!state.hasScore) return undefined
      const unconstrained = policyOf().recommend(policyState())
      const chosen = unconstrained && recommendFeasible(state, unconstrained)
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
    reserveCall(worst, purpose) {
      checkCost(worst)
      if (!ledger.affords(worst)) return undefined
      // What the holdout and pending cells need is not for proposers to spend.
      if (purpose?.role === 'proposer' && callsLeft(state) < 1) return undefined
      const call = state.lastCall + 1
      const { inputTokens, outputTokens, usd } = worst
      emit({
        v: EVENT_VERSION,
        type: 'reserved',
        call,
        inputTokens,
        outputTokens,
        usd,
        ...(purpose ? { for: purpose } : {}),
      })
      return {
        call,
        settle({ inputTokens, outputTokens, usd }) {
          checkOpen(call)
          checkCost({ inputTokens, outputTokens, usd })
          emit({ v: EVENT_VERSION, type: 'settled', call, inputTokens, outputTokens, usd })
        },
        release() {
          checkOpen(call)
          emit({ v: EVENT_VERSION, type: 'settled', call, ...NO_COST, unsent: true })
        },
      }
    },
    settleLostCalls() {
      const open = [...ledger.openCalls()]
      for (const [call, { inputTokens, outputTokens, usd }] of open) {
        emit({ v: EVENT_VERSION, type: 'settled', call, inputTokens, outputTokens, usd, lost: true })
      }
      return open.length
    },
    setBudget(budget, holdoutEvaluations, command) {
      emit({
        v: EVENT_VERSION,
        type: 'budget',
        budget,
        ...(holdoutEvaluations === undefined ? {} : { holdoutEvaluations }),
        ...(command === undefined ? {} : { command }),
      })
      policy = undefined
    },
    noteProgress({ candidate, mean, interval }) {
      emit({ v: EVENT_VERSION, type: 'progress', evaluations: ledger.spent.evaluations, candidate, mean, interval })
    },
    conclude(conclusion) {
      emit({ v: EVENT_VERSION, type: 'concluded', conclusion })
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

/**
 * What the search may spend in evaluations of a given budget, the holdout aside: what a policy plans with. It does not
 * depend on how far the study is, so that a resumed policy plans the same.
 */
export function searchBudget(state: StudyState, limits: Budget): number {
  const { callsPerEvaluation } = state.config
  const calls = Math.floor((limits.calls ?? Number.POSITIVE_INFINITY) / callsPerEvaluation)
  return Math.max(0, Math.min(limits.evaluations ?? Number.POSITIVE_INFINITY, calls) - state.holdoutShare)
}

/** Calls that nothing waits for: within the limit, beside what pending cells need and the holdout's share. */
export function callsLeft(state: StudyState): number {
  const { config, ledger, holdoutReserve } = state
  return Math.max(0, ledger.left().calls - promisedCalls(state) - holdoutReserve * config.callsPerEvaluation)
}

/** Calls that pending cells still have to make. Cells that wait have not drawn all theirs yet; those in flight have. */
function promisedCalls({ config, ledger, pendingCount }: StudyState): number {
  let open = 0
  for (const { for: purpose } of ledger.openCalls().values()) if (purpose?.role !== 'proposer') open++
  return Math.max(0, pendingCount * config.callsPerEvaluation - open)
}

/** Search evaluations that can still be asked for: within the limits, beside what is pending and the holdout's share. */
export function evaluationsLeft(state: StudyState): number {
  const { config, ledger, holdoutReserve } = state
  const left = ledger.left()
  const calls = Math.floor((left.calls - promisedCalls(state)) / config.callsPerEvaluation)
  return Math.max(0, Math.min(left.evaluations, calls) - holdoutReserve)
}

type Told = readonly MeasurementInput[] | MeasurementInput | Summary

function isList(told: Told): told is readonly MeasurementInput[] {
  return Array.isArray(told)
}

function isSummary(told: Told): told is Summary {
  return typeof told === 'object' && told !== null && 'mean' in told
}

function misbehaved(policy: string, what: string): KrigeError {
  return new InvalidArgumentError(`policy ${policy} proposes ${what}; expected cells that exist and are not taken`)
}
