import type { Failure } from '../../history/failure.ts'
import type { JsonValue } from '../../space/example.ts'

/** What a program asks of a model. */
export interface ProgramCall {
  readonly prompt: string
  readonly system?: string
  readonly temperature?: number
  readonly topP?: number
  readonly maxOutputTokens?: number
  readonly stop?: readonly string[]
}

/** A candidate as a program sees it. */
export interface ProgramCandidate {
  readonly id: string
  /** The whole prompt as one text. */
  readonly text: string
  readonly slots: Readonly<Record<string, string>>
  readonly parameters: Readonly<Record<string, string | number | boolean | null>>
}

export interface ProgramExample {
  readonly id: string
  readonly input: JsonValue
  readonly expected?: JsonValue
  readonly [field: string]: JsonValue | undefined
}

/** What a program is given beside candidate and example. */
export interface ProgramContext {
  /** Asks the task's model. Every call counts against the budget; a failed one rejects. */
  generate(call: string | ProgramCall): Promise<string>
  readonly seed: number
  readonly repeat: number
}

/** The default export of a module named by `evaluate:`. */
export type Program = (
  candidate: ProgramCandidate,
  example: ProgramExample,
  context: ProgramContext,
) => number | ProgramScore | Promise<number | ProgramScore>

export interface ProgramScore {
  readonly score: number
  /** Further measurements, e.g. how many tools were used. */
  readonly metrics?: Readonly<Record<string, number>>
  /** What to show people. */
  readonly output?: string
}

export type ToWorker =
  | {
      readonly kind: 'evaluate'
      readonly candidate: ProgramCandidate
      readonly example: ProgramExample
      readonly seed: number
      readonly repeat: number
    }
  | { readonly kind: 'answer'; readonly call: number; readonly text?: string; readonly failure?: Failure }

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unusable'; readonly message: string }
  | { readonly kind: 'call'; readonly call: number; readonly request: ProgramCall }
  | {
      readonly kind: 'score'
      readonly score: number
      readonly metrics?: Readonly<Record<string, number>>
      readonly output?: string
    }
  | { readonly kind: 'error'; readonly message: string; readonly failure?: Failure }
