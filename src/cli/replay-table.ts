import { resolve } from 'node:path'
import type { Evaluator } from '../evaluation/evaluator.ts'
import type { Task } from '../task/task.ts'

const PREFIX = 'table:'

export interface Replay {
  /** The part of the task that the table holds. */
  readonly task: Task
  readonly evaluator: Evaluator
}

/**
 * `model: table:FILE` replays a recorded table instead of calling a model; `undefined` for any other model. A task's own
 * file is relative to its folder, one given by hand to the working directory.
 */
export async function openReplay(task: Task, isModelGiven: boolean): Promise<Replay | undefined> {
  if (!task.model?.startsWith(PREFIX)) return undefined
  const [{ loadTable }, { createTableEvaluator, restrictToTable }] = await Promise.all([
    import('../recording/load-table.ts'),
    import('../recording/table-evaluator.ts'),
  ])
  const file = task.model.slice(PREFIX.length)
  const table = await loadTable(isModelGiven ? file : resolve(task.folder, file))
  return { task: restrictToTable(task, table), evaluator: createTableEvaluator(table) }
}
