import { dirname, resolve } from 'node:path'
import { isMap, isNode, LineCounter, parseDocument } from 'yaml'
import { InvalidInputError } from '../errors.ts'
import { defineTask } from './define-task.ts'
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
  const path = resolve(file)
  const name = showPath(path)
  const text = readTextFile(path, 'task', 'task file')
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    merge: true,
  })
  const [problem] = document.errors
  if (problem) {
    throw new InvalidInputError(`not valid YAML: ${problem.message}`, {
      where: `${name}:${lines.linePos(problem.pos[0]).line}`,
      remedy: problem.code === 'DUPLICATE_KEY' ? 'Keep one of the two.' : 'Check indentation, quotes and colons.',
    })
  }
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
        if (range) return `${name}:${lines.linePos(range[0]).line}`
      }
      const node = document.getIn(keys.slice(0, depth), true)
      if (isNode(node) && node.range) return `${name}:${lines.linePos(node.range[0]).line}`
    }
    return name
  }
  const written: unknown = document.toJS({ maxAliasCount: 100 })
  const input = written === null ? written : { ...(written as object), ...options.overrides }
  return defineTask(input as TaskInput, {
    folder: dirname(path),
    file: path,
    allowOutside: options.allowOutside ?? false,
    locate,
  })
}
