import { InvalidInputError } from '../errors.ts'
import type { Candidate } from '../prompt/candidate.ts'
import { isActive, type Parameter, type ParameterValue, type Space } from '../space/parameter.ts'

/**
 * Holds the values that prompts state themselves to the task's `parameters`.
 *
 * @returns A warning where parameters would not vary: no prompt states a value.
 * @throws InvalidInputError for a name that is not among them, or a value outside its range.
 */
export function checkParameters(space: Space, pool: readonly Candidate[], where: string): string | undefined {
  const names = Object.keys(space)
  if (names.length === 0) return undefined
  for (const { id, parameters = {} } of pool) {
    for (const [name, value] of Object.entries(parameters)) {
      const parameter = Object.hasOwn(space, name) ? space[name] : undefined
      if (!parameter) {
        throw new InvalidInputError(`prompt ${id} has a parameter ${name}, which is not among the task's parameters`, {
          where,
          remedy: `Known parameters: ${names.join(', ')}.`,
        })
      }
      if (isActive(parameter, parameters) && contains(parameter, value)) continue
      throw new InvalidInputError(
        `prompt ${id} has ${name}: ${JSON.stringify(value)}; expected ${rangeOf(parameter)}`,
        {
          where,
          remedy: 'Correct the value, or widen the parameter.',
        },
      )
    }
  }
  if (pool.some(({ parameters }) => parameters && Object.keys(parameters).length > 0)) return undefined
  return `parameters (${names.join(', ')}) are not varied: no prompt states a value. List a prompt once per value, as in {"text": "…", "parameters": {"${names[0]}": …}}`
}

function contains(parameter: Parameter, value: ParameterValue): boolean {
  if (parameter.kind === 'categorical') return parameter.choices.includes(value)
  if (typeof value !== 'number' || !(value >= parameter.low && value <= parameter.high)) return false
  return parameter.kind === 'float' || Number.isInteger(value)
}

function rangeOf(parameter: Parameter): string {
  if (parameter.kind === 'categorical')
    return `one of ${parameter.choices.map((choice) => JSON.stringify(choice)).join(', ')}`
  const kind = parameter.kind === 'int' ? 'a whole number' : 'a number'
  const when = parameter.when ? `, where ${parameter.when.parameter} is ${parameter.when.in.join(' or ')}` : ''
  return `${kind} from ${parameter.low} to ${parameter.high}${when}`
}
