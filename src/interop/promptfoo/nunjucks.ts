/**
 * promptfoo's prompts are Nunjucks templates; ours only fill in names. So a plain `{{name}}` stays, and everything that
 * computes (filters, paths, loops, conditions) becomes a field of its own that each example carries already filled in.
 * It is filled by a template interpreter that runs no code.
 *
 * @module
 */
import { Template } from '@huggingface/jinja'
import type { JsonValue } from '../../space/example.ts'

export type Vars = Readonly<Record<string, JsonValue>>

export interface ConvertedTemplate {
  /** For our templates: `{{name}}` of variables and computed fields. */
  readonly text: string
  /** Variables that stand as they are. */
  readonly names: readonly string[]
  /** What has to be computed for each example, by field name. */
  readonly computed: ReadonlyMap<string, string>
}

const PLAIN = /^\{\{-?\s*([A-Za-z_]\w*)\s*-?\}\}$/
const EXPRESSION = /\{\{[\s\S]*?\}\}|\{#[\s\S]*?#\}/g

/**
 * @param fieldFor Names the field of an expression; equal expressions share one.
 * @example
 * convertTemplate('Say {{body | upper}}', () => 'computed_1').text // 'Say {{computed_1}}'
 */
export function convertTemplate(source: string, fieldFor: (source: string) => string): ConvertedTemplate {
  const names = new Set<string>()
  const computed = new Map<string, string>()
  const hoist = (expression: string) => {
    const field = fieldFor(expression)
    computed.set(field, expression)
    return `{{${field}}}`
  }
  const convert = (text: string) => {
    let out = ''
    let end = 0
    for (const match of text.matchAll(EXPRESSION)) {
      out += escapeBraces(text.slice(end, match.index))
      end = match.index + match[0].length
      const plain = PLAIN.exec(match[0])?.[1]
      if (plain !== undefined) {
        names.add(plain)
        out += `{{${plain}}}`
      } else if (!match[0].startsWith('{#')) out += hoist(match[0])
    }
    return out + escapeBraces(text.slice(end))
  }
  const first = source.indexOf('{%')
  if (first < 0) return { text: convert(source), names: [...names], computed }
  // What a tag sets may be used anywhere after it.
  const last = /\{%-?\s*(set|macro)\b/.test(source) ? source.length : source.lastIndexOf('%}') + 2
  const text = convert(source.slice(0, first)) + hoist(source.slice(first, last)) + convert(source.slice(last))
  return { text, names: [...names], computed }
}

function escapeBraces(text: string): string {
  return text.replaceAll('{{', "{{'{{'}}")
}

/**
 * Fills a Nunjucks template.
 *
 * @throws Error on a filter or tag the interpreter does not know.
 * @example
 * renderNunjucks('Hi {{ name | upper }}', { name: 'bob' }) // 'Hi BOB'
 */
export function renderNunjucks(source: string, vars: Vars): string {
  const values: Record<string, unknown> = { ...vars }
  const translated = source
    .replace(/\|\s*dump\b(\s*\([^)]*\))?/g, '| tojson')
    .replace(/\b([A-Za-z_]\w*)\s*\|\s*load\b/g, (_, name: string) => {
      values[`${name}__data`] = JSON.parse(String(vars[name] ?? 'null'))
      return `${name}__data`
    })
    .replace(/\bfor\s+(\w+)\s*,\s*(\w+)\s+in\s+([\w.]+)/g, 'for $1, $2 in $3.items()')
  return new Template(translated).render(values)
}

/** Values may name other variables, up to a few levels deep. */
export function renderVars(vars: Vars): Vars {
  let current: Record<string, JsonValue> = { ...vars }
  for (let level = 0; level < 3; level++) {
    const next: Record<string, JsonValue> = {}
    for (const [name, value] of Object.entries(current)) {
      next[name] = typeof value === 'string' && /\{\{|\{%/.test(value) ? renderNunjucks(value, current) : value
    }
    if (JSON.stringify(next) === JSON.stringify(current)) break
    current = next
  }
  return current
}
