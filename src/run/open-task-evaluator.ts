import { modelsFolder } from '../embedding/cache-folder.ts'
import type { Evaluator } from '../evaluation/evaluator.ts'
import { openEvaluator as open, type OpenEvaluatorOptions as Settled } from '../evaluation/open-evaluator.ts'
import type { Task } from '../task/task.ts'

export interface OpenEvaluatorOptions extends Omit<Settled, 'environment' | 'modelsFolder'> {
  /** Where keys are looked up, and what is hidden in results. @defaultValue that of the process */
  readonly environment?: Settled['environment']
  /** Folder with `.gguf` files. @defaultValue where `krige models pull` puts them */
  readonly modelsFolder?: string
}

/**
 * Opens what measures the cells of a task: its model, metric and program. `textModel` takes the place of every model of a
 * template or of stages.
 *
 * @throws UnavailableError, InvalidInputError where a model or metric is not to be had, with what to do.
 * @example
 * const textModel = functionModel(async (prompt) => (prompt.includes('broken') ? 'bug' : 'billing'))
 * const evaluator = await openEvaluator(task, { textModel })
 * evaluator.concurrency // 1
 */
export function openEvaluator(task: Task, options: OpenEvaluatorOptions = {}): Promise<Evaluator> {
  const { environment = process.env } = options
  return open(task, { ...options, environment, modelsFolder: options.modelsFolder ?? modelsFolder(environment) })
}
