import { type Candidate, type PoolEntry, withOrigin } from '../prompt/candidate.ts'
import { checkEmbedding } from '../prompt/check-embedding.ts'

/** Makes the entries of a pool, all of whose vectors have one length. */
export interface PoolEntries {
  /** An entry that need not join the pool: a text to predict, for one. */
  entryOf(candidate: Candidate, embedding?: Float64Array): PoolEntry
  /** Entries about to join: the first vector of the pool says how long the others are. */
  joining(entries: readonly PoolEntry[]): readonly PoolEntry[]
}

/**
 * @param embeddingOf Looks up the vector of a candidate that is given without one.
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
      return { candidate: withOrigin(candidate), embedding }
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
