import { showValue } from '../../space/template.ts'
import type { Metric } from './metric.ts'

export interface NumericOptions {
  /** Largest permitted absolute difference. @defaultValue 1e-6 */
  readonly tolerance?: number
  /** Largest permitted difference as a share of the expected number. @defaultValue 0 */
  readonly relative?: number
  /** Which number of the answer counts: reasoning ends with it, terse answers begin with it. @defaultValue 'last' */
  readonly position?: 'first' | 'last'
}

const NUMBER = /[-+−]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+)(?:e[-+]?\d+)?/giu
const MARKED = /(?:####|\\boxed\{|(?:final )?answer(?: is)?\s*[:=]?)\s*\$?\s*([-+−]?[\d.,]*\d(?:e[-+]?\d+)?)/giu

/**
 * Right when the answer's number equals the expected one. A number marked as the answer (`#### 5`, `\boxed{5}`,
 * `answer: 5`) goes before the last or first number of the text.
 *
 * @example
 * numeric().score('3 + 4 = 7, so the answer is 7.', { ...example, expected: '7' }) // 1
 */
export function numeric({ tolerance = 1e-6, relative = 0, position = 'last' }: NumericOptions = {}): Metric {
  return {
    name: 'numeric',
    score(output, example) {
      const expected = toNumber(showValue(example.expected ?? ''))
      const found = findNumber(output, position)
      if (found === undefined) return 0
      return Math.abs(found - expected) <= Math.max(tolerance, relative * Math.abs(expected)) ? 1 : 0
    },
  }
}

/** The number a text gives as its answer. */
export function findNumber(text: string, position: 'first' | 'last'): number | undefined {
  const marked = [...text.matchAll(MARKED)].map((match) => match[1]!)
  const plain = [...text.matchAll(NUMBER)].map((match) => match[0])
  const numbers = (marked.length > 0 ? marked : plain).map(toNumber).filter((number) => Number.isFinite(number))
  return position === 'first' ? numbers[0] : numbers.at(-1)
}

function toNumber(text: string): number {
  return Number(text.trim().replaceAll(',', '').replace('−', '-'))
}
