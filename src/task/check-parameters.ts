import { InvalidInputError } from '../errors.ts'
import type { Candidate } from '../prompt/candidate.ts'
import { decidingParameters, type StagedProgram } from '../prompt/staged-program.ts'
import type { Template } from '../prompt/template.ts'
import { isActive, isOnStep, type Parameter, type ParameterValue, type Space } from '../space/parameter.ts'

/**
 * Holds the values that a prompt states itself to the task's `parameters`, where there are any.
 *
 * @throws InvalidInputError for a name that is not among them, or a value outside its range.
 */
export function checkParameters(space: Space, { id, parameters = {} }: Candidate, where: string): void {
  const names = Object.keys(space)
  if (names.length === 0) return
  for (const [name, value] of Object.entries(parameters)) {
    const parameter = Object.hasOwn(space, name) ? space[name] : undefined
    if (!parameter) {
      throw new InvalidInputError(`prompt ${id} has a parameter ${name}, which is not among the task's parameters`, {
        where,
        remedy: `Known parameters: ${names.join(', ')}.`,
      })
    }
    if (isPossible(parameter, parameters) && isWithin(parameter, value)) continue
    throw new InvalidInputError(`prompt ${id} has ${name}: ${JSON.stringify(value)}; expected ${rangeOf(parameter)}`, {
      where,
      remedy: 'Correct the value, or widen the parameter.',
    })
  }
}

/** What is read of a candidate, whatever a template names. */
const SAMPLING = ['temperature', 'topP', 'maxOutputTokens']

/**
 * Refuses parameters that would change nothing.
 *
 * @throws InvalidInputError for one that neither sampling nor the template reads, and no condition asks about.
 */
export function checkUsed(space: Space, { variables }: Template, where: string): void {
  const unused = unusedOf(space, variables)
  if (unused === undefined) return
  throw new InvalidInputError(`parameter ${unused} changes nothing: the template does not name it`, {
    where,
    remedy: `Put {{${unused}}} into the template, or take the parameter out. ${SAMPLING.join(', ')} need no mention.`,
  })
}

/**
 * The same for a program: a parameter may also decide on stages, and set how one of them samples.
 *
 * @throws InvalidInputError for one that no stage reads, and nothing asks about.
 */
export function checkUsedByStages(space: Space, program: StagedProgram, where: string): void {
  const read = program.stages.flatMap(({ name, template }) => [
    ...template.variables,
    ...SAMPLING.map((key) => `${name}.${key}`),
  ])
  const unused = unusedOf(space, [...read, ...decidingParameters(program)])
  if (unused === undefined) return
  throw new InvalidInputError(`parameter ${unused} changes nothing: no stage reads it`, {
    where,
    remedy: `Put {{${unused}}} into a template, name it in when or rounds, or take it out. ${SAMPLING.join(', ')}, and STAGE.temperature and so on, need no mention.`,
  })
}

function unusedOf(space: Space, read: readonly string[]): string | undefined {
  const conditions = Object.values(space).flatMap(({ when }) => when?.parameter ?? [])
  return Object.keys(space).find((name) => ![...SAMPLING, ...read, ...conditions].includes(name))
}

/** A condition on what the prompt leaves open may hold. */
function isPossible(parameter: Parameter, stated: Readonly<Record<string, ParameterValue>>): boolean {
  return parameter.when === undefined || stated[parameter.when.parameter] === undefined || isActive(parameter, stated)
}

/** Whether a parameter can have a value, its condition aside. */
export function isWithin(parameter: Parameter, value: ParameterValue): boolean {
  if (parameter.kind === 'categorical') return parameter.choices.includes(value)
  if (typeof value !== 'number' || !(value >= parameter.low && value <= parameter.high)) return false
  return parameter.step === undefined || isOnStep(value, parameter.low, parameter.step)
}

/** What it can take, in words. */
export function rangeOf(parameter: Parameter): string {
  if (parameter.kind === 'categorical')
    return `one of ${parameter.choices.map((choice) => JSON.stringify(choice)).join(', ')}`
  const kind = parameter.kind === 'int' ? 'a whole number' : 'a number'
  const when = parameter.when ? `, where ${parameter.when.parameter} is ${parameter.when.in.join(' or ')}` : ''
  const steps = parameter.step === undefined || parameter.step === 1 ? '' : ` in steps of ${parameter.step}`
  return `${kind} from ${parameter.low} to ${parameter.high}${steps}${when}`
}
