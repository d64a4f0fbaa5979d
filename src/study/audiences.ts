/**
 * A study, by the audience of its members, so that a part of the engine says what it touches.
 *
 * @module
 */
import type { MeasurementInput } from '../history/measurement.ts'
import type { Recommendation } from '../policy/policy.ts'
import type { Candidate, PoolEntry } from '../prompt/candidate.ts'
import type {
  AskedAction,
  AskedComparison,
  AskedEvaluation,
  GenerationNote,
  Next,
  StudyRecommendation,
  ToldNote,
} from './asked.ts'
import type { Summary } from './checks.ts'
import type { StudyEvent } from './events.ts'
import type { CandidateExplanation } from './explain-candidate.ts'
import type { Budget, CallCost, CallPurpose, Reservation, Spending } from './ledger.ts'
import type { ProposedCandidate } from './new-candidates.ts'
import type { StudyState } from './state.ts'
import type { TextPosterior, TextProspect } from './text-posterior.ts'
import type { Conclusion } from './verdict.ts'

interface HasState {
  readonly state: StudyState
}

/** For what asks, measures and tells. */
export interface StudySearch extends HasState {
  readonly spent: Spending
  /**
   * The next action; its evaluations are reserved.
   *
   * @throws BudgetError when the study is done.
   * @throws KrigeError `conflict` when everything waits for pending results. {@link next} says so without throwing.
   */
  ask(): AskedAction
  /**
   * What to do next: an action, wait or be done.
   *
   * @param request Noted in the log beside the action, so that a repeated request can be told from a new one.
   */
  next(request?: string): Next
  /**
   * Tells all results of an action at once.
   *
   * @param scores Aligned with the action's examples; one alone where there is one example; or one summary of them.
   * @throws InvalidArgumentError on an unknown or finished action, a wrong number of scores, or a score that is not finite.
   */
  tell(action: number, scores: readonly MeasurementInput[] | MeasurementInput | Summary): void
  /**
   * Tells the results of several actions: of all of them, or of none where one is refused.
   *
   * @throws As {@link tell}; and where an action stands there twice.
   */
  tellAll(
    results: readonly {
      readonly action: number
      readonly scores: readonly MeasurementInput[] | MeasurementInput | Summary
    }[],
  ): void
  /** Tells the result of one cell, the one at `position` of the action's examples. */
  tellCell(action: number, position: number, outcome: MeasurementInput, note?: ToldNote): void
  /** Everything still open of an action failed. */
  fail(action: number, error: string): void
  /** Cells that were never sent: their evaluations return to the budget. Default: all that are open. */
  release(action: number, reason: string, positions?: readonly number[]): void
  /**
   * Adds candidates to the pool and returns their indices; a prompt that it has already keeps its own. Ids must be new; texts
   * get the number of their place, or one that is free.
   */
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
  /**
   * Tells a result that was not asked for; it costs no budget. Without `example` it is a mean over `count` examples, as sure as
   * its `standardError` says; without one as sure as a share of them, which is less than graded scores deserve.
   */
  observe(observation: {
    readonly candidate: number
    readonly example?: number
    readonly repeat?: number
    readonly score: number | boolean | null
    readonly count?: number
    readonly standardError?: number
  }): void
  /**
   * Tells who was the better of two on an example, as a person judges it; it costs no budget.
   *
   * @param outcome 1 where the candidate is better, 0 where its rival is, ½ for a tie.
   * @throws InvalidArgumentError where the study has scores, or the two were compared on that example already.
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
}

/** For what sends calls: reservations, and what is left for them. */
export interface StudyCalls extends HasState {
  /** Calls that nothing waits for; what proposers may still make. */
  readonly callsLeft: number
  /** Reserves the worst case of a call about to be sent; `undefined` when the budget does not allow it. */
  reserveCall(worst: CallCost, purpose?: CallPurpose): Reservation | undefined
  /**
   * A call that an earlier process sent in a batch, and that is still open; each is given once.
   *
   * @param content What is to be asked, as a hash: only a call that asks the same is given, also one of another purpose, such as
   * that of a cell that shared its answer. @defaultValue a call of this purpose, whatever it asks
   */
  resumeCall(purpose: CallPurpose, content?: string): Reservation | undefined
  /**
   * Charges calls whose fate is unknown (the process died) at their reservation. Returns how many.
   *
   * @param which `unknown`: those that were sent in a batch stay open, to be resumed. @defaultValue 'unknown'
   */
  settleLostCalls(which?: 'unknown' | 'all'): number
}

/** For the final comparison, which no policy takes part in. */
export interface StudyHoldout extends HasState {
  /** Asks for holdout cells, outside the policy. At most what the budget sets aside and has left. */
  askHoldout(candidate: number, examples: readonly number[]): AskedEvaluation
  /** Has two candidates compared on holdout examples, as {@link askHoldout}. */
  askHoldoutComparison(candidate: number, rival: number, examples: readonly number[]): AskedComparison
}

/** For what stores a study and says how it went. */
export interface StudyJournal extends HasState {
  /** Replaces the limits, and what of them is set aside for the holdout; `command`: what asked for it, for people. */
  setBudget(budget: Budget, holdoutEvaluations?: number, command?: string): void
  noteProgress(recommendation: Recommendation): void
  conclude(conclusion: Conclusion): void
  /** What stopped the search before its end, for people. */
  noteStop(reason: string): void
  /** Events since the last call of this, to be stored. */
  drain(): StudyEvent[]
  /** The whole log as JSON Lines; only when the study was created with `keepLog` (the default of `createStudy`). */
  serialize(): string
  /** @deprecated The name before {@link serialize}. */
  serialise(): string
}

/** All of a study. */
export type Study = StudySearch & StudyCalls & StudyHoldout & StudyJournal
