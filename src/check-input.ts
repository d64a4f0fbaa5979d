/**
 * One door for what people write, in JavaScript as in YAML. Unknown keys, wrong types and impossible values are refused
 * by name, with what to write instead.
 *
 * @module
 */
import * as z from 'zod'
import { InvalidArgumentError } from './errors.ts'
import { showValue } from './text/show-value.ts'

export { showValue }

/** What is wrong with something written. */
export interface Problem {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly remedy: string
  readonly missing: boolean
}

/**
 * Checks options as written against their schema.
 *
 * @param name What they are called in messages; '' for the options of a function.
 * @throws InvalidArgumentError naming the first thing that is wrong, and the remedy.
 * @example
 * import { z } from 'zod'
 * checkInput(z.strictObject({ calls: z.int().optional() }), { call: 3 }, 'budget') // throws InvalidArgumentError: unknown key budget.call
 */
export function checkInput<Output>(schema: z.ZodType<Output>, given: unknown, name: string): Output {
  const checked = schema.safeParse(given)
  if (checked.success) return checked.data
  const [first] = describeProblems(checked.error, schema, given, name)
  const { message, remedy } = first!
  // Code that catches it often shows the message alone.
  throw new InvalidArgumentError(remedy ? `${message}. ${remedy}` : message, remedy ? { remedy } : {})
}

/**
 * A key without a value is a key that was not written.
 *
 * @example
 * withoutUndefined({ calls: 5, usd: undefined }) // { calls: 5 }
 */
export function withoutUndefined<Value extends object>(
  value: Value,
): { [Key in keyof Value]: Exclude<Value[Key], undefined> } {
  const entries = Object.entries(value).filter(([, part]) => part !== undefined)
  return Object.fromEntries(entries) as { [Key in keyof Value]: Exclude<Value[Key], undefined> }
}

/**
 * What a schema found, in words. Where several forms are allowed, the one that was most likely meant speaks.
 *
 * @param name Stands before every path.
 */
export function describeProblems(error: z.core.$ZodError, schema: z.ZodType, given: unknown, name = ''): Problem[] {
  // A key that is missing was often written otherwise.
  const isUnknown = ({ code }: z.core.$ZodIssue) => Number(code === 'unrecognized_keys')
  const issues = [...error.issues].sort((a, b) => isUnknown(b) - isUnknown(a))
  return issues.map((issue) => describeIssue(likeliest(issue), schema, given, name))
}

function describeIssue(issue: z.core.$ZodIssue, schema: z.ZodType, given: unknown, name: string): Problem {
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!
    const known = keysAt(schema, issue.path)
    const near = nearest(known, key)
    const path = [...issue.path, key]
    return {
      path,
      message: `unknown key ${pathText(path, name)}`,
      remedy: near ? `Did you mean ${near}?` : known.length > 0 ? `Known keys: ${known.join(', ')}.` : 'Take it out.',
      missing: false,
    }
  }
  const at = pathText(issue.path, name) || 'options'
  const value = valueAt(given, issue.path)
  if (value === undefined) return { path: issue.path, message: `${at} is missing`, remedy: `Add ${at}.`, missing: true }
  const expected =
    issue.code === 'invalid_union'
      ? 'expected another shape'
      : // What zod calls a record is an object to everyone else.
        issue.message.replace(/^[^:]*: (?=expected)/, '').replace(/^expected record/, 'expected object')
  const known = issue.code === 'invalid_type' && issue.expected === 'object' ? keysAt(schema, issue.path) : []
  return {
    path: issue.path,
    message: `${at} is ${showValue(value)}; ${expected}`,
    remedy: known.length > 0 ? `Write an object with the keys ${known.join(', ')}.` : '',
    missing: false,
  }
}

/** Of the forms that a union allows, the complaint of the one that fits best. */
function likeliest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return issue
  const isOther = (errors: readonly z.core.$ZodIssue[]) =>
    errors.some(({ path, code }) => path.length === 0 && code === 'invalid_type')
  const meant = issue.errors.filter((errors) => !isOther(errors))
  if (meant.length !== 1) return issue
  const inner = likeliest(meant[0]![0]!)
  return { ...inner, path: [...issue.path, ...inner.path] } as z.core.$ZodIssue
}

/** The keys that may stand at a path. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const [key, ...rest] = path
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable) {
    return keysAt(schema.unwrap() as z.ZodType, path)
  }
  if (schema instanceof z.ZodUnion) {
    return [...new Set(schema.options.flatMap((option) => keysAt(option as z.ZodType, path)))]
  }
  if (schema instanceof z.ZodObject) {
    if (key === undefined) return Object.keys(schema.shape)
    const inner = (schema.shape as Record<string, z.ZodType | undefined>)[String(key)]
    return inner ? keysAt(inner, rest) : []
  }
  if (schema instanceof z.ZodRecord) return key === undefined ? [] : keysAt(schema.valueType as z.ZodType, rest)
  if (schema instanceof z.ZodArray) return key === undefined ? [] : keysAt(schema.element as z.ZodType, rest)
  return []
}

/**
 * The known name that a written one resembles: one letter more, less or other, swapped letters, or a beginning.
 *
 * @example
 * nearest(['evaluations', 'calls'], 'evaluation') // 'evaluations'
 */
export function nearest(known: readonly string[], written: string): string | undefined {
  return known.find((name) => isNear(name, written))
}

function isNear(known: string, written: string): boolean {
  const a = known.toLowerCase()
  const b = written.toLowerCase()
  if (a === b || (b.length > 1 && (a.startsWith(b) || b.startsWith(a)))) return true
  if (Math.abs(a.length - b.length) > 1) return false
  let start = 0
  while (start < a.length && a[start] === b[start]) start++
  let end = 0
  while (end < Math.min(a.length, b.length) - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  return Math.max(a.length, b.length) - start - end <= 2
}

function pathText(path: readonly PropertyKey[], name: string): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`),
    name,
  )
}

function valueAt(given: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value === null || value === undefined ? undefined : (value as Record<PropertyKey, unknown>)[key]),
    given,
  )
}

/** A function, in a schema of options. */
export const functionSchema = z.custom<(...given: never[]) => unknown>((value) => typeof value === 'function', {
  message: 'expected a function',
})

/** Anything that TypeScript describes and no schema needs to: an object with these methods. */
export function objectWith(...methods: readonly string[]) {
  return z.custom<Record<string, unknown>>(
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      methods.every((method) => typeof (value as Record<string, unknown>)[method] === 'function'),
    { message: `expected an object with ${methods.join(', ')}` },
  )
}
