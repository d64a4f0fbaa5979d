import type { Embedder, EmbedOptions } from '../../embedding/embedder.ts'
import { candidateText, type PoolEntry } from '../../prompt/candidate.ts'
import type { Stream } from '../../recording/stream.ts'
import { FIRST_PROMPTS, STREAM_PROPOSER } from './play-stream.ts'

/** Prompts of every stream with the vectors of their texts and slots; every distinct text is embedded once. */
export async function embedStreams(
  streams: readonly Stream[],
  embedder: Embedder | undefined,
  options: EmbedOptions = {},
): Promise<readonly { readonly stream: Stream; readonly entries: readonly PoolEntry[] }[]> {
  const prompts = streams.flatMap((stream) => stream.prompts)
  const distinct = [
    ...new Set(prompts.flatMap((prompt) => [candidateText(prompt), ...Object.values(prompt.slots ?? {})])),
  ]
  const vectors = await embedder?.embed(distinct, options)
  const vectorOf = new Map(distinct.map((text, index) => [text, vectors?.[index]]))
  return streams.map((stream) => ({
    stream,
    entries: stream.prompts.map((written, index) => {
      const candidate =
        index < FIRST_PROMPTS
          ? written
          : { ...written, origin: { by: 'proposer' as const, name: STREAM_PROPOSER.name } }
      const embedding = vectorOf.get(candidateText(candidate))
      const slots = Object.entries(candidate.slots ?? {}).flatMap(([name, text]) => {
        const vector = vectorOf.get(text)
        return vector ? [[name, vector] as const] : []
      })
      return {
        candidate,
        ...(embedding ? { embedding } : {}),
        ...(slots.length > 0 ? { slotEmbeddings: Object.fromEntries(slots) } : {}),
      }
    }),
  }))
}
