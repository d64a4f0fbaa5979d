/**
 * Parameters that exist together, which are estimated jointly.
 *
 * Conditions are known from the space, so its branches are too. Parameters with the same chain of conditions form a
 * group, as in Optuna's group-decomposed search space. No branch has to be observed first.
 *
 * @module
 */
import { isActive, type Parameter, type ParameterValue, type Space } from '../../space/parameter.ts'
import { fromCoordinate, type ParzenDimension, parzenDimension, toCoordinate } from '../../surrogate/parzen/index.ts'

type Values = Readonly<Record<string, ParameterValue>>

export interface ParameterGroup {
  readonly dimensions: readonly ParzenDimension[]
  /** Whether the group exists, given the values of the groups before it. */
  isActive(values: Values): boolean
  /** Coordinates; `undefined` where the group does not exist. */
  pointOf(values: Values): number[] | undefined
  /** Writes the values of the point at an offset, and of parameters with one value only, into `values`. */
  read(points: Float64Array, offset: number, values: Record<string, ParameterValue>): void
}

/** @param jointly Whether the parameters of a branch are one group, or each is its own. */
export function groupParameters(space: Space, jointly: boolean): ParameterGroup[] {
  const chains = new Map<string, string>()
  const groups = new Map<string, [string, Parameter][]>()
  for (const [name, parameter] of Object.entries(space)) {
    const { when } = parameter
    const chain = when ? JSON.stringify([chains.get(when.parameter), when.parameter, when.in]) : ''
    chains.set(name, chain)
    const key = jointly ? chain : name
    const members = groups.get(key)
    if (members) members.push([name, parameter])
    else groups.set(key, [[name, parameter]])
  }
  return [...groups.values()].map(createGroup)
}

function createGroup(members: readonly (readonly [string, Parameter])[]): ParameterGroup {
  const [, first] = members[0]!
  const varying: { readonly name: string; readonly parameter: Parameter; readonly dimension: ParzenDimension }[] = []
  const constants: (readonly [string, ParameterValue])[] = []
  for (const [name, parameter] of members) {
    const dimension = parzenDimension(parameter)
    if (dimension) varying.push({ name, parameter, dimension })
    else constants.push([name, parameter.kind === 'categorical' ? parameter.choices[0]! : parameter.low])
  }
  return {
    dimensions: varying.map(({ dimension }) => dimension),
    isActive: (values) => isActive(first, values),
    pointOf: (values) =>
      isActive(first, values) && varying.every(({ name }) => values[name] !== undefined)
        ? varying.map(({ name, parameter, dimension }) => toCoordinate(dimension, parameter, values[name]!))
        : undefined,
    read(points, offset, values) {
      for (const [name, value] of constants) values[name] = value
      for (const [index, { name, parameter, dimension }] of varying.entries()) {
        values[name] = fromCoordinate(dimension, parameter, points[offset + index]!)
      }
    },
  }
}
