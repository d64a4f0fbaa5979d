/**
 * All there is to know about a study.
 *
 * @module
 */
import type { Comparison, PendingComparison } from '../history/comparison.ts'
import type { ObservationHistory } from '../history/observation-log.ts'
import type { Fit, Generation, PendingCell } from '../policy/policy.ts'
import type { Candidate } from '../prompt/candidate.ts'
import type { CellSet } from './cell-set.ts'
import type { EnqueuedEvent, ProgressEvent, Split, StudyConfig, StudyEvent } from './events.ts'
import type { Ledger } from './ledger.ts'
import type { MeasurementTallies } from './measurements.ts'
import type { OpenAction } from './open-actions.ts'
import type { Conclusion } from './verdict.ts'

/** What is known of the failures of one candidate. */
export interface FailureCount {
  count: number
  /** The reason of the latest. */
  latest: string
}

export interface StudyState {
  readonly config: StudyConfig
  readonly candidates: readonly Candidate[]
  readonly indexById: ReadonlyMap<string, number>
  /** By {@link contentKey}: whether a text is in the pool already. */
  readonly indexByContent: ReadonlyMap<string, number>
  /** Search observations in the order told; scores are maximized: negated when the study minimizes. */
  readonly observations: ObservationHistory
  /** The same for the holdout. */
  readonly holdout: ObservationHistory
  /** Search cells that were asked for or observed, once each. */
  readonly cells: CellSet
  readonly holdoutCells: CellSet
  readonly actions: ReadonlyMap<number, OpenAction>
  readonly lastAction: number
  readonly lastCall: number
  /** Generations that are over, oldest first. */
  readonly generations: readonly Generation[]
  readonly pendingGenerations: number
  readonly queue: readonly EnqueuedEvent[]
  readonly fits: readonly Fit[]
  readonly progress: readonly ProgressEvent[]
  readonly failures: ReadonlyMap<number, FailureCount>
  /** What was measured beside scores, on search and holdout examples. */
  readonly measurements: MeasurementTallies
  /** Comparisons of the search, in the order told. */
  readonly comparisons: readonly Comparison[]
  /** Comparisons on holdout examples. */
  readonly holdoutComparisons: readonly Comparison[]
  readonly ledger: Ledger
  /** How it was run last, where the run said so. */
  readonly command: string | undefined
  /** Whether anything of the search was measured: without a score there is no winner. */
  readonly hasScore: boolean
  readonly conclusion: Conclusion | undefined
  /** The failure that stopped the search, where it was not taken up again since. */
  readonly stopped: string | undefined
  /** Evaluations to be kept for the holdout still: its share less what was measured for the present comparison. */
  readonly holdoutReserve: number
  /** That share before anything of it was measured. */
  readonly holdoutShare: number
  /** Cells asked for and not told, of both splits. */
  readonly pendingCount: number
  /** Events folded so far. */
  readonly length: number
  /** Cells asked for and not told, oldest action first. */
  pending(split: Split): PendingCell[]
  /** Comparisons asked for and not told, oldest action first. */
  pendingComparisons(split: Split): PendingComparison[]
  /** Whether two candidates were compared on an example, or are about to be. */
  hasComparison(split: Split, a: number, b: number, example: number): boolean
  /**
   * Turns a score from the user's direction into the maximized one that the histories and policies have, and back. The
   * fold turns once on the way in, and what people are shown is turned once on the way out.
   */
  turned(score: number): number
}

/** A state together with the only way to change it. */
export interface StudyFold {
  readonly state: StudyState
  /** @throws CorruptError when the event cannot follow what came before. */
  apply(event: StudyEvent): void
}
