import type { ParameterValue } from './parameter.ts'

/** One point of the space: a prompt as text or slots, parameter values, or both. */
export interface Candidate {
  readonly id: string
  readonly text?: string
  readonly slots?: Readonly<Record<string, string>>
  readonly parameters?: Readonly<Record<string, ParameterValue>>
  /** Who made it: `pool`, `baseline`, a policy or a proposer. */
  readonly origin?: string
}

/** A candidate as policies see it: position in the pool = its index everywhere else. */
export interface PoolEntry {
  readonly candidate: Candidate
  /** Unit-norm sentence embedding of {@link candidateText}, when there is an embedder. */
  readonly embedding?: Float64Array
  /** Unit-norm sentence embeddings of the slots apart, by name, when there is an embedder. */
  readonly slotEmbeddings?: Readonly<Record<string, Float64Array>>
}

/**
 * The text a surrogate sees of a candidate: `text`, else its slots joined by blank lines in their own order.
 *
 * @example
 * candidateText({ id: 'a', slots: { instruction: 'Label it.', demonstrations: '' } }) // 'Label it.'
 */
export function candidateText(candidate: Candidate): string {
  if (candidate.text !== undefined) return candidate.text
  return Object.values(candidate.slots ?? {})
    .filter((slot) => slot.length > 0)
    .join('\n\n')
}
