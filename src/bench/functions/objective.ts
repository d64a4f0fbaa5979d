import type { Parameter, ParameterValue } from '../../space/parameter.ts'

/** A problem whose best value is known, to be minimized. */
export interface ObjectiveFunction {
  readonly name: string
  readonly space: Readonly<Record<string, Parameter>>
  /** The least value over the space. */
  readonly minimum: number
  /** Where the function comes from. */
  readonly source: string
  /** Standard deviation of what is added to a measurement; 0 when deterministic. */
  readonly noise: number
  value(point: Readonly<Record<string, ParameterValue>>): number
}

export interface ContinuousOptions {
  readonly name: string
  readonly bounds: readonly (readonly [number, number])[]
  readonly minimum: number
  readonly source: string
  readonly noise?: number
  readonly evaluate: (x: readonly number[]) => number
}

/** A function of numbers x0, x1, … */
export function continuousFunction(options: ContinuousOptions): ObjectiveFunction {
  const space: Record<string, Parameter> = {}
  for (const [d, [low, high]] of options.bounds.entries()) space[`x${d}`] = { kind: 'float', low, high, log: false }
  return {
    name: options.name,
    space,
    minimum: options.minimum,
    source: options.source,
    noise: options.noise ?? 0,
    value: (point) => options.evaluate(options.bounds.map((_, d) => Number(point[`x${d}`]))),
  }
}
