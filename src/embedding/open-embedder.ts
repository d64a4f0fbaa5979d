import { existsSync, statSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import * as z from 'zod'
import { checkInput } from '../check-input.ts'
import { ConflictError, InvalidInputError, UnavailableError } from '../errors.ts'
import { modelsFolder } from './cache-folder.ts'
import { withEmbeddingCache } from './cached-embedder.ts'
import type { Embedder } from './embedder.ts'
import { createEmbeddingCache } from './embedding-cache.ts'
import { openSentenceEncoder } from './sentence-encoder.ts'
import { localWeights, openTransformersEmbedder } from './transformers-embedder.ts'

export interface OpenEmbedderOptions {
  /** Where pulled models lie, one folder each. @defaultValue `models` in `KRIGE_CACHE`, else in the user's cache */
  readonly modelsFolder?: string
  /** Where vectors are kept; absent: nowhere. */
  readonly cacheFolder?: string
  /** The embedder a study was begun with: that one, or none. */
  readonly recorded?: string | undefined
  /** Whether a model may be fetched from the hub. @defaultValue true */
  readonly allowDownload?: boolean
  readonly threads?: number
}

const optionsSchema = z.strictObject({
  modelsFolder: z.string().optional(),
  cacheFolder: z.string().optional(),
  recorded: z.string().optional(),
  allowDownload: z.boolean().optional(),
  threads: z.int().min(1).optional(),
} satisfies Record<keyof OpenEmbedderOptions, z.ZodType>)

type LocatedOptions = OpenEmbedderOptions & { readonly modelsFolder: string }

/** Folder names of the sentence transformer that `krige models pull` fetches, as pulled and as the hub calls it. */
const SENTENCE_TRANSFORMER = ['all-MiniLM-L6-v2', 'Xenova/all-MiniLM-L6-v2'] as const

/** The sentence transformer's folder name where it is on this machine. */
export function localSentenceTransformer(folder: string): string | undefined {
  return SENTENCE_TRANSFORMER.find((name) => localWeights(join(folder, name)))
}

/**
 * Opens an embedder. `auto` is Universal Sentence Encoder lite, which comes with the package. It gives the same vectors
 * on every machine, whatever lies in a cache, and never asks the network. A name is a sentence transformer, run by
 * transformers.js: from the models folder, else from the hub.
 *
 * @param specification - `auto`, `use-lite`, a folder, or a model's name; `none` gives `undefined`.
 * @throws UnavailableError when a named model is not to be had; ConflictError when a study was begun with another one.
 * @example
 * const embedder = await openEmbedder('use-lite', { modelsFolder: 'models' })
 * const [vector] = await embedder!.embed(['Classify the ticket.'])
 * vector?.length // 512
 */
export async function openEmbedder(
  specification = 'auto',
  given: OpenEmbedderOptions = {},
): Promise<Embedder | undefined> {
  checkInput(z.string(), specification, 'specification')
  checkInput<unknown>(optionsSchema, given, 'options')
  const options = { ...given, modelsFolder: given.modelsFolder ?? modelsFolder(process.env) }
  if (specification === 'none') {
    if (options.recorded !== undefined) throw conflict(options.recorded, 'none')
    return undefined
  }
  const embedder = await open(specification, options)
  if (options.recorded !== undefined && embedder.id !== options.recorded) {
    await embedder.close()
    throw conflict(options.recorded, embedder.id)
  }
  return options.cacheFolder === undefined
    ? embedder
    : withEmbeddingCache(embedder, createEmbeddingCache(options.cacheFolder))
}

async function open(specification: string, options: LocatedOptions): Promise<Embedder> {
  const { recorded, modelsFolder } = options
  if (specification === 'use-lite') return openSentenceEncoder()
  if (specification === 'auto') {
    // Studies begun when auto took the sentence transformer where it was to be had go on with it.
    const before = recorded?.startsWith('transformers/') ? localSentenceTransformer(modelsFolder) : undefined
    return before === undefined ? openSentenceEncoder() : openLocal(modelsFolder, before, options)
  }
  const path = resolve(specification)
  if (isAbsolute(specification) || specification.startsWith('.')) {
    if (!existsSync(path) || !statSync(path).isDirectory()) {
      throw new InvalidInputError(`embedder folder ${specification} does not exist`, {
        remedy: 'Check the path, or use embedder: auto.',
      })
    }
    return openLocal(dirname(path), basename(path), options)
  }
  if (localWeights(join(modelsFolder, specification))) return openLocal(modelsFolder, specification, options)
  if (options.allowDownload === false) {
    throw new UnavailableError(`embedding model ${specification} is not on this machine`, {
      remedy: 'Use embedder: auto, or pull it while online.',
    })
  }
  return openTransformersEmbedder({
    folder: modelsFolder,
    name: specification,
    allowDownload: true,
    weights: 'q8',
    ...(options.threads === undefined ? {} : { threads: options.threads }),
  })
}

function openLocal(folder: string, name: string, options: LocatedOptions): Promise<Embedder> {
  const weights = localWeights(join(folder, name))
  if (weights === undefined) {
    throw new InvalidInputError(`${join(folder, name)} holds no model: expected tokenizer.json and onnx/model.onnx`, {
      remedy: 'Name a folder with a sentence transformer in ONNX form.',
    })
  }
  return openTransformersEmbedder({
    folder,
    name,
    allowDownload: false,
    weights,
    ...(options.threads === undefined ? {} : { threads: options.threads }),
  })
}

function conflict(recorded: string, now: string): ConflictError {
  return new ConflictError(
    `the study was begun with embedder ${recorded}, now it would be ${now}; vectors must not be mixed`,
    {
      remedy:
        'Make the first one available again (krige models pull), or begin another study (--study NAME, or study in code).',
    },
  )
}
