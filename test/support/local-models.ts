/**
 * Where the live tests find real models: fetched once into the user's cache, so that they really run wherever a model
 * can be had.
 *
 * @module
 */
import { join } from 'node:path'
import { modelsFolder } from '../../src/cli/cache-folder.ts'
import { CATALOG } from '../../src/cli/model-store/catalog.ts'
import { pullModel } from '../../src/cli/model-store/pull-model.ts'

export interface LocalModels {
  readonly folder: string
  /** Why the models are not there, when they are not. */
  readonly problem: string | undefined
}

let pulled: Promise<LocalModels> | undefined

const NEEDED = ['all-minilm-l6-v2', 'smollm2-135m-instruct']

/** Fetches the smallest models, or says loudly that it could not. */
export function localModels(): Promise<LocalModels> {
  pulled ??= (async () => {
    const folder = modelsFolder(process.env)
    try {
      for (const model of CATALOG.filter(({ name }) => NEEDED.includes(name)))
        await pullModel(model, { modelsFolder: folder })
      return { folder, problem: undefined }
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error)
      process.stderr.write(`\n*** LIVE TESTS DID NOT RUN: no model can be had on this machine: ${problem} ***\n\n`)
      return { folder, problem }
    }
  })()
  return pulled
}

export const SMOLLM2 = (folder: string) => join(folder, 'SmolLM2-135M-Instruct.Q4_1.gguf')
