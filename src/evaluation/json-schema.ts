/**
 * JSON schemas that come with data: a value fits one, or not, within a time that neither prolongs.
 *
 * @module
 */
import { dereference, type Schema, Validator } from '@cfworker/json-schema'
import { messageOf } from '../text/message-of.ts'
import { PATTERN_DEADLINE, withDeadline } from './deadline.ts'

type JsonSchema = Readonly<Record<string, unknown>>

const validators = new WeakMap<object, Validator>()
const CIRCLE = 'refers to itself without end'
/** One of each type: a reference that never ends, or leads nowhere, shows with any of them. */
const PROBES: readonly unknown[] = [{}, [], '', 0, true, null]

/**
 * Whether a value fits a schema.
 *
 * @throws DeadlineError when that takes too long; TypeError where references lead nowhere, or round in a circle.
 * @example
 * fitsSchema({ a: 1 }, { required: ['a'] }) // true
 */
export function fitsSchema(value: unknown, schema: JsonSchema): boolean {
  return withDeadline('the JSON schema', PATTERN_DEADLINE, () => {
    try {
      const validator = validators.get(schema) ?? new Validator(schema as Schema)
      validators.set(schema, validator)
      return validator.validate(value).valid
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      throw new TypeError('the JSON schema refers to itself without end, or the value is nested too deeply for it', {
        cause: error,
      })
    }
  })
}

/**
 * Why a schema cannot be used, if it cannot: references that lead nowhere or round in a circle, patterns that are none.
 *
 * @example
 * schemaProblem({ $ref: '#' }) // 'refers to itself without end'
 */
export function schemaProblem(schema: JsonSchema): string | undefined {
  for (const check of [
    () => checkParts(schema),
    ...PROBES.map((probe) => () => {
      fitsSchema(probe, schema)
    }),
  ]) {
    try {
      withDeadline('the JSON schema', PATTERN_DEADLINE, check)
    } catch (error) {
      const message = messageOf(error)
      if (error instanceof RangeError) return 'is nested too deeply'
      const isCircle = error instanceof TypeError && error.cause instanceof RangeError
      return isCircle ? CIRCLE : `cannot be used: ${message.split('\n')[0]}`
    }
  }
  return undefined
}

/** Parts that no probe may reach: references that lead nowhere or to themselves, and patterns that are none. */
function checkParts(schema: JsonSchema): void {
  const parts = dereference(schema as Schema)
  for (const part of Object.values(parts)) {
    if (typeof part === 'boolean') continue
    const { pattern, patternProperties = {} } = part
    for (const source of [...(pattern === undefined ? [] : [pattern]), ...Object.keys(patternProperties)]) {
      new RegExp(source, 'u')
    }
    const passed = new Set<Schema>()
    for (let at: Schema | boolean | undefined = part; typeof at === 'object'; ) {
      const { $ref, __absolute_ref__: target }: Schema = at
      if (target === undefined) break
      if (!(target in parts)) throw new Error(`$ref ${JSON.stringify($ref)} leads nowhere`)
      if (passed.has(at)) throw new TypeError(CIRCLE, { cause: new RangeError(CIRCLE) })
      passed.add(at)
      at = parts[target]
    }
  }
}
