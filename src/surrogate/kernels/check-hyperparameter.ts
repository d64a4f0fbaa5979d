import { InvalidArgumentError } from '../../errors.ts'

/** Throws `lengthScales[2] is -0.1; expected a positive number` unless the value is positive and finite. */
export function checkPositive(name: string, value: number): number {
  if (!(value > 0) || !Number.isFinite(value)) {
    throw new InvalidArgumentError(`${name} is ${value}; expected a positive number`)
  }
  return value
}

/** Reads `count` hyper-parameter values from `offset`, naming the one that is missing or not positive. */
export function takePositive(values: ArrayLike<number>, offset: number, count: number, name: string): number[] {
  const taken: number[] = []
  for (let i = 0; i < count; i++) taken.push(checkPositive(`${name}[${i}]`, values[offset + i] ?? Number.NaN))
  return taken
}
