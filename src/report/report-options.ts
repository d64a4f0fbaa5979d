import type { CallRole } from '../history/trace.ts'
import type { StudyState } from '../study/state.ts'
import type { RoleCost } from './costs.ts'
import type { ShownAnswer } from './separating-examples.ts'

export interface ReportOptions {
  readonly state: StudyState
  /** When the study was first and last written, in milliseconds since 1970. */
  readonly startedAt?: number
  readonly endedAt?: number
  /** Version of krige that writes the report. */
  readonly version?: string
  /** How to run the same again. @defaultValue what the log says */
  readonly command?: string
  /** Where the log is, for a command that exports it. @defaultValue the default store */
  readonly store?: string
  /** What calls took by role. */
  readonly costs?: readonly RoleCost[]
  /** What winner and baseline answered, where it is kept. */
  readonly answers?: readonly ShownAnswer[]
  /** Which model played which role. @defaultValue that of the task alone */
  readonly models?: Readonly<Partial<Record<CallRole, string>>>
}
