import type { Evaluator } from '../evaluation/evaluator.ts'
import type { Task } from '../task/task.ts'

const PREFIX = 'table:'

export interface Replay {
  /** The part of the task that the table holds. */
  readonly task: Task
  readonly evaluator: Evaluator
}

/** `model: table:FILE` replays a recorded table instead of calling a model; `undefined` for any other model. */
export async function openReplay(task: Task): Promise<Replay | undefined> {
  if (!task.model?.startsWith(PREFIX)) return undefined
  const [{ loadTable }, { createTableEvaluator, restrictToTable }] = await Promise.all([
    import('../recording/load-table.ts'),
    import('../recording/table-evaluator.ts'),
  ])
  const table = await loadTable(task.model.slice(PREFIX.length))
  return { task: restrictToTable(task, table), evaluator: createTableEvaluator(table) }
}
