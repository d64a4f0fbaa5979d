import { KrigeError } from '../errors.ts'
import type { Embedder, EmbedOptions } from './embedder.ts'
import { unitVector } from './unit-vector.ts'

export interface BatchedEmbedderOptions {
  readonly id: string
  readonly dimensions: number
  /** Texts given to the model at once. */
  readonly batchSize: number
  /** One vector per text, of any norm. */
  readonly embedBatch: (texts: readonly string[]) => Promise<readonly ArrayLike<number>[]>
  readonly close?: () => void | Promise<void>
}

/**
 * What all embedders share. Equal texts are embedded once, and similar lengths go together (padding is wasted work).
 * Vectors are checked and scaled, and a signal is heeded between batches.
 */
export function createBatchedEmbedder(options: BatchedEmbedderOptions): Embedder {
  const { dimensions, batchSize } = options
  return {
    id: options.id,
    dimensions,
    async embed(texts: readonly string[], { signal, onProgress }: EmbedOptions = {}) {
      const distinct = [...new Set(texts)].sort((a, b) => a.length - b.length)
      const vectors = new Map<string, Float64Array>()
      for (let start = 0; start < distinct.length; start += batchSize) {
        if (signal?.aborted) throw new KrigeError('interrupted', 'embedding was interrupted')
        const batch = distinct.slice(start, start + batchSize)
        const embedded = await options.embedBatch(batch)
        for (const [index, text] of batch.entries()) {
          const vector = unitVector(embedded[index] ?? [])
          if (vector.length !== dimensions) {
            throw new KrigeError('model', `${options.id} gave ${vector.length} dimensions; expected ${dimensions}`)
          }
          vectors.set(text, vector)
        }
        onProgress?.(Math.min(start + batchSize, distinct.length), distinct.length)
      }
      return texts.map((text) => vectors.get(text)!)
    },
    async close() {
      await options.close?.()
    },
  }
}
