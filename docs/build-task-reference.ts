/**
 * Writes what follows from the schema of task files: the table of keys in `task-file.md`, and `task.schema.json` for editors.
 * A test fails where they differ from what stands here.
 *
 *     npm run docs:task
 *
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { schemaText, taskKeyTable } from '../src/task/task-json-schema.ts'

const page = new URL('task-file.md', import.meta.url)
const text = readFileSync(page, 'utf8')
writeFileSync(
  page,
  text.replace(/^\| key \|[\s\S]*?\n(?!\|)/m, () => `${taskKeyTable()}\n`),
)
writeFileSync(new URL('task.schema.json', import.meta.url), schemaText())
