import { statSync } from 'node:fs'
import { cpus } from 'node:os'
import { KrigeError } from '../errors.ts'
import { findGguf, parseGgufReference } from '../evaluation/models/find-gguf.ts'
import type { Cost } from '../run/plan.ts'
import type { Task } from '../task/task.ts'
import { modelsFolder } from './cache-folder.ts'

/**
 * Bytes of weights that one thread reads per second: to write a token, all of them are read once. `bench:local-model` gives
 * 7 tokens per second of a file of 1.1 GB.
 */
const BYTES_PER_SECOND = 7.8e9
/** Tokens of a prompt are read side by side, this many times faster than answers are written. */
const PREFILL_SPEEDUP = 10

/**
 * Seconds that a plan's calls may take where the task's model runs on this machine. It is `undefined` for all others,
 * and where the file is not here yet. It is a guess from the size of the file, true within a factor of two or three.
 * What a prompt's examples share is read once, which the guess leaves out.
 */
export function localRunTime(
  { model, folder }: Pick<Task, 'model' | 'folder'>,
  { inputTokens, outputTokens }: Pick<Cost, 'inputTokens' | 'outputTokens'>,
  threads: number = cpus().length,
): number | undefined {
  if (!model?.startsWith('gguf:')) return undefined
  const { name } = parseGgufReference(model.slice('gguf:'.length))
  let size: number
  try {
    size = statSync(findGguf(name, modelsFolder(process.env), folder)).size
  } catch (error) {
    // A plan needs no model; a run says by itself what is missing.
    if (KrigeError.isInstance(error)) return undefined
    throw error
  }
  return ((outputTokens + inputTokens / PREFILL_SPEEDUP) * size) / (BYTES_PER_SECOND * threads)
}
