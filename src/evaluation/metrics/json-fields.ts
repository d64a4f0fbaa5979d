import * as z from 'zod'
import type { Example, JsonValue } from '../../prompt/example.ts'
import { showValue } from '../../prompt/template.ts'
import type { Metric } from './metric.ts'
import type { MetricDefinition } from './metric-definition.ts'
import { sameText } from './normalize.ts'
import { readNumber } from './read-number.ts'
import { expectedGot, quote } from './show-difference.ts'

export interface JsonFieldsOptions {
  /** Which fields count. @defaultValue those of each example's `expected` */
  readonly fields?: readonly string[] | undefined
  /** Score 1 only when every field is right, instead of the share of right ones. @defaultValue false */
  readonly all?: boolean | undefined
}

/**
 * Reads the first JSON object in the answer (a code fence or prose around it does not matter) and compares its fields
 * with the expected ones. Strings are compared up to case and punctuation, numbers by value, lists in order.
 *
 * @example
 * const expected = { city: 'rome', year: 10 }
 * jsonFields().score('```json\n{"city": "Rome", "year": 9}\n```', { ...example, expected }) // 0.5
 */
export function jsonFields({ fields, all = false }: JsonFieldsOptions = {}): Metric {
  const compare = (output: string, { id, expected }: Example) => {
    if (!isRecord(expected)) throw new TypeError(`expected of example ${id} is no object`)
    const names = fields ?? Object.keys(expected)
    const found = findJsonObject(output)
    const isRight = (name: string) =>
      found !== undefined && Object.hasOwn(found, name) && sameValue(found[name]!, expected[name] ?? null)
    return { expected, names, found, wrong: names.filter((name) => !isRight(name)) }
  }
  return {
    name: 'json-fields',
    score(output, example) {
      const { found, names, wrong } = compare(output, example)
      if (!found || names.length === 0) return 0
      if (all) return wrong.length === 0 ? 1 : 0
      return (names.length - wrong.length) / names.length
    },
    explain(output, example) {
      const { expected, found, wrong } = compare(output, example)
      if (!found) return `no JSON object in ${quote(output)}`
      const shown = (value: JsonValue | undefined) => (value === undefined ? 'nothing' : quote(showValue(value)))
      return wrong.map((name) => `${name}: ${expectedGot(shown(expected[name]), shown(found[name]))}`).join('; ')
    },
  }
}

/** The first balanced `{…}` of a text that is JSON. */
export function findJsonObject(text: string): Readonly<Record<string, JsonValue>> | undefined {
  return findJsonObjects(text).next().value ?? undefined
}

/** Every balanced `{…}` of a text that is JSON, none of them inside another. */
export function* findJsonObjects(text: string): Generator<Readonly<Record<string, JsonValue>>, undefined> {
  let attempts = 0
  for (let start = text.indexOf('{'); start >= 0 && attempts < 50; attempts++) {
    const end = endOfObject(text, start)
    const value = end === undefined ? undefined : parseObject(text.slice(start, end))
    if (value) yield value
    // What is not JSON after all may hold some.
    start = text.indexOf('{', value ? end! : start + 1)
  }
  return undefined
}

function parseObject(text: string): Readonly<Record<string, JsonValue>> | undefined {
  try {
    const value: JsonValue = JSON.parse(text)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

function endOfObject(text: string, start: number): number | undefined {
  let depth = 0
  let quoted = false
  for (let index = start; index < text.length; index++) {
    const character = text[index]
    if (quoted) {
      if (character === '\\') index++
      else if (character === '"') quoted = false
    } else if (character === '"') quoted = true
    else if (character === '{') depth++
    else if (character === '}' && --depth === 0) return index + 1
  }
  return undefined
}

function isRecord(value: JsonValue | undefined): value is Readonly<Record<string, JsonValue>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function sameValue(found: JsonValue, expected: JsonValue): boolean {
  if (Array.isArray(expected)) {
    return (
      Array.isArray(found) &&
      found.length === expected.length &&
      expected.every((value, index) => sameValue(found[index], value))
    )
  }
  if (isRecord(expected)) {
    return (
      isRecord(found) &&
      Object.keys(expected).every((name) => Object.hasOwn(found, name) && sameValue(found[name]!, expected[name]!))
    )
  }
  if (typeof expected === 'number' && typeof found === 'string') return readNumber(found) === expected
  if (typeof expected === 'string' && typeof found === 'number') return readNumber(expected) === found
  if (typeof expected === 'string' && typeof found === 'string') return sameText(found, expected)
  return found === expected
}

export const jsonFieldsMetric: MetricDefinition<JsonFieldsOptions> = {
  name: 'json-fields',
  page: {
    rightWhen: "share of expected fields that the answer's first JSON object has",
    settings: '`fields` (those expected), `all` (false: every field must be right)',
    expected: 'an object',
  },
  options: z.strictObject({ fields: z.array(z.string().min(1)).min(1).optional(), all: z.boolean().optional() }),
  maxOutputTokens: 512,
  checkExpected: (expected) =>
    isRecord(expected) && Object.keys(expected).length > 0 ? undefined : { needs: 'an object with at least one field' },
  create: jsonFields,
}
