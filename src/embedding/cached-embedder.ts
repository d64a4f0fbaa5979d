import type { Embedder, EmbedOptions } from './embedder.ts'
import type { EmbeddingCache } from './embedding-cache.ts'

/** Texts embedded between two writes to the cache: what an interruption can lose. */
const CHUNK = 64

/** Embeds only what the cache does not have. */
export function withEmbeddingCache(embedder: Embedder, cache: EmbeddingCache): Embedder {
  return {
    id: embedder.id,
    dimensions: embedder.dimensions,
    async embed(texts: readonly string[], { signal, onProgress }: EmbedOptions = {}) {
      const distinct = [...new Set(texts)]
      const vectors = new Map<string, Float64Array>()
      for (const text of distinct) {
        const cached = cache.get(embedder.id, text, embedder.dimensions)
        if (cached) vectors.set(text, cached)
      }
      const missing = distinct.filter((text) => !vectors.has(text))
      if (vectors.size > 0) onProgress?.(vectors.size, distinct.length)
      for (let start = 0; start < missing.length; start += CHUNK) {
        const chunk = missing.slice(start, start + CHUNK)
        const before = vectors.size
        const embedded = await embedder.embed(chunk, {
          ...(signal ? { signal } : {}),
          ...(onProgress ? { onProgress: (done: number) => onProgress(before + done, distinct.length) } : {}),
        })
        for (const [index, text] of chunk.entries()) {
          vectors.set(text, embedded[index]!)
          cache.set(embedder.id, text, embedded[index]!)
        }
      }
      return texts.map((text) => vectors.get(text)!)
    },
    close: () => embedder.close(),
  }
}
