/**
 * What may vary besides text: numeric and categorical parameters, with conditions.
 *
 * The YAML form of a parameter is one key, its kind: `temperature: { float: [0, 1] }`,
 * `shots: { int: [0, 8] }`, `learningRate: { float: [1e-5, 1], log: true }`, `style: { categorical: [terse, formal] }`.
 *
 * @module
 */
import * as z from 'zod'
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

export const parameterSchema = z.union([
  z.strictObject({ float: bounds, log: z.boolean().optional(), step: z.number().positive().optional(), when }),
  z.strictObject({
    int: z.tuple([z.int(), z.int()]),
    log: z.boolean().optional(),
    step: z.int().positive().optional(),
    when,
  }),
  z.strictObject({ categorical: z.array(value).min(1), when }),
])

/** The written form, as in a task file. */
export type ParameterInput = z.input<typeof parameterSchema>

export const spaceSchema = z.record(z.string(), parameterSchema)

/**
 * Turns the written form into a checked space.
 *
 * @throws InvalidArgumentError on empty ranges, a log range that reaches 0, repeated choices or a condition on an unknown parameter.
 * @example
 * const space = defineSpace({ temperature: { float: [0, 1] }, shots: { int: [0, 8] } })
 * space['shots'] // { kind: 'int', low: 0, high: 8, … }
 */
export function defineSpace(input: Readonly<Record<string, ParameterInput>>): Space {
  const space: Record<string, Parameter> = {}
  for (const [name, written] of Object.entries(input)) {
    const condition = written.when
    if (condition && !(condition.parameter in space)) {
      throw new InvalidArgumentError(
        `parameter ${name} depends on ${condition.parameter}; expected a parameter that stands before it`,
      )
    }
    space[name] = { ...readParameter(name, written), ...(condition ? { when: condition } : {}) }
  }
  return space
}

function readParameter(name: string, written: ParameterInput): Parameter {
  if ('categorical' in written) {
    if (new Set(written.categorical).size < written.categorical.length) {
      throw new InvalidArgumentError(`parameter ${name} repeats a choice; expected distinct choices`)
    }
    return { kind: 'categorical', choices: written.categorical }
  }
  const [low, high] = 'float' in written ? written.float : written.int
  if (!(low <= high) || !Number.isFinite(low) || !Number.isFinite(high)) {
    throw new InvalidArgumentError(`parameter ${name} ranges from ${low} to ${high}; expected finite low <= high`)
  }
  const log = written.log ?? false
  if (log && low <= 0) {
    throw new InvalidArgumentError(`parameter ${name} is logarithmic from ${low}; expected a positive lower bound`)
  }
  if ('int' in written) return { kind: 'int', low, high, log, step: written.step ?? 1 }
  return { kind: 'float', low, high, log, ...(written.step === undefined ? {} : { step: written.step }) }
}

/** Whether a parameter exists for a point, given its condition. */
export function isActive(parameter: Parameter, point: Readonly<Record<string, ParameterValue>>): boolean {
  const { when } = parameter
  if (!when) return true
  const upstream = point[when.parameter]
  return upstream !== undefined && when.in.includes(upstream)
}
