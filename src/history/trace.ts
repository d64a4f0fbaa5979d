/**
 * How a result came about, in texts: kept beside the log, read by proposers, reports and people, never by policies.
 *
 * @module
 */
import type { Turn } from '../prompt/turns.ts'
import type { Feedback } from './measurement.ts'

/** What a call was for: the task itself, a judge of answers, or a proposer of prompts. */
export type CallRole = 'task' | 'judge' | 'proposer'

/** One answer of a model, retries aside. */
export interface CallTrace {
  readonly role: CallRole
  /** Stage of a program. */
  readonly stage?: string
  /** As the task names it. */
  readonly model: string
  readonly system?: string
  /** What was said before the prompt. */
  readonly turns?: readonly Turn[]
  readonly prompt: string
  /** Absent where the call failed. */
  readonly text?: string
  /** Why it failed. */
  readonly error?: string
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number }
  readonly milliseconds?: number
  /** True when the answer came from the response cache. */
  readonly cached: boolean
}

/** The calls behind one result or generation, what came out, and what was said of it. */
export interface Trace {
  readonly calls: readonly CallTrace[]
  readonly output?: string
  readonly feedback?: readonly Feedback[]
}

/** A trace, and what it belongs to. */
export interface TraceRecord {
  readonly action: number
  /** Which cell of an evaluation, by position among its examples; which answer of a generation, by number. */
  readonly position: number
  /** Index in the pool; absent for a generation. */
  readonly candidate?: number
  /** Index among the examples of its split; absent for a generation. */
  readonly example?: number
  /** Present on holdout examples, which nothing that searches may see. */
  readonly holdout?: true
  readonly trace: Trace
}
