/**
 * Parameters as coordinates, for models that see numbers.
 *
 *   continuous    [0, 1], linear or logarithmic between the bounds
 *   ordered       whole numbers and steps: [0, 1], one evenly spaced (on the parameter's own scale) coordinate per level
 *   categorical   the index of the choice: equal or not, never near or far
 *
 * A parameter whose condition does not hold stands at the middle of its range (first choice), so that it neither
 * separates nor joins points. The parameter it depends on does.
 *
 * @module
 */
import { InvalidArgumentError, KrigeError } from '../errors.ts'
import { isActive, type Parameter, type ParameterValue, type Space } from './parameter.ts'

export interface Coordinate {
  readonly name: string
  readonly kind: 'continuous' | 'ordered' | 'categorical'
  /** How many values it can take; `Infinity` when continuous. */
  readonly levels: number
}

export interface SpaceEncoding {
  readonly dimension: number
  readonly coordinates: readonly Coordinate[]
  /** Indices of the categorical coordinates. */
  readonly categorical: readonly number[]
  /** An upper bound on the number of distinct points; `Infinity` when a coordinate is continuous. */
  readonly size: number
  /** @throws InvalidArgumentError on a value outside the parameter. */
  encode(values: Readonly<Record<string, ParameterValue>>): Float64Array
  /** The nearest point of the space; parameters whose condition does not hold are left out. */
  decode(x: ArrayLike<number>): Record<string, ParameterValue>
  /** The coordinates of the nearest point of the space. */
  snap(x: ArrayLike<number>): Float64Array
  /** Whether each coordinate matters at x, given the conditions. */
  active(x: ArrayLike<number>): boolean[]
  /** Maps a point of the unit cube, for example a Sobol point, to coordinates, uniformly over the levels. */
  fromUniform(u: ArrayLike<number>): Float64Array
  /** Every distinct point, where there are at most `limit` of them. */
  enumerate(limit: number): Float64Array[] | undefined
  /** Coordinate values of a level from 0, for ordered and categorical coordinates. */
  level(coordinate: number, index: number): number
  /** The level nearest to a coordinate value. */
  levelOf(coordinate: number, value: number): number
}

/** How one parameter becomes one coordinate. */
interface Axis {
  readonly name: string
  readonly parameter: Parameter
  readonly kind: Coordinate['kind']
  readonly levels: number
  readonly center: number
  encode(value: ParameterValue): number
  decode(coordinate: number): ParameterValue
  level(index: number): number
  levelOf(coordinate: number): number
}

/**
 * @example
 * const encoding = encodeSpace(defineSpace({ rate: { float: [1e-5, 1], log: true }, shots: { int: [0, 8] } }))
 * encoding.encode({ rate: 1e-5, shots: 4 }) // [0, 0.5]
 * encoding.decode([1, 0.49]) // { rate: 1, shots: 4 }
 */
export function encodeSpace(space: Space): SpaceEncoding {
  const axes = Object.entries(space).map(([name, parameter]) => axisOf(name, parameter))

  const decode = (x: ArrayLike<number>): Record<string, ParameterValue> => {
    const values: Record<string, ParameterValue> = {}
    for (const [d, axis] of axes.entries()) {
      if (isActive(axis.parameter, values)) values[axis.name] = axis.decode(x[d]!)
    }
    return values
  }
  const encode = (values: Readonly<Record<string, ParameterValue>>): Float64Array =>
    Float64Array.from(axes, (axis) => {
      const value = values[axis.name]
      return value === undefined || !isActive(axis.parameter, values) ? axis.center : axis.encode(value)
    })

  /** Without conditions every coordinate is snapped on its own. */
  const unconditional = axes.every(({ parameter }) => parameter.when === undefined)

  return {
    dimension: axes.length,
    coordinates: axes.map(({ name, kind, levels }) => ({ name, kind, levels })),
    categorical: axes.flatMap((axis, d) => (axis.kind === 'categorical' ? [d] : [])),
    size: axes.reduce((size, axis) => size * axis.levels, 1),
    encode,
    decode,
    snap(x) {
      if (!unconditional) return encode(decode(x))
      const snapped = new Float64Array(axes.length)
      for (let d = 0; d < snapped.length; d++) {
        const axis = axes[d]!
        snapped[d] = axis.encode(axis.decode(x[d]!))
      }
      return snapped
    },
    active(x) {
      if (unconditional) return new Array<boolean>(axes.length).fill(true)
      const values = decode(x)
      return axes.map((axis) => axis.name in values)
    },
    fromUniform(u) {
      const x = new Float64Array(axes.length)
      for (let d = 0; d < x.length; d++) {
        const axis = axes[d]!
        if (axis.kind === 'continuous') x[d] = Math.min(Math.max(u[d]!, 0), 1)
        else x[d] = axis.level(Math.min(Math.floor(u[d]! * axis.levels), axis.levels - 1))
      }
      return x
    },
    enumerate(limit) {
      if (axes.reduce((size, axis) => size * axis.levels, 1) > limit) return undefined
      const met = new Map<string, Float64Array>()
      const levels = new Array<number>(axes.length).fill(0)
      for (;;) {
        // Points that differ only in parameters whose condition does not hold are one point.
        const x = encode(decode(levels.map((index, d) => axes[d]!.level(index))))
        met.set(x.join(), x)
        let d = 0
        while (d < axes.length && ++levels[d]! === axes[d]!.levels) levels[d++] = 0
        if (d === axes.length) return [...met.values()]
      }
    },
    level: (d, index) => axes[d]!.level(index),
    levelOf: (d, value) => axes[d]!.levelOf(value),
  }
}

/** A candidate that a user put into the pool may lie outside the space: it teaches nothing about it. */
export function encodeOrUndefined(
  encoding: SpaceEncoding,
  point: Readonly<Record<string, ParameterValue>>,
): Float64Array | undefined {
  try {
    return encoding.encode(point)
  } catch (error) {
    if (KrigeError.isInstance(error)) return undefined
    throw error
  }
}

function axisOf(name: string, parameter: Parameter): Axis {
  if (parameter.kind === 'categorical') {
    const { choices } = parameter
    const clamp = (coordinate: number) => Math.min(Math.max(Math.round(coordinate), 0), choices.length - 1)
    return {
      name,
      parameter,
      kind: 'categorical',
      levels: choices.length,
      center: 0,
      encode(value) {
        const index = choices.indexOf(value)
        if (index < 0) {
          throw new InvalidArgumentError(
            `parameter ${name} is ${JSON.stringify(value)}; expected one of ${JSON.stringify(choices)}`,
          )
        }
        return index
      },
      decode: (coordinate) => choices[clamp(coordinate)]!,
      level: (index) => index,
      levelOf: clamp,
    }
  }
  const { low, high, log } = parameter
  const step = parameter.step
  const forward = (value: number) => (log ? Math.log(value) : value)
  const span = forward(high) - forward(low)
  const unit = (value: number) => (span > 0 ? (forward(value) - forward(low)) / span : 0.5)
  const inverse = (coordinate: number) => {
    const inside = forward(low) + Math.min(Math.max(coordinate, 0), 1) * span
    return Math.min(Math.max(log ? Math.exp(inside) : inside, low), high)
  }
  const read = (value: ParameterValue): number => {
    if (typeof value !== 'number' || !(value >= low && value <= high)) {
      throw new InvalidArgumentError(
        `parameter ${name} is ${JSON.stringify(value)}; expected a number from ${low} to ${high}`,
      )
    }
    return unit(value)
  }
  if (step === undefined && high > low) {
    const unordered = () => {
      throw new InvalidArgumentError(`parameter ${name} is continuous; expected one with levels`)
    }
    return {
      name,
      parameter,
      kind: 'continuous',
      levels: Number.POSITIVE_INFINITY,
      center: 0.5,
      encode: read,
      decode: inverse,
      level: unordered,
      levelOf: unordered,
    }
  }
  // The tolerance forgives (high − low)/step falling an ulp short of a whole number.
  const levels = step === undefined ? 1 : Math.floor((high - low) / step + 1e-9) + 1
  const decimals = Math.max(decimalsOf(low), decimalsOf(step ?? 0))
  // Low and step are decimal numbers, and so are the values between: 0.3, not 0.1 + 0.1 + 0.1.
  const valueAt = (index: number) =>
    index === 0 || step === undefined ? low : Math.min(Number((low + index * step).toFixed(decimals)), high)
  const indexOf = (coordinate: number) => {
    if (levels === 1 || step === undefined) return 0
    const nearest = Math.min(Math.max(Math.round((inverse(coordinate) - low) / step), 0), levels - 1)
    if (!log) return nearest
    // On a logarithmic scale the nearest level is nearest in logarithms, not in value.
    let best = nearest
    for (const index of [nearest - 1, nearest + 1]) {
      if (index < 0 || index >= levels) continue
      if (Math.abs(unit(valueAt(index)) - coordinate) < Math.abs(unit(valueAt(best)) - coordinate)) best = index
    }
    return best
  }
  return {
    name,
    parameter,
    kind: 'ordered',
    levels,
    center: levels === 1 ? unit(low) : unit(valueAt(Math.floor(levels / 2))),
    encode: (value) => unit(valueAt(indexOf(read(value)))),
    decode: (coordinate) => valueAt(indexOf(coordinate)),
    level: (index) => unit(valueAt(index)),
    levelOf: indexOf,
  }
}

/** Digits after the point in the shortest way to write a number; toFixed knows a hundred. */
function decimalsOf(value: number): number {
  const [mantissa = '', exponent = '0'] = String(value).split('e')
  const digits = mantissa.split('.')[1]?.length ?? 0
  return Math.min(100, Math.max(0, digits - Number(exponent)))
}
