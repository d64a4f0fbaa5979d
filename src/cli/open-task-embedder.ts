import { join } from 'node:path'
import type { Embedder } from '../embedding/embedder.ts'
import type { Task } from '../task/task.ts'
import { cacheFolder, modelsFolder } from './cache-folder.ts'

/** The embedder a task asks for, or the one its study was started with. */
export async function openTaskEmbedder(task: Task, recorded: string | undefined): Promise<Embedder | undefined> {
  if (task.embedder === 'none' || recorded === 'none') return undefined
  const { openEmbedder } = await import('../embedding/open-embedder.ts')
  return openEmbedder(task.embedder, {
    modelsFolder: modelsFolder(process.env),
    cacheFolder: join(cacheFolder(process.env), 'embeddings'),
    recorded,
    allowDownload: process.env['KRIGE_OFFLINE'] !== '1',
  })
}
