/** Why the gate refuses a draft. */
export type RejectionReason =
  /** A template variable or a literal that every prompt must keep is missing. */
  | 'lost-text'
  | 'too-long'
  /** It copies a search example or its answer. */
  | 'copied-example'
  /** It is one more input of the task, where an instruction is wanted. */
  | 'task-input'
  /** The pool, or an earlier draft, says the same already. */
  | 'duplicate'
  /** It says one thing over and over, as small generators do. */
  | 'repetition'
  /** Nothing is left of the prompt, or it is a refusal. */
  | 'empty'
  /** It holds template syntax that would not be filled. */
  | 'template-syntax'

/** A draft that was refused. */
export interface Rejection {
  readonly reason: RejectionReason
  /** What was wrong, for its writer and for people. */
  readonly message: string
  /** The beginning of what was refused. */
  readonly text: string
  readonly proposer: string
  /** Whether a generator wrote it, who may be asked again. */
  readonly written: boolean
}
