/**
 * Vectors of the prompts of {@link optimize}.
 *
 * @module
 */
import { checkVectors } from '../embedding/check-vectors.ts'
import { openEmbedder } from '../embedding/open-embedder.ts'
import { orAborted } from '../evaluation/or-aborted.ts'
import { type Candidate, candidateText } from '../prompt/candidate.ts'
import { DEFAULT_POLICY } from '../study/create-study.ts'
import type { OptimizeOptions } from './optimize-options.ts'

/** Below, every prompt gets measured soon, and an embedder is not worth opening. */
const ENOUGH_TO_EMBED = 16

/** Vectors of the prompts, by text: the caller's, or by an embedder that is opened here. */
export async function embedTexts<Example>(
  { embed, embedder = 'auto', policy = DEFAULT_POLICY, signal }: OptimizeOptions<Example>,
  pool: readonly Candidate[],
): Promise<ReadonlyMap<string, Float64Array>> {
  const texts = [...new Set(pool.map(candidateText))].filter((text) => text !== '')
  if (
    !embed &&
    (embedder === 'none' || (embedder === 'auto' && !(policy === DEFAULT_POLICY && pool.length >= ENOUGH_TO_EMBED)))
  ) {
    return new Map()
  }
  const opened = embed || typeof embedder === 'object' ? undefined : await openEmbedder(embedder)
  try {
    const source = typeof embedder === 'object' ? embedder : opened
    const vectors = await orAborted(embed ? embed(texts) : source!.embed(texts, signal ? { signal } : {}), signal)
    checkVectors(vectors, texts.length, embed ? 'embed' : (opened?.id ?? 'embedder'))
    return new Map(texts.map((text, index) => [text, vectors[index]!]))
  } finally {
    await opened?.close()
  }
}
