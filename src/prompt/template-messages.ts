/**
 * What a program sends for a prompt: the messages of the task's template, with `{{input}}` where an example goes.
 *
 * @module
 */
import type { Candidate } from './candidate.ts'
import type { Example } from './example.ts'
import { parseTemplate, renderTemplate, type Template } from './template.ts'
import { type Message, messagesOf } from './turns.ts'

/** A template as a study keeps it. */
export interface WrittenTemplate {
  readonly user: string
  readonly system?: string
  /** Names that the examples fill, beside `input`. */
  readonly fields?: readonly string[]
  /** Whether prompts are templates themselves. */
  readonly nested?: true
}

/** The opposite of what {@link templateMessages} reads. */
export function writtenTemplate(template: Template, example: Example | undefined): WrittenTemplate {
  const fields = Object.keys(example?.fields ?? {}).filter(
    (name) => template.nested === true || template.variables.includes(name),
  )
  return {
    user: template.source,
    ...(template.system === undefined ? {} : { system: template.system.source }),
    ...(fields.length === 0 ? {} : { fields }),
    ...(template.nested ? { nested: true } : {}),
  }
}

/**
 * The messages of a prompt, each name that an example fills in its braces.
 *
 * @throws InvalidInputError when nothing fills a name.
 * @example
 * const template = { user: '{{prompt}}\n\nTicket: {{input}}' }
 * templateMessages(template, { id: 'a', text: 'Label it.' })[0]!.content // 'Label it.\n\nTicket: {{input}}'
 */
export function templateMessages(written: WrittenTemplate, candidate: Candidate): Message[] {
  const template: Template = {
    ...parseTemplate(written.user, written.system),
    ...(written.nested ? { nested: true } : {}),
  }
  const braced = (name: string) => `{{${name}}}`
  const { text, system, turns } = renderTemplate(template, candidate, {
    id: '',
    input: braced('input'),
    fields: Object.fromEntries((written.fields ?? []).map((name) => [name, braced(name)])),
  })
  return messagesOf({
    prompt: text,
    ...(system === undefined ? {} : { system }),
    ...(turns === undefined ? {} : { turns }),
  })
}
