import * as z from 'zod'
import { showValue } from '../../prompt/template.ts'
import type { Metric } from './metric.ts'
import type { MetricDefinition } from './metric-definition.ts'
import { numberAtStart, readNumber, readNumbers, unifyNumbers } from './read-number.ts'
import { expectedGot, quote } from './show-difference.ts'

const TOLERANCE = 1e-6

export interface NumericOptions {
  /** Largest permitted absolute difference. @defaultValue 1e-6, or that share of an expected number below 1 */
  readonly tolerance?: number | undefined
  /** Largest permitted difference as a share of the expected number. @defaultValue 0 */
  readonly relative?: number | undefined
  /** Which number of the answer counts: reasoning ends with it, terse answers begin with it. @defaultValue 'last' */
  readonly position?: 'first' | 'last' | undefined
}

/**
 * Right when the answer's number equals the expected one. A number marked as the answer (`#### 5`, `\boxed{5}`,
 * `**Answer:** 5`) goes before the last or first number of the text.
 *
 * @example
 * numeric().score('3 + 4 = 7, so the answer is 7.', { ...example, expected: '7' }) // 1
 */
export function numeric({ tolerance, relative = 0, position = 'last' }: NumericOptions = {}): Metric {
  return {
    name: 'numeric',
    score(output, example) {
      const expected = readNumber(showValue(example.expected ?? ''))
      const found = findNumber(output, position)
      if (found === undefined || expected === undefined) return 0
      const size = Math.abs(expected)
      const allowed = tolerance ?? TOLERANCE * (size === 0 ? 1 : Math.min(1, size))
      return Math.abs(found - expected) <= Math.max(allowed, relative * size) ? 1 : 0
    },
    explain(output, example) {
      const found = findNumber(output, position)
      return expectedGot(
        showValue(example.expected ?? ''),
        found === undefined ? `no number in ${quote(output)}` : `${found}`,
      )
    },
  }
}

const MARK = /####|\\boxed\s?\{|(?<![\p{L}\p{N}])answer(?![\p{L}\p{N}])/giu
/** What may stand between such a mark and its number. */
const BETWEEN = /(?:[\s*_`~:="'([{\\<]|\b(?:is|equals|approximately|about)\b|[≈→]|\b[a-z]\s?=)+/iuy

/** The number a text gives as its answer. */
export function findNumber(text: string, position: 'first' | 'last'): number | undefined {
  const unified = unifyNumbers(text)
  const marked = [...unified.matchAll(MARK)].flatMap((match) => {
    BETWEEN.lastIndex = match.index + match[0].length
    const start = BETWEEN.lastIndex + (BETWEEN.exec(unified)?.[0].length ?? 0)
    const rest = unified.slice(start, start + 400)
    const found = numberAtStart(rest)
    return found ? [resultOf(found.value, rest.slice(found.end))] : []
  })
  const numbers = marked.length > 0 ? marked : readNumbers(unified)
  const number = position === 'first' ? numbers[0] : numbers.at(-1)
  return Number.isNaN(number) ? undefined : number
}

const MORE = /^\s*(?:[-+*/×÷·]|to|or|and)\s*[-+(]?\d/iu

/** The result of a sum, `3 + 4 = 7`; of a range or several numbers none, which is NaN. */
function resultOf(number: number, rest: string): number {
  const [line] = rest.split('\n', 1)
  if (!MORE.test(line!)) return number
  const equals = line!.lastIndexOf('=')
  return (equals < 0 ? undefined : numberAtStart(line!.slice(equals + 1).trimStart())?.value) ?? Number.NaN
}

export const numericMetric: MetricDefinition<NumericOptions> = {
  name: 'numeric',
  page: {
    rightWhen: "the answer's number equals the expected one",
    settings: '`tolerance` (1e-6, or that share of a number below 1), `relative` (0), `position` (last, or first)',
    expected: 'a number',
  },
  options: z.strictObject({
    tolerance: z.number().nonnegative().optional(),
    relative: z.number().nonnegative().optional(),
    position: z.enum(['first', 'last']).optional(),
  }),
  maxOutputTokens: 256,
  checkExpected(expected) {
    if (typeof expected === 'number') return undefined
    const number = typeof expected === 'string' ? readNumber(expected) : undefined
    return number === undefined ? { needs: 'a number' } : undefined
  },
  create: numeric,
}
