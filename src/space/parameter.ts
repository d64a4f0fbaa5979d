/**
 * What may vary besides text: numeric and categorical parameters, with conditions.
 *
 * The YAML form of a parameter is one key, its kind: `temperature: { float: [0, 1] }`,
 * `shots: { int: [0, 8] }`, `learningRate: { float: [1e-5, 1], log: true }`, `style: { categorical: [terse, formal] }`.
 *
 * @module
 */
import * as z from 'zod'
import { checkInput, showValue } from '../check-input.ts'
import { InvalidArgumentError } from '../errors.ts'

export type ParameterValue = string | number | boolean | null

/** A parameter exists only where `parameter` has one of the values `in`. */
export interface ParameterCondition {
  readonly parameter: string
  readonly in: readonly ParameterValue[]
}

interface ParameterBase {
  readonly when?: ParameterCondition
}

export interface FloatParameter extends ParameterBase {
  readonly kind: 'float'
  readonly low: number
  readonly high: number
  readonly log: boolean
  readonly step?: number
}

export interface IntegerParameter extends ParameterBase {
  readonly kind: 'int'
  readonly low: number
  readonly high: number
  readonly log: boolean
  readonly step: number
}

export interface CategoricalParameter extends ParameterBase {
  readonly kind: 'categorical'
  readonly choices: readonly ParameterValue[]
}

export type Parameter = FloatParameter | IntegerParameter | CategoricalParameter

/** Parameters by name; a condition may only name a parameter that stands before it. */
export type Space = Readonly<Record<string, Parameter>>

const value = z.union([z.string(), z.number(), z.boolean(), z.null()])
const when = z.strictObject({ parameter: z.string(), in: z.array(value).min(1) }).optional()
const bounds = z.tuple([z.number(), z.number()])

const KINDS = {
  float: z.strictObject({ float: bounds, log: z.boolean().optional(), step: z.number().positive().optional(), when }),
  int: z.strictObject({
    int: z.tuple([z.int(), z.int()]),
    log: z.boolean().optional(),
    step: z.int().positive().optional(),
    when,
  }),
  categorical: z.strictObject({ categorical: z.array(value).min(1), when }),
} as const

export const parameterSchema = z.union([KINDS.float, KINDS.int, KINDS.categorical])

/** What is only read may be `as const`. */
type Frozen<Value> = Value extends object ? { readonly [Key in keyof Value]: Frozen<Value[Key]> } : Value

/** The written form, as in a task file. */
export type ParameterInput = Frozen<z.input<typeof parameterSchema>>

export const spaceSchema = z.record(z.string(), parameterSchema)

/** Beyond this many values no level can be drawn at random. */
const MOST_LEVELS = 2 ** 52

/**
 * Turns the written form into a checked space. A range ends at the last step that fits into it.
 *
 * @throws InvalidArgumentError naming the parameter: on unknown keys, ranges that are empty, not finite or wider
 *   than numbers go, steps that are not positive, a log range that reaches 0, repeated choices, or a condition that names
 *   no earlier parameter or can never hold.
 * @example
 * const space = defineSpace({ temperature: { float: [0, 1] }, shots: { int: [0, 8] } })
 * space['shots'] // { kind: 'int', low: 0, high: 8, … }
 */
export function defineSpace(input: Readonly<Record<string, ParameterInput>>): Space {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new InvalidArgumentError(`space is ${showValue(input)}; expected parameters by name, as in ${EXAMPLE}`)
  }
  const space: Record<string, Parameter> = {}
  for (const [name, given] of Object.entries(input)) {
    if (name === '' || name === '__proto__') {
      throw new InvalidArgumentError(`a parameter is called ${JSON.stringify(name)}; expected another name`)
    }
    const written = readKind(name, given)
    const parameter = readParameter(name, written)
    if (written.when) checkCondition(name, written.when, space)
    space[name] = { ...parameter, ...(written.when ? { when: written.when } : {}) }
  }
  return space
}

const EXAMPLE = '{ temperature: { float: [0, 1] } }'

/** The kind is the key that says so; then only that kind's schema has a say. */
function readKind(name: string, given: unknown): ParameterInput {
  const kinds = Object.keys(KINDS) as (keyof typeof KINDS)[]
  const kind =
    typeof given === 'object' && given !== null ? kinds.find((known) => Object.hasOwn(given, known)) : undefined
  if (kind === undefined) {
    throw new InvalidArgumentError(
      `parameter ${name} is ${showValue(given)}; expected { float: [low, high] }, { int: [low, high] } or { categorical: […] }`,
    )
  }
  return checkInput<ParameterInput>(KINDS[kind], given, `parameter ${name}`)
}

function checkCondition(name: string, { parameter, in: values }: ParameterCondition, space: Space): void {
  const upstream = Object.hasOwn(space, parameter) ? space[parameter] : undefined
  if (!upstream) {
    throw new InvalidArgumentError(
      `parameter ${name} depends on ${parameter}; expected a parameter that stands before it`,
    )
  }
  const impossible = values.find((value) => !takes(upstream, value))
  if (impossible === undefined) return
  throw new InvalidArgumentError(
    `parameter ${name} depends on ${parameter} being ${showValue(impossible)}, which it never is; expected ${
      upstream.kind === 'categorical' ? `one of ${JSON.stringify(upstream.choices)}` : 'a value that it can take'
    }`,
  )
}

/** Whether a parameter can have exactly this value; a continuous one has none of them twice. */
function takes(parameter: Parameter, value: ParameterValue): boolean {
  if (parameter.kind === 'categorical') return parameter.choices.includes(value)
  const { low, high, step } = parameter
  if (typeof value !== 'number' || value < low || value > high) return false
  if (low === high) return true
  return step !== undefined && isOnStep(value, low, step)
}

/** Whether whole steps lead to a value, a rounding error aside. */
export function isOnStep(value: number, low: number, step: number): boolean {
  const steps = (value - low) / step
  return Math.abs(steps - Math.round(steps)) < 1e-9
}

function readParameter(name: string, written: ParameterInput): Parameter {
  if ('categorical' in written) {
    if (new Set(written.categorical).size < written.categorical.length) {
      throw new InvalidArgumentError(`parameter ${name} repeats a choice; expected distinct choices`)
    }
    return { kind: 'categorical', choices: written.categorical }
  }
  const [low, high] = 'float' in written ? written.float : written.int
  if (!(low <= high)) {
    throw new InvalidArgumentError(`parameter ${name} ranges from ${low} to ${high}; expected low <= high`)
  }
  if (!Number.isFinite(high - low)) {
    throw new InvalidArgumentError(
      `parameter ${name} ranges from ${low} to ${high}; expected a width that is a number, below 1.8e308`,
    )
  }
  const log = written.log ?? false
  if (log && low <= 0) {
    throw new InvalidArgumentError(`parameter ${name} is logarithmic from ${low}; expected a positive lower bound`)
  }
  const step = written.step ?? ('int' in written ? 1 : undefined)
  if (step !== undefined && !((high - low) / step < MOST_LEVELS)) {
    throw new InvalidArgumentError(
      `parameter ${name} has steps of ${step} from ${low} to ${high}; expected fewer than 2^52 values`,
    )
  }
  if (written.step !== undefined && high > low && written.step > high - low) {
    throw new InvalidArgumentError(
      `parameter ${name} has steps of ${written.step} from ${low} to ${high}; expected at most ${high - low}`,
    )
  }
  if ('int' in written) return { kind: 'int', low, high, log, step: step ?? 1 }
  return { kind: 'float', low, high, log, ...(step === undefined ? {} : { step }) }
}

/** Whether a parameter exists for a point, given its condition. */
export function isActive(parameter: Parameter, point: Readonly<Record<string, ParameterValue>>): boolean {
  const { when } = parameter
  if (!when) return true
  const upstream = point[when.parameter]
  return upstream !== undefined && when.in.includes(upstream)
}
