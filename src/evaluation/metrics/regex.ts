import { InvalidInputError } from '../../errors.ts'
import { showValue } from '../../space/template.ts'
import type { Metric } from './metric.ts'

/** Answers longer than this are cut before matching: a pattern's worst case grows with the text. */
const LONGEST = 100_000

/**
 * Right when a pattern matches: one for all examples, or each example's `expected`.
 *
 * @throws InvalidInputError when `pattern` is no regular expression. An example's own bad pattern fails that cell.
 * @example
 * regex({ pattern: '^\\s*\\d+' }).score('42 apples', example) // 1
 */
export function regex({ pattern, flags = 'iu' }: { pattern?: string; flags?: string } = {}): Metric {
  const compiled = new Map<string, RegExp>()
  const compile = (source: string) => {
    let expression = compiled.get(source)
    if (!expression) {
      try {
        expression = new RegExp(source, flags.replace(/[gy]/g, ''))
      } catch (cause) {
        throw new InvalidInputError(`/${source}/${flags} is no regular expression`, {
          remedy: 'Correct the pattern.',
          cause,
        })
      }
      compiled.set(source, expression)
    }
    return expression
  }
  if (pattern !== undefined) compile(pattern)
  return {
    name: 'regex',
    score: (output, example) =>
      compile(pattern ?? showValue(example.expected ?? '')).test(output.slice(0, LONGEST)) ? 1 : 0,
  }
}
