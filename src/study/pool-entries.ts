import { type Candidate, type PoolEntry, withOrigin } from '../prompt/candidate.ts'
import { checkEmbedding } from '../prompt/check-embedding.ts'

/** Makes the entries of a pool, all of whose vectors have one length. */
export interface PoolEntries {
  /** An entry that need not join the pool: a text to predict, for one. */
  entryOf(candidate: Candidate, embedding?: Float64Array): PoolEntry
  /** Entries about to join: the first vector of the pool says how long the others are. */
  joining(entries: readonly PoolEntry[]): readonly PoolEntry[]
}

/** A norm as far from 1 is no rounding. */
const ROUNDING = 1e-6

/**
 * @param embeddingOf Looks up the vector of a candidate that is given without one. One of another norm than 1 is scaled.
 * @throws InvalidArgumentError for a vector that places a text nowhere, or of another length than the others.
 * @example
 * createPoolEntries().entryOf({ id: '1', text: 'Answer.' }) // { candidate: { id: '1', … } }
 */
export function createPoolEntries(embeddingOf?: (candidate: Candidate) => Float64Array | undefined): PoolEntries {
  let length: number | undefined
  return {
    entryOf(candidate, embedding = embeddingOf?.(candidate)) {
      if (embedding === undefined) return { candidate: withOrigin(candidate) }
      checkEmbedding(embedding, `embedding of ${candidate.id}`, length)
      return { candidate: withOrigin(candidate), embedding: unitVector(embedding) }
    },
    joining(entries) {
      for (const { candidate, embedding } of entries) {
        if (!embedding) continue
        length ??= embedding.length
        checkEmbedding(embedding, `embedding of ${candidate.id}`, length)
      }
      return entries
    },
  }
}

/** Many models give vectors of any norm; what is compared is their directions. */
function unitVector(vector: Float64Array): Float64Array {
  let squares = 0
  for (const value of vector) squares += value * value
  const norm = Math.sqrt(squares)
  return Math.abs(norm - 1) < ROUNDING ? vector : Float64Array.from(vector, (value) => value / norm)
}
