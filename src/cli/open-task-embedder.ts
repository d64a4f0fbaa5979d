import { isAbsolute, join, resolve } from 'node:path'
import type { Embedder } from '../embedding/embedder.ts'
import { InvalidInputError } from '../errors.ts'
import type { Task } from '../task/task.ts'
import { cacheFolder, modelsFolder } from './cache-folder.ts'

/**
 * The embedder a task asks for, or the one its study was started with; vectors are kept in the user's cache.
 *
 * @param recorded What the study says: an embedder's id, `none`, or `undefined` for a new study.
 */
export async function openTaskEmbedder(
  task: Pick<Task, 'embedder' | 'folder'>,
  recorded: string | undefined,
): Promise<Embedder | undefined> {
  if (task.embedder === 'none') return undefined
  const { openEmbedder } = await import('../embedding/open-embedder.ts')
  const isPath = isAbsolute(task.embedder) || /^\.|[/\\]\.\.(?:[/\\]|$)/.test(task.embedder)
  return openEmbedder(isPath ? resolve(task.folder, task.embedder) : task.embedder, {
    modelsFolder: modelsFolder(process.env),
    cacheFolder: join(cacheFolder(process.env), 'embeddings'),
    recorded: recorded === 'none' ? undefined : recorded,
  })
}

/** Cosine of two texts' embeddings; the embedder is opened when a metric first asks. */
export function openTaskSimilarity(task: Pick<Task, 'embedder' | 'folder'>): (a: string, b: string) => Promise<number> {
  let embedder: ReturnType<typeof openTaskEmbedder> | undefined
  return async (a, b) => {
    embedder ??= openTaskEmbedder(task, undefined)
    const opened = await embedder
    if (!opened) {
      throw new InvalidInputError('assertion similar needs embeddings, and the task says embedder: none', {
        remedy: 'Write embedder: auto.',
      })
    }
    const [first, second] = await opened.embed([a, b])
    // Unit vectors: their product is the cosine.
    return first!.reduce((sum, value, index) => sum + value * second![index]!, 0)
  }
}
