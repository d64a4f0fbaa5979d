import type { Policy, PolicyContext } from '../policy/policy.ts'
import type { Candidate, PoolEntry } from '../prompt/candidate.ts'
import type { StudyEvent } from './events.ts'
import type { PoolEntries } from './pool-entries.ts'
import type { StudyState } from './state.ts'

export interface StudyEnvironment {
  /** Makes the policy of this study; called once. */
  readonly policy: (context: PolicyContext) => Policy
  readonly backend: PolicyContext['backend']
  readonly priors?: PolicyContext['priors']
  /** What `generate` actions may ask. */
  readonly proposers?: PolicyContext['proposers']
  /** What the task knows of its program. */
  readonly program?: PolicyContext['program'] | undefined
  /** Looks up the embedding of a candidate that is added without one. */
  readonly embedding?: (candidate: Candidate) => Float64Array | undefined
  /** Keeps every event for `serialize`. */
  readonly log?: StudyEvent[]
}

/** What the parts of a study share. */
export interface StudyParts extends PoolEntries {
  readonly state: StudyState
  readonly environment: StudyEnvironment
  /** Grows as candidates join. */
  readonly pool: PoolEntry[]
  /** Folds an event and keeps it, to be stored. */
  emit(event: StudyEvent): void
}
