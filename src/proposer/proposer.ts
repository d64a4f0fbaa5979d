/**
 * The one interface behind every way of making new prompts.
 *
 * A proposer draws from the stream it is given and pays for nothing but what it asks for through `ask`. What is
 * measured is not its decision. What it returns passes a gate (`gate/`) before it joins a pool.
 *
 * @module
 */
import type { Feedback } from '../history/measurement.ts'
import type { Random } from '../numerics/random/random.ts'
import type { Candidate } from '../prompt/candidate.ts'
import type { ParameterValue } from '../space/parameter.ts'
import type { Rejection } from './gate/rejection.ts'
import type { TaskView } from './task-view.ts'

/** What a prompt gave on one search example. */
export interface MeasuredExample {
  /** Position among the search examples. */
  readonly example: number
  /** Higher is better; null where the call failed. */
  readonly score: number | null
  readonly output?: string
  readonly feedback?: readonly Feedback[]
}

/** A prompt of the pool as proposers see it. */
export interface Member {
  /** Index in the pool. */
  readonly index: number
  readonly candidate: Candidate
  /** Posterior mean, higher is better; absent before anything was measured. */
  readonly mean?: number
  readonly standardDeviation?: number
  readonly outcomes: readonly MeasuredExample[]
}

/** One question to the generator. */
export interface GeneratorRequest {
  readonly prompt: string
  readonly system?: string
  /** @defaultValue 0.8 */
  readonly temperature?: number
  /** @defaultValue 600 */
  readonly maxOutputTokens?: number
}

/** Asks the generator; counted against the budget. `undefined`: it did not answer, or may not be asked any more. */
export type Ask = (request: GeneratorRequest) => Promise<string | undefined>

export interface ProposalRequest {
  /** Which prompts to work from, best first; never empty. */
  readonly parents: readonly Member[]
  /** The whole pool, in its order. */
  readonly pool: readonly Member[]
  readonly task: TaskView
  /** How many drafts are wanted; fewer or none may come. */
  readonly count: number
  readonly random: Random
  /** Absent where there is no generator. */
  readonly ask?: Ask
  /** Aborted when the search is: for what takes its time. */
  readonly signal?: AbortSignal
  /** What the gate refused of an earlier answer to this request, and why. */
  readonly rejected?: readonly Rejection[]
}

/** A prompt that is proposed. */
export interface Draft {
  /** Every slot of the task. */
  readonly slots: Readonly<Record<string, string>>
  /** @defaultValue those of the first parent */
  readonly parameters?: Readonly<Record<string, ParameterValue>>
  /** Indices in the pool. */
  readonly parents: readonly number[]
  /** The proposer that wrote it. */
  readonly proposer: string
  /** What it is expected to change, in words. */
  readonly hypothesis?: string
  /** Name and version of the instructions it was written by. */
  readonly metaPrompt?: string
  /**
   * Search examples that it shows, or that its writer was shown with their answers: it must not be scored on them.
   * Sorted, each once.
   */
  readonly shows?: readonly number[]
}

export interface Proposer {
  readonly name: string
  /** Where it shares its requests among others: their names. */
  readonly members?: readonly string[]
  /** Whether it can do nothing without a generator. */
  readonly needsGenerator: boolean
  /** Calls of the generator that a request for so many drafts takes at most, retries aside. */
  calls(count: number): number
  /** Never throws for what a generator answers: what cannot be read gives no draft. */
  propose(request: ProposalRequest): Promise<readonly Draft[]>
}
