import * as z from 'zod'
import { showValue } from '../../prompt/template.ts'
import type { Metric } from './metric.ts'
import { expectText, type MetricDefinition } from './metric-definition.ts'
import { sameText } from './normalize.ts'
import { expectedGot, quote } from './show-difference.ts'

/**
 * Right when the whole answer is the expected text. Case, white space and what quotes, emphasizes or ends a sentence
 * around it do not matter, unless it must match to the letter. An empty answer is never right.
 *
 * @example
 * exactMatch({ normalize: true }).score(' "Paris". ', { ...example, expected: 'Paris' }) // 1
 */
export function exactMatch({ normalize = true }: { normalize?: boolean | undefined } = {}): Metric {
  const same = normalize ? sameText : (answer: string, expected: string) => answer === expected
  return {
    name: 'exact-match',
    score(output, example) {
      const expected = showValue(example.expected ?? '')
      return output.trim().length > 0 && same(output, expected) ? 1 : 0
    },
    explain: (output, example) => expectedGot(quote(showValue(example.expected ?? '')), quote(output)),
  }
}

export const exactMatchMetric: MetricDefinition<{ normalize?: boolean | undefined }> = {
  name: 'exact-match',
  page: {
    rightWhen: 'the whole answer is the expected text',
    settings: '`normalize` (true)',
    expected: 'a text',
  },
  options: z.strictObject({ normalize: z.boolean().optional() }),
  maxOutputTokens: 64,
  checkExpected: expectText,
  create: exactMatch,
}
