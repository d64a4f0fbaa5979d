import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Validator } from '@cfworker/json-schema'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { taskSchema } from '../../src/task/schema.ts'
import { schemaText, taskJsonSchema, taskKeyTable } from '../../src/task/task-json-schema.ts'

const docs = new URL('../../docs/', import.meta.url)
const validator = new Validator(taskJsonSchema() as object, '2020-12')

it('describes every key of a task file, in the page and in the schema that editors read', () => {
  const remedy = 'run npm run docs:task'
  const page = readFileSync(new URL('task-file.md', docs), 'utf8')
  expect(page.includes(`${taskKeyTable()}\n\n`), remedy).toBe(true)
  expect(readFileSync(new URL('task.schema.json', docs), 'utf8'), remedy).toBe(schemaText())
  const { properties } = taskJsonSchema() as { properties: Record<string, { description?: string }> }
  expect(Object.keys(properties)).toEqual(Object.keys(taskSchema.shape))
  expect(Object.entries(properties).filter(([, { description }]) => !description)).toEqual([])
})

it('holds for every task here', () => {
  const tasks = new URL('../../data/tasks/', import.meta.url)
  const files = readdirSync(tasks, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /task[\w-]*\.yaml$/.test(file),
  )
  expect(files.length).toBeGreaterThan(5)
  for (const file of files) {
    const { valid, errors } = validator.validate(parse(readFileSync(join(tasks.pathname, file), 'utf8')))
    expect(valid, `${file}: ${JSON.stringify(errors)}`).toBe(true)
  }
})

it('refuses what krige refuses', () => {
  const task = {
    examples: 'a.jsonl',
    baseline: 'Label it.',
    metric: 'label-match',
    template: '{{instruction}}',
    model: 'a:b',
  }
  expect(validator.validate(task).valid).toBe(true)
  for (const wrong of [
    { bugdet: {} },
    { budget: { evaluations: -1 } },
    { proposers: 'some' },
    { split: { search: 'half' } },
  ]) {
    expect(taskSchema.safeParse({ ...task, ...wrong }).success, JSON.stringify(wrong)).toBe(false)
    expect(validator.validate({ ...task, ...wrong }).valid, JSON.stringify(wrong)).toBe(false)
  }
  const { examples: _, ...without } = task
  expect(validator.validate(without).valid).toBe(false)
})
