/**
 * Vectors of all that a run may show its policy, by text.
 *
 * @module
 */
import { checkVectors } from '../embedding/check-vectors.ts'
import type { Embedder } from '../embedding/embedder.ts'
import type { GenerateCandidates } from '../engine/generation.ts'
import { candidateText } from '../prompt/candidate.ts'
import type { StudyFold } from '../study/state.ts'
import type { RunTaskOptions } from './run-task-options.ts'

/** Gives new candidates their embeddings before a policy sees them. */
export function embedding(
  generate: GenerateCandidates,
  embedder: Embedder | undefined,
  embeddings: Map<string, Float64Array>,
): GenerateCandidates {
  if (!embedder) return generate
  return async (request) => {
    const outcome = await generate(request)
    // Not cancelled: the candidates are paid for.
    await embedTexts(
      outcome.candidates.map((candidate) => candidateText({ id: '', ...candidate })),
      embedder,
      embeddings,
    )
    return outcome
  }
}

/** Embeds what has no embedding yet. */
export async function embedTexts(
  texts: readonly string[],
  embedder: Embedder | undefined,
  embeddings: Map<string, Float64Array>,
): Promise<void> {
  const unknown = [...new Set(texts)].filter((text) => text !== '' && !embeddings.has(text))
  if (!embedder || unknown.length === 0) return
  const vectors = await embedder.embed(unknown)
  checkVectors(vectors, unknown.length, embedder.id, embedder.dimensions)
  for (const [index, text] of unknown.entries()) embeddings.set(text, vectors[index]!)
}

/** Embeddings of all texts there are, by text. */
export async function embedAll(
  { task, priors = [], signal }: RunTaskOptions,
  embedder: Embedder | undefined,
  stored: StudyFold | undefined,
): Promise<Map<string, Float64Array>> {
  if (!embedder) return new Map()
  const candidates = [...task.pool, ...(stored?.state.candidates ?? []), ...priors.flatMap((prior) => prior.candidates)]
  const texts = [...new Set(candidates.map(candidateText))].filter((text) => text !== '')
  const vectors = await embedder.embed(texts, signal ? { signal } : {})
  checkVectors(vectors, texts.length, embedder.id, embedder.dimensions)
  return new Map(texts.map((text, index) => [text, vectors[index]!]))
}
