import * as z from 'zod'
import { KEY_NOTES } from './key-notes.ts'
import { taskSchema } from './schema.ts'

/**
 * The JSON Schema of a task file, for editors that check and complete as one writes.
 *
 * @example
 * taskJsonSchema().$schema // 'https://json-schema.org/draft/2020-12/schema'
 */
export function taskJsonSchema(): z.core.JSONSchema.JSONSchema {
  const schema = z.toJSONSchema(taskSchema, { io: 'input', unrepresentable: 'any' })
  for (const [key, { says, byDefault }] of Object.entries<{ says: string; byDefault?: string }>(KEY_NOTES)) {
    const property = schema.properties?.[key]
    if (typeof property !== 'object') continue
    const description = `${says}${byDefault === undefined ? '' : `\n\nDefault: ${byDefault}`}`
    schema.properties![key] = { ...property, description, markdownDescription: description }
  }
  return { ...schema, title: 'A task of Krige' }
}

/** The same as it is written to a file. */
export function schemaText(): string {
  return `${JSON.stringify(taskJsonSchema(), undefined, 1)}\n`
}

/** The table of keys in `docs/task-file.md`. */
export function taskKeyTable(): string {
  const rows = Object.entries<{ says: string; byDefault?: string }>(KEY_NOTES).map(([key, { says, byDefault = '' }]) =>
    `| \`${key}\` | ${says} | ${byDefault} |`.replace('|  |', '| |'),
  )
  return ['| key | what it says | default |', '|---|---|---|', ...rows].join('\n')
}
