import type { ParameterValue } from '../space/parameter.ts'

/** One point of the space: a prompt as text or slots, parameter values, or both. */
export interface Candidate {
  readonly id: string
  readonly text?: string
  readonly slots?: Readonly<Record<string, string>>
  readonly parameters?: Readonly<Record<string, ParameterValue>>
  readonly origin?: CandidateOrigin
  /**
   * Search examples that it shows, or that its writer was shown with their answers: it is never scored on them. Positions, in
   * ascending order.
   */
  readonly shows?: readonly number[]
}

/** Where a candidate comes from. */
export interface CandidateOrigin {
  /** `hand`: it was added from outside to a study that had begun. */
  readonly by: 'pool' | 'baseline' | 'policy' | 'proposer' | 'hand'
  /** Of the policy or proposer; of a pool what its file says. */
  readonly name?: string
  /** The `generate` action that asked for it. */
  readonly action?: number
  /** Indices in the pool of the candidates it was made from. */
  readonly parents?: readonly number[]
  /** What its proposer expects of the change, in words. */
  readonly hypothesis?: string
  /** Name or hash of the instructions its proposer worked by. */
  readonly metaPrompt?: string
}

/**
 * What makes two candidates the same: the text that a model is shown, and the parameters. Space around it does not count. A
 * text is the same as an instruction alone; of several slots it counts which says what, since a template may part them.
 *
 * @example
 * contentKey({ id: 'a', text: 'Label it. ' }) === contentKey({ id: 'b', slots: { instruction: 'Label it.' } }) // true
 */
export function contentKey(candidate: Candidate): string {
  const parameters = Object.entries(candidate.parameters ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([contentOf(candidate), parameters])
}

function contentOf(candidate: Candidate): string | readonly (readonly [string, string])[] {
  const trimmed = (text: string) => text.trim().replaceAll('\r\n', '\n')
  const slots = Object.entries(candidate.text === undefined ? (candidate.slots ?? {}) : {})
  const filled = slots.flatMap(([name, text]) => (text.trim() === '' ? [] : [[name, trimmed(text)] as const]))
  const isText = slots.length < 2 || filled.length === 0 || (filled.length === 1 && filled[0]![0] === 'instruction')
  if (isText) return filled[0]?.[1] ?? trimmed(candidateText(candidate))
  return filled.sort(([a], [b]) => (a < b ? -1 : 1))
}

/** A candidate whose origin is not one word any more. */
export function withOrigin(candidate: Candidate): Candidate {
  return typeof candidate.origin === 'string' ? { ...candidate, origin: readOrigin(candidate.origin) } : candidate
}

/**
 * Reads an origin; earlier versions wrote one word, of which any but `pool` and `baseline` named a policy.
 *
 * @example
 * readOrigin('baseline') // { by: 'baseline' }
 * readOrigin('gp') // { by: 'policy', name: 'gp' }
 */
export function readOrigin(written: CandidateOrigin | string): CandidateOrigin {
  if (typeof written !== 'string') return written
  if (written === 'pool' || written === 'baseline') return { by: written }
  return { by: 'policy', name: written }
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

/**
 * Whether a candidate has a text or slots, and nothing in them: a prompt that asks nothing. One of parameters alone is none.
 *
 * @example
 * isBlank({ id: 'a', text: ' ' }) // true
 * isBlank({ id: 'b', parameters: { temperature: 0.5 } }) // false
 */
export function isBlank(candidate: Candidate): boolean {
  return (candidate.text !== undefined || candidate.slots !== undefined) && candidateText(candidate).trim() === ''
}
