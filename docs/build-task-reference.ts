/**
 * Writes what follows from the schema of task files and from the metrics: the tables in `task-file.md` and `metrics.md`, and
 * `task.schema.json` for editors.
 * A test fails where they differ from what stands here.
 *
 *     npm run docs:task
 *
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { metricTable } from '../src/evaluation/metrics/registry.ts'
import { schemaText, taskKeyTable } from '../src/task/task-json-schema.ts'

replaceTable('task-file.md', /^\| key \|[\s\S]*?\n(?!\|)/m, taskKeyTable())
replaceTable('metrics.md', /^\| metric \|[\s\S]*?\n(?=\| .autoevals)/m, metricTable())
writeFileSync(new URL('task.schema.json', import.meta.url), schemaText())

function replaceTable(name: string, table: RegExp, written: string): void {
  const page = new URL(name, import.meta.url)
  const text = readFileSync(page, 'utf8')
  if (!table.test(text)) throw new Error(`${name} has no such table`)
  writeFileSync(
    page,
    text.replace(table, () => `${written}\n`),
  )
}
