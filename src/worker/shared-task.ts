/**
 * What a worker learns of a task from the store: how to measure a cell, and nothing that is code or a secret. A task with a
 * module, a program or a command that prints a key is known only to workers that have its file.
 *
 * @module
 */
import { isAbsolute } from 'node:path'
import { publicModelName } from '../evaluation/models/model-name.ts'
import type { EvaluatedTask } from '../evaluation/open-evaluator.ts'
import type { Task } from '../task/task.ts'

export type SharedTask = Pick<Task, 'name' | 'embedder'> & Omit<EvaluatedTask, 'folder' | 'evaluate'>

/** @returns `undefined` where the file of the task is needed. */
export function shareTask(task: Task): SharedTask | undefined {
  const { name, embedder, template, metric, model, modelSettings, sampling, labels } = task
  const { constraints, program, stageSettings } = task
  const shared = {
    name,
    embedder,
    metric,
    sampling,
    labels,
    ...(template ? { template } : {}),
    ...(model === undefined ? {} : { model }),
    ...(modelSettings ? { modelSettings } : {}),
    ...(constraints ? { constraints } : {}),
    ...(program ? { program } : {}),
    ...(stageSettings ? { stageSettings } : {}),
  }
  const text = JSON.stringify(shared)
  const models = [model, ...(program?.stages ?? []).map((stage) => stage.model)].filter((one) => one !== undefined)
  const hasSecret = text.includes('"apiKeyCommand"') || [...models, ...textsIn(metric.options)].some(hidesSomething)
  // Paths and modules mean something on one machine only.
  const isLocal =
    task.evaluate !== undefined || isAbsolute(metric.name) || models.some((one) => /^gguf:.*[/\\]/.test(one))
  return hasSecret || isLocal || !isJson(shared) ? undefined : (JSON.parse(text) as SharedTask)
}

/** Whether a model's address holds what may not be shown. */
const hidesSomething = (text: string) => publicModelName(text) !== text

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

/** Whether JSON keeps all of it. */
function isJson(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object') return false
  if (Array.isArray(value)) return value.every(isJson)
  const prototype: unknown = Object.getPrototypeOf(value)
  return (prototype === Object.prototype || prototype === null) && Object.values(value).every(isJson)
}
