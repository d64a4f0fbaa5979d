import { InvalidInputError } from '../errors.ts'

interface NumberLimits {
  readonly integer?: boolean
  /** @defaultValue any number */
  readonly minimum?: number
  readonly maximum?: number
  /** The value must be larger than this. */
  readonly above?: number
}

/**
 * Parses a numeric option, for commander's `argParser`.
 *
 * @throws InvalidInputError naming the option: `--jobs is "two"; expected an integer of at least 1`.
 * @example
 * numberOption('--jobs', { integer: true, minimum: 1 })('4') // 4
 * numberOption('--jobs', { integer: true, minimum: 1 })('two') // throws InvalidInputError: --jobs is "two"; expected
 */
export function numberOption(name: string, limits: NumberLimits = {}): (written: string) => number {
  return (written) => {
    const value = written.trim() === '' ? Number.NaN : Number(written)
    const bad =
      !Number.isFinite(value) ||
      (limits.integer === true && !Number.isSafeInteger(value)) ||
      (limits.minimum !== undefined && value < limits.minimum) ||
      (limits.maximum !== undefined && value > limits.maximum) ||
      (limits.above !== undefined && value <= limits.above)
    if (bad) throw new InvalidInputError(`${name} is "${written}"; expected ${describe(limits)}`)
    return value
  }
}

/** Parses a comma-separated list of distinct numbers. */
export function numberListOption(name: string, limits: NumberLimits = {}): (written: string) => readonly number[] {
  const parse = numberOption(name, limits)
  return (written) => [...new Set(written.split(',').map((part) => parse(part)))]
}

/** Parses a comma-separated list of distinct names. */
export function nameListOption(name: string): (written: string) => readonly string[] {
  return (written) => {
    const names = written.split(',').map((part) => part.trim())
    if (names.some((part) => part === '')) {
      throw new InvalidInputError(`${name} is "${written}"; expected names separated by commas`)
    }
    return [...new Set(names)]
  }
}

function describe({ integer, minimum, maximum, above }: NumberLimits): string {
  const kind = integer ? 'an integer' : 'a number'
  if (minimum !== undefined && maximum !== undefined) return `${kind} from ${minimum} to ${maximum}`
  if (minimum !== undefined) return `${kind} of at least ${minimum}`
  if (above !== undefined) return `${kind} above ${above}`
  return kind
}
