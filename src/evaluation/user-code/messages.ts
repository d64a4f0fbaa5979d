/**
 * What the engine and a process with the user's code say to each other.
 *
 * @module
 */
import type { Failure } from '../../history/failure.ts'
import type { Scored } from '../../history/measurement.ts'
import type { ProgramCall, ProgramCandidate, ProgramExample } from './program.ts'

/** One call of the function. */
export type Job =
  | {
      readonly kind: 'program'
      readonly candidate: ProgramCandidate
      readonly example: ProgramExample
      readonly seed: number
      readonly repeat: number
    }
  | {
      readonly kind: 'metric'
      readonly output: string
      readonly example: ProgramExample
      readonly options: Readonly<Record<string, unknown>>
    }

export type ToWorker =
  | { readonly kind: 'run'; readonly job: number; readonly input: Job }
  | { readonly kind: 'answer'; readonly call: number; readonly text?: string; readonly failure?: Failure }

export interface JobScore extends Scored {
  readonly kind: 'score'
}

export interface JobError {
  readonly kind: 'error'
  readonly message: string
  /** Of the call that the function could not go on without. */
  readonly failure?: Failure
}

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unusable'; readonly message: string }
  | { readonly kind: 'call'; readonly job: number; readonly call: number; readonly request: ProgramCall }
  | { readonly kind: 'result'; readonly job: number; readonly result: JobScore | JobError }
  /** An error that nothing in the module waits for: whatever runs is lost, and the process with it. */
  | { readonly kind: 'stray'; readonly message: string }
