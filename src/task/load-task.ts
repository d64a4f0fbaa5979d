import { dirname, resolve } from 'node:path'
import { isMap, isNode } from 'yaml'
import * as z from 'zod'
import { checkInput } from '../check-input.ts'
import { InvalidInputError } from '../errors.ts'
import { defineTask } from './define-task.ts'
import { parseYaml } from './parse-yaml.ts'
import type { TaskInput } from './schema.ts'
import { readTextFile, showPath } from './source.ts'
import type { Task } from './task.ts'

export interface LoadTaskOptions {
  /** Whether paths in the task may leave its folder. @defaultValue false */
  readonly allowOutside?: boolean
  /** Values that replace what the file says, e.g. a model from the command line. */
  readonly overrides?: Partial<TaskInput>
}

/**
 * Reads and checks a task file.
 *
 * @throws InvalidInputError as `file:line: what`, with a remedy.
 * @example
 * const task = loadTask('data/tasks/ticket-triage/task.yaml')
 * task.name // 'ticket-triage'
 */
export function loadTask(file: string, options: LoadTaskOptions = {}): Task {
  checkInput(z.string(), file, 'file')
  const path = resolve(file)
  const name = showPath(path)
  const text = readTextFile(path, 'task', 'task file')
  const { document, at, toJs } = parseYaml(text, name)
  if (document.contents !== null && !isMap(document.contents)) {
    throw new InvalidInputError('a task file holds keys and values, such as name: my-task', {
      where: `${name}:1`,
      remedy: 'Start from an example: krige init',
    })
  }
  /** The line of the deepest node on the way to a value; keys count, so that an unknown key is found itself. */
  const locate = (keys: readonly PropertyKey[]) => {
    for (let depth = keys.length; depth > 0; depth--) {
      const parent = document.getIn(keys.slice(0, depth - 1), true)
      const last = keys[depth - 1]
      if (isMap(parent)) {
        const pair = parent.items.find((item) => isNode(item.key) && String(item.key) === String(last))
        const range = pair && isNode(pair.key) ? pair.key.range : undefined
        if (range) return at(range[0])
      }
      const node = document.getIn(keys.slice(0, depth), true)
      if (isNode(node) && node.range) return at(node.range[0])
    }
    return name
  }
  const written = toJs()
  const input = written === null ? written : { ...(written as object), ...options.overrides }
  return defineTask(input as TaskInput, {
    folder: dirname(path),
    file: path,
    allowOutside: options.allowOutside ?? false,
    isModelGiven: options.overrides?.model !== undefined,
    locate,
  })
}
