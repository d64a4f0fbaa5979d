import type { Failure } from '../history/failure.ts'
import type { Turn } from '../prompt/turns.ts'

/** How a completion is drawn. */
export interface Sampling {
  /** 0 is greedy. */
  readonly temperature: number
  readonly topP?: number
  readonly maxOutputTokens: number
  /** Generation ends before any of these. */
  readonly stop?: readonly string[]
  /** Meaningless at temperature 0. */
  readonly seed?: number
}

export interface GenerateRequest {
  /** The user's message; the model wraps it in its own chat format. */
  readonly prompt: string
  /** How much of the prompt (in characters) is likely to be shared with other requests. A hint. */
  readonly prefixLength?: number
  readonly system?: string
  /** What was said before the prompt, after the system message. */
  readonly turns?: readonly Turn[]
  readonly sampling: Sampling
  /** Lets a streaming model stop as soon as the text so far decides the outcome. A hint. */
  readonly isDecided?: (textSoFar: string) => boolean
  readonly signal?: AbortSignal
  /** The call as its study names it: who sends it in a batch can be asked for the answer later. */
  readonly ticket?: CallTicket
}

/** What lets an answer be fetched after an interruption. */
export interface CallTicket {
  /** Number of the call in its study. */
  readonly call: number
  /** The batch that it was sent in, by an earlier process: it is not sent again. */
  readonly batch?: string
  /** Notes that it was sent in a batch. Resolves when that is on the disk. */
  sentIn(batch: string): Promise<void>
}

export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  /** True when the provider did not say and we counted ourselves. */
  readonly estimated?: boolean
}

export type Generation =
  | {
      readonly kind: 'text'
      readonly text: string
      readonly usage: Usage
      readonly reason: 'stop' | 'length' | 'decided'
    }
  | {
      readonly kind: 'failure'
      readonly failure: Failure
      readonly usage: Usage
      /** For certain nothing was sent: the call does not count. */
      readonly unsent?: true
      /** It is out, in a batch, and its answer can be fetched later: the call stays open. */
      readonly outstanding?: true
    }

/**
 * A language model. One `generate` is exactly one call: no retries inside. Expected failures are values; only
 * programmer errors throw.
 */
export interface TextModel {
  /** As written in the task. */
  readonly name: string
  /** Identifies weights or endpoint exactly, for caches and provenance: no secrets in it. */
  readonly identity: string
  /** How many calls in parallel still help. */
  readonly concurrency: number
  /** How many calls it sends together, through a batch interface. @defaultValue each is sent alone */
  readonly batch?: number
  /** Whether calls cost nothing but time (a local model). */
  readonly local: boolean
  /** Input tokens of a prompt, exact for local models, else a careful over-estimate. */
  countTokens(prompt: string): number
  generate(request: GenerateRequest): Promise<Generation>
  /** Frees memory, threads and connections; pending calls fail as `cancelled`. */
  close(): Promise<void>
}
