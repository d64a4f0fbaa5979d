import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { taskSchema } from '../../src/task/schema.ts'

it('describes every key of a task file', () => {
  const page = readFileSync(new URL('../../docs/task-file.md', import.meta.url), 'utf8')
  const cells = [...page.matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm)].map(([, names]) => names!)
  const described = cells.flatMap((names) => names.split(', ').map((name) => name.slice(1, -1)))
  expect(described.sort()).toEqual(Object.keys(taskSchema.shape).sort())
})
