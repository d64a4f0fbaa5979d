/**
 * Prompts of a promptfoo configuration as templates of ours.
 *
 * @module
 */
import { InvalidInputError } from '../../errors.ts'
import type { JsonValue } from '../../prompt/example.ts'
import { splitTurns, type Turn } from '../../prompt/turns.ts'
import type { Findings } from './finding.ts'
import { convertTemplate, neededNames, renderNunjucks, type Vars } from './nunjucks.ts'
import { chatText, type ImportedPrompt } from './prompts.ts'
import { fieldName, type ReadTest } from './read-tests.ts'
import { nothingSets } from './tests.ts'

export interface ConvertedPrompt {
  readonly id: string
  readonly text: string
  readonly system?: string
  readonly turns?: readonly Turn[]
}

/** Prompts as our templates, and the fields they need in every test. */
export function convertPrompts(prompts: readonly ImportedPrompt[], tests: readonly ReadTest[], findings: Findings) {
  const fields = new Map<string, string>()
  const fieldFor = (source: string) => {
    const known = fields.get(source)
    if (known !== undefined) return known
    let number = fields.size + 1
    while (tests.some(({ vars }) => Object.hasOwn(vars, `computed_${number}`))) number++
    fields.set(source, `computed_${number}`)
    return `computed_${number}`
  }
  let extended: ReadTest[] = tests.map((test) => ({ ...test }))
  const converted: ConvertedPrompt[] = []
  const ids = new Set<string>()
  for (const [index, prompt] of prompts.entries()) {
    const name = prompt.labels[0] ?? `prompt ${index + 1}`
    const convert = prompt.isUnfilledChat ? wholeTemplate : convertTemplate
    const user = convert(prompt.source, fieldFor)
    const system = prompt.system === undefined ? undefined : convert(prompt.system, fieldFor)
    const turns = prompt.turns?.map((turn) => ({
      user: convert(turn.user, fieldFor),
      assistant: convert(turn.assistant, fieldFor),
    }))
    const messages = [...(system ? [system] : []), ...(turns ?? []).flatMap((turn) => Object.values(turn)), user]
    const template = {
      names: [...new Set(messages.flatMap(({ names }) => names))],
      computed: new Map(messages.flatMap(({ computed }) => [...computed])),
    }
    if (template.names.length === 0 && template.computed.size === 0) {
      findings.unsupported('prompts', `prompt ${shorten(name)} shows nothing of a test`)
      continue
    }
    try {
      const next = extended.map((test) => ({ ...test, vars: withFields(test.vars, template, prompt.isUnfilledChat) }))
      const missing = template.names.find((variable) => tests.every(({ vars }) => !Object.hasOwn(vars, variable)))
      if (missing !== undefined) findings.changed('prompts', `no test has {{${missing}}}: it is empty`)
      for (const name of [...template.computed.values()].flatMap(neededNames)) {
        if (tests.every(({ vars }) => !Object.hasOwn(vars, name))) findings.changed('prompts', nothingSets(name))
      }
      extended = next
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      findings.unsupported('prompts', `prompt ${shorten(name)} cannot be filled: ${reason}`)
      continue
    }
    if ([system, user].some((message) => message && splitTurns(message.text).turns.length > 0)) {
      findings.changed(
        'prompts',
        `prompt ${shorten(name)} ends with a block "Conversation:", which is sent as messages`,
      )
    }
    const id = freeId(index, prompt.labels, ids)
    const named = (text: string) => text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => `{{${fieldName(name, tests)}}}`)
    converted.push({
      id,
      text: named(user.text),
      ...(system ? { system: named(system.text) } : {}),
      ...(turns
        ? {
            turns: turns.map((turn) => ({ user: named(turn.user.text), assistant: named(turn.assistant.text) })),
          }
        : {}),
    })
  }
  return { prompts: converted, tests: extended }
}

function wholeTemplate(source: string, fieldFor: (source: string) => string) {
  const field = fieldFor(source)
  return { text: `{{${field}}}`, names: [], computed: new Map([[field, source]]) }
}

function withFields(
  vars: Vars,
  { names, computed }: Omit<ReturnType<typeof convertTemplate>, 'text'>,
  isChat?: true,
): Vars {
  const next: Record<string, JsonValue> = { ...vars }
  for (const name of names) next[name] ??= ''
  for (const [field, source] of computed) {
    const filled = renderNunjucks(source, vars)
    const text = isChat ? chatText(filled) : filled
    if (text === undefined)
      throw new InvalidInputError('filled, it is no list of messages; expected a JSON array of {role, content}')
    next[field] = text
  }
  return next
}

function freeId(index: number, labels: readonly string[], taken: Set<string>): string {
  // The name of a file says nothing of one prompt among several in it.
  const label = labels.find((name) => /^[\w -]{1,60}$/.test(name) && !taken.has(name))
  let id = label ?? `p${index + 1}`
  while (taken.has(id)) id += '-2'
  taken.add(id)
  return id
}

export function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return JSON.stringify(line.length > 50 ? `${line.slice(0, 50)}…` : line)
}
