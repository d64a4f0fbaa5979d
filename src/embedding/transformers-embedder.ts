/**
 * Sentence transformers in ONNX form, through transformers.js, with mean pooling and normalization.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { CorruptError, UnavailableError } from '../errors.ts'
import { createBatchedEmbedder } from './batched-embedder.ts'
import type { Embedder } from './embedder.ts'

/** How weights are stored, as transformers.js calls it. */
export type WeightType = 'q8' | 'fp32'

export interface TransformersEmbedderOptions {
  /** Folder that holds `name`, e.g. the models folder. */
  readonly folder: string
  /** Folder name, or owner/name on the hub. */
  readonly name: string
  /** Whether files that are missing may be fetched from the hub. */
  readonly allowDownload: boolean
  readonly weights: WeightType
  readonly threads?: number
}

const FILES: Readonly<Record<WeightType, string>> = { q8: 'model_quantized.onnx', fp32: 'model.onnx' }

/** The weights that a local model folder has, full precision first. */
export function localWeights(folder: string): WeightType | undefined {
  if (!existsSync(join(folder, 'tokenizer.json'))) return undefined
  if (existsSync(join(folder, 'onnx', FILES.fp32))) return 'fp32'
  if (existsSync(join(folder, 'onnx', FILES.q8))) return 'q8'
  return undefined
}

interface Extracted {
  readonly dims: readonly number[]
  readonly data: ArrayLike<number>
}

interface Transformers {
  readonly pipeline: (
    task: 'feature-extraction',
    model: string,
    options: Readonly<Record<string, unknown>>,
  ) => Promise<Extractor>
  readonly env: {
    allowRemoteModels: boolean
    allowLocalModels: boolean
    localModelPath: string
    cacheDir: string | null
  }
}

interface Extractor {
  (texts: string[], options: { pooling: 'mean'; normalize: boolean }): Promise<Extracted>
  dispose?(): Promise<unknown>
}

/**
 * Quantized weights are run one text at a time. Their activations are scaled over a whole batch, so that a text's
 * vector would depend on what stands beside it.
 *
 * @throws UnavailableError when transformers.js or the model is not to be had; CorruptError when its files are damaged.
 */
export async function openTransformersEmbedder(options: TransformersEmbedderOptions): Promise<Embedder> {
  const { name, weights } = options
  const library = await loadLibrary()
  const { env } = library
  env.allowLocalModels = true
  env.allowRemoteModels = options.allowDownload
  env.localModelPath = options.folder
  env.cacheDir = options.folder
  let extractor: Extractor
  try {
    extractor = await library.pipeline('feature-extraction', name, {
      dtype: weights,
      quantized: weights === 'q8',
      device: 'cpu',
      session_options: { logSeverityLevel: 3, intraOpNumThreads: options.threads ?? availableParallelism() },
    })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
    const file = join(options.folder, name, 'onnx', FILES[weights])
    const remedy = 'Run: krige models pull all-minilm-l6-v2\n  or set embedder: use-lite in the task.'
    if (existsSync(file))
      throw new CorruptError(`embedding model ${name} cannot be loaded: ${reason}`, {
        where: dirname(file),
        remedy,
        cause,
      })
    throw new UnavailableError(`embedding model ${name} is not to be had: ${reason}`, { remedy, cause })
  }
  const extract = async (texts: readonly string[]) => {
    const { dims, data } = await extractor([...texts], { pooling: 'mean', normalize: true })
    const size = dims.at(-1) ?? 0
    return texts.map((_, row) => Array.from({ length: size }, (_, column) => data[row * size + column]!))
  }
  const [probe] = await extract(['probe'])
  const file = join(options.folder, name, 'onnx', FILES[weights])
  const version = existsSync(file) ? (await hashOf(file)).slice(0, 16) : 'hub'
  return createBatchedEmbedder({
    id: `transformers/${basename(name)}/${weights}/mean/${version}`,
    dimensions: probe!.length,
    batchSize: weights === 'q8' ? 1 : 16,
    embedBatch: extract,
    close: async () => {
      await extractor.dispose?.()
    },
  })
}

/** The present package, or its older name where a user has that one. */
async function loadLibrary(): Promise<Transformers> {
  const reasons: unknown[] = []
  for (const name of ['@huggingface/transformers', '@xenova/transformers']) {
    try {
      const library: Transformers = await import(name)
      return library
    } catch (error) {
      reasons.push(error)
    }
  }
  throw new UnavailableError('no package for embeddings is installed', {
    remedy:
      'It drops out silently where a script of its installation finds no network. Run npm install --ignore-scripts @huggingface/transformers, or set embedder: use-lite in the task.',
    cause: reasons[0],
  })
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk)
  return hash.digest('hex')
}
