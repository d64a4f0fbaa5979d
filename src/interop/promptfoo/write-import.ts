import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { InvalidInputError } from '../../errors.ts'
import { writeWhole } from '../../store/whole-file.ts'
import { defineTask } from '../../task/define-task.ts'
import type { TaskInput } from '../../task/schema.ts'
import type { ImportedTask } from './import-promptfoo.ts'

/**
 * Writes `task.yaml`, `examples.jsonl` and `prompts.jsonl`, once the task as a whole has been checked.
 *
 * @returns The paths written.
 * @throws InvalidInputError when the task does not hold together, or the folder has one already.
 */
export function writeImport({ task, examples, prompts }: ImportedTask, folder: string, source: string): string[] {
  const checked = { ...task, examples, prompts } as TaskInput
  defineTask(checked, { folder, locate: (path) => `imported task: ${path.join('.')}` })
  const lines = (items: readonly unknown[]) => items.map((item) => `${JSON.stringify(item)}\n`).join('')
  const heading = `# Imported from ${source}. Every key: krige help task-file.\n`
  const contents: readonly (readonly [string, string])[] = [
    ['task.yaml', heading + stringify(task, { lineWidth: 0 })],
    ['examples.jsonl', lines(examples)],
    ['prompts.jsonl', lines(prompts)],
  ]
  const taken = contents.map(([name]) => join(folder, name)).find((path) => existsSync(path))
  if (taken !== undefined) {
    throw new InvalidInputError(`${taken} exists already`, { remedy: 'Name another folder with --out FOLDER.' })
  }
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of contents) writeWhole(join(folder, name), text)
  return contents.map(([name]) => join(folder, name))
}
