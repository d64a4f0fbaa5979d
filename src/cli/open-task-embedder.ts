import type { Embedder } from '../embedding/embedder.ts'
import type { Task } from '../task/task.ts'

/** The embedder a task asks for, or the one its study was started with. */
export async function openTaskEmbedder(task: Task, recorded: string | undefined): Promise<Embedder | undefined> {
  if (task.embedder === 'none' || recorded === 'none') return undefined
  return undefined
}
