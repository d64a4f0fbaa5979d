/**
 * The product of prompts and the task's `parameters`: a prompt becomes a candidate per combination of values.
 *
 * @module
 */
import type { Candidate } from '../prompt/candidate.ts'
import { encodeSpace } from '../space/encoding.ts'
import { isActive, type Parameter, type ParameterValue, type Space } from '../space/parameter.ts'

/** Of a number's range, where it has more: they stand evenly on its own scale, both ends among them. */
const MOST_VALUES = 5
/** Digits of a value that no step asks for. */
const DIGITS = 3

/**
 * One candidate per combination of the values it does not state itself, in the order of the parameters. Only the
 * candidate where it states all of them. Where a condition does not hold, its parameter is left out.
 *
 * @example
 * const space = defineSpace({ temperature: { categorical: [0, 0.7] } })
 * crossParameters({ id: 'short', text: 'Label it.' }, space).map(({ id }) => id) // ['short@temperature=0', 'short@temperature=0.7']
 */
export function crossParameters(candidate: Candidate, space: Space): Candidate[] {
  const own = candidate.parameters ?? {}
  let points: Readonly<Record<string, ParameterValue>>[] = [{}]
  for (const [name, parameter] of Object.entries(space)) {
    const stated = own[name]
    const values = stated === undefined ? valuesOf(name, parameter) : [stated]
    points = points.flatMap((point) =>
      isActive(parameter, point) ? values.map((value) => ({ ...point, [name]: value })) : [point],
    )
  }
  return points.map((parameters) => {
    const made = Object.entries(parameters).filter(([name]) => own[name] === undefined)
    if (made.length === 0) return candidate
    const id = `${candidate.id}@${made.map(([name, value]) => `${name}=${value}`).join(',')}`
    return { ...candidate, id, parameters: { ...own, ...parameters } }
  })
}

/**
 * How many candidates {@link crossParameters} makes of a prompt that states nothing, at most: conditions leave some out.
 *
 * @example
 * combinations(defineSpace({ temperature: { float: [0, 1] }, style: { categorical: ['terse', 'formal'] } })) // 10
 */
export function combinations(space: Space): number {
  return Object.entries(space).reduce((product, [name, parameter]) => product * valuesOf(name, parameter).length, 1)
}

function valuesOf(name: string, parameter: Parameter): readonly ParameterValue[] {
  if (parameter.kind === 'categorical') return parameter.choices
  const { when: _, ...free } = parameter
  const axis = encodeSpace({ [name]: free })
  const { levels } = axis.coordinates[0]!
  const at = (share: number) => {
    // The logarithm and back would miss the lower bound by an ulp.
    if (share === 0) return parameter.low
    const value = Number(axis.decode([share])[name])
    const short = Number(value.toPrecision(DIGITS))
    return parameter.step === undefined && short > parameter.low && short < parameter.high ? short : value
  }
  const count = Math.min(levels, MOST_VALUES)
  if (count === 1) return [at(0)]
  const shares = Array.from({ length: count }, (_, index) =>
    levels > MOST_VALUES ? index / (count - 1) : axis.level(0, index),
  )
  return [...new Set(shares.map(at))]
}
