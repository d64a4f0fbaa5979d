/**
 * The embedder of all benchmarks: Universal Sentence Encoder lite, which comes with an npm package and so is the same on
 * every machine. Vectors are cached on disk, since a pool is replayed many times.
 *
 * @module
 */
import { withEmbeddingCache } from '../../embedding/cached-embedder.ts'
import type { Embedder } from '../../embedding/embedder.ts'
import { createEmbeddingCache } from '../../embedding/embedding-cache.ts'
import { openSentenceEncoder, SENTENCE_ENCODER_ID } from '../../embedding/sentence-encoder.ts'

/** Stands in results: numbers of different embedders must not be mixed. */
export const PINNED_EMBEDDER = SENTENCE_ENCODER_ID

const DIMENSIONS = 512

export interface PinnedEmbeddingsOptions {
  readonly cacheDirectory: string
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, total: number) => void
  /** Only called when something is not cached. @defaultValue {@link openSentenceEncoder} */
  readonly open?: () => Promise<Embedder>
}

/**
 * One unit vector for every distinct text; each is computed once, ever.
 *
 * @throws UnavailableError when the model cannot be loaded.
 * @example
 * const vectors = await pinnedEmbeddings(['Label the ticket.'], { cacheDirectory: 'embeddings' })
 * vectors.get('Label the ticket.')?.length // 512
 */
export async function pinnedEmbeddings(
  texts: Iterable<string>,
  { cacheDirectory, signal, onProgress, open = openSentenceEncoder }: PinnedEmbeddingsOptions,
): Promise<Map<string, Float64Array>> {
  let model: Embedder | undefined
  // Loading the model takes longer than most benchmarks that find everything cached.
  const lazy: Embedder = {
    id: PINNED_EMBEDDER,
    dimensions: DIMENSIONS,
    async embed(missing, options) {
      model ??= await open()
      return model.embed(missing, options)
    },
    close: async () => model?.close(),
  }
  const embedder = withEmbeddingCache(lazy, createEmbeddingCache(cacheDirectory))
  try {
    const distinct = [...new Set(texts)]
    const vectors = await embedder.embed(distinct, {
      ...(signal ? { signal } : {}),
      ...(onProgress ? { onProgress } : {}),
    })
    return new Map(distinct.map((text, index) => [text, vectors[index]!]))
  } finally {
    await embedder.close()
  }
}
