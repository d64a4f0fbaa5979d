/**
 * promptfoo's prompts are Nunjucks templates; ours only fill in names. So a plain `{{name}}` stays. Everything that
 * computes (filters, paths, loops, conditions) becomes a field of its own that each example carries already filled in.
 * It is filled by a template interpreter that runs no code.
 *
 * @module
 */
import { Template } from '@huggingface/jinja'
import { withDeadline } from '../../evaluation/deadline.ts'
import type { JsonValue } from '../../prompt/example.ts'

export type Vars = Readonly<Record<string, JsonValue>>

export interface ConvertedTemplate {
  /** For our templates: `{{name}}` of variables and computed fields. */
  readonly text: string
  /** Variables that stand as they are. */
  readonly names: readonly string[]
  /** What has to be computed for each example, by field name. */
  readonly computed: ReadonlyMap<string, string>
}

/** Milliseconds for one template: `range(10 ** 9)` is no prompt. */
const DEADLINE = 1000
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
 * Fills a Nunjucks template. As there, a variable that does not exist is empty, and so is a loop over it.
 *
 * @throws Error on a filter or tag the interpreter does not know.
 * @example
 * renderNunjucks('Hi {{ name | upper }}', { name: 'bob' }) // 'Hi BOB'
 */
export function renderNunjucks(source: string, vars: Vars): string {
  const values: Record<string, unknown> = { ...vars }
  const translated = translate(source, (name) => {
    values[`${name}__data`] = JSON.parse(String(vars[name] ?? 'null'))
    return `${name}__data`
  })
  const template = new Template(translated)
  const { needed, loopedOver } = namesOf(template.parsed)
  for (const name of loopedOver) values[name] ??= []
  for (const name of needed) values[name] ??= ''
  return withDeadline('filling the template', DEADLINE, () => template.render(values))
}

/**
 * Names a template takes a value from that it does not set itself: `user` of `{{ user.name | upper }}`. What has a default,
 * or is only asked whether it exists, is left out.
 *
 * @example
 * neededNames('{% for item in list %}{{ item.name }}{{ env.KEY }}{% endfor %}') // ['list', 'env.KEY']
 */
export function neededNames(source: string): readonly string[] {
  try {
    return [...namesOf(new Template(translate(source, (name) => name)).parsed).needed]
  } catch {
    return []
  }
}

function translate(source: string, load: (name: string) => string): string {
  return source
    .replace(/\|\s*dump\b(\s*\([^)]*\))?/g, '| tojson')
    .replace(/\b([A-Za-z_]\w*)\s*\|\s*load\b/g, (_, name: string) => load(name))
    .replace(/\bfor\s+(\w+)\s*,\s*(\w+)\s+in\s+([\w.]+)/g, 'for $1, $2 in $3.items()')
}

/** What the interpreter knows by itself. */
const GLOBALS = ['true', 'false', 'none', 'True', 'False', 'None', 'range', 'namespace', 'loop', 'caller']
/** Parts of a node that name no variable. */
const LABELS: Readonly<Record<string, readonly string[]>> = {
  FilterExpression: ['filter'],
  TestExpression: ['test'],
  KeywordArgumentExpression: ['key'],
}

function namesOf(program: unknown): { readonly needed: ReadonlySet<string>; readonly loopedOver: ReadonlySet<string> } {
  const set = new Set(GLOBALS)
  const needed = new Set<string>()
  const loopedOver = new Set<string>()
  const bind = (node: unknown): void => {
    if (Array.isArray(node)) for (const item of node) bind(item)
    else if (isNode(node)) {
      if (node.type === 'Identifier') set.add(String(node['value']))
      else for (const part of ['value', 'name', 'key']) bind(node[part])
    }
  }
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const item of node) visit(item)
    if (node instanceof Map) for (const entry of node) visit(entry)
    if (!isNode(node)) return
    if (node.type === 'Identifier') needed.add(String(node['value']))
    else if (node.type === 'MemberExpression' && node['computed'] === false) {
      const path = pathOf(node)
      // Only the environment is known to hold nothing at all.
      if (path?.startsWith('env.')) needed.add(path)
      else visit(node['object'])
    } else {
      if (node.type === 'For') {
        bind(node['loopvar'])
        const { iterable } = node
        const looped = isNode(iterable) && iterable.type === 'CallExpression' ? iterable['callee'] : iterable
        const name = isNode(looped) && looped.type === 'MemberExpression' ? looped['object'] : looped
        if (isNode(name) && name.type === 'Identifier' && name === iterable) loopedOver.add(String(name['value']))
      }
      if (node.type === 'Set') bind(node['assignee'])
      if (node.type === 'Macro') bind([node['name'], node['args']])
      if (node.type === 'FilterExpression' && isDefault(node['filter'])) return
      if (isNode(node['filter'])) visit(node['filter']['args'])
      const skipped = LABELS[node.type] ?? []
      if (
        node.type === 'TestExpression' &&
        /^(un)?defined$/.test(String(isNode(node['test']) && node['test']['value']))
      )
        return
      for (const [part, value] of Object.entries(node)) if (!skipped.includes(part)) visit(value)
    }
  }
  visit(program)
  return { needed: new Set([...needed].filter((name) => !set.has(name))), loopedOver }
}

function isDefault(filter: unknown): boolean {
  const called = isNode(filter) && filter.type === 'CallExpression' ? filter['callee'] : filter
  return isNode(called) && (called['value'] === 'default' || called['value'] === 'd')
}

function pathOf(node: Node): string | undefined {
  const { object, property } = node
  const owner =
    isNode(object) && object.type === 'MemberExpression' ? pathOf(object) : isNode(object) ? object['value'] : undefined
  return owner === undefined || !isNode(property) ? undefined : `${owner}.${property['value']}`
}

type Node = { readonly type: string; readonly [part: string]: unknown }

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

/** Values may name other variables, up to a few levels deep. */
export function renderVars(vars: Vars): Vars {
  let current: Record<string, JsonValue> = { ...vars }
  for (let level = 0; level < 3; level++) {
    const next: Record<string, JsonValue> = {}
    for (const [name, value] of Object.entries(current)) {
      next[name] = typeof value === 'string' && isTemplate(value) ? renderNunjucks(value, current) : value
    }
    if (JSON.stringify(next) === JSON.stringify(current)) break
    current = next
  }
  return current
}

/** Whether a text has anything to fill in. */
export function isTemplate(text: string): boolean {
  return /\{\{|\{%/.test(text)
}
