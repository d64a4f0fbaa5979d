import * as z from 'zod'
import type { Example } from '../../prompt/example.ts'
import { showValue } from '../../prompt/template.ts'
import type { Metric } from './metric.ts'
import type { MetricDefinition } from './metric-definition.ts'
import { foldText } from './normalize.ts'
import { quote } from './show-difference.ts'

/**
 * The share of expected texts that occur in the answer.
 *
 * @example
 * contains().score('Refund within 14 days.', { ...example, expected: ['refund', '30 days'] }) // 0.5
 */
export function contains({ caseSensitive = false }: { caseSensitive?: boolean | undefined } = {}): Metric {
  const read = caseSensitive ? (text: string) => text : foldText
  const textsOf = ({ expected = '' }: Example) => (Array.isArray(expected) ? expected : [expected]).map(showValue)
  const missing = (output: string, texts: readonly string[]) => {
    const folded = read(output)
    return texts.filter((text) => !folded.includes(read(text)))
  }
  return {
    name: 'contains',
    score(output, example) {
      const texts = textsOf(example)
      return (texts.length - missing(output, texts).length) / texts.length
    },
    explain: (output, example) => `missing ${missing(output, textsOf(example)).map(quote).join(', ')}`,
  }
}

export const containsMetric: MetricDefinition<{ caseSensitive?: boolean | undefined }> = {
  name: 'contains',
  page: {
    rightWhen: 'share of expected texts in the answer',
    settings: '`caseSensitive` (false)',
    expected: 'a text or a list',
  },
  options: z.strictObject({ caseSensitive: z.boolean().optional() }),
  maxOutputTokens: 256,
  checkExpected(expected) {
    const texts = Array.isArray(expected) ? expected : [expected]
    return texts.length > 0 && texts.every((text) => typeof text === 'string' && text.trim().length > 0)
      ? undefined
      : { needs: 'a string or a list of strings, none of them empty' }
  },
  create: contains,
}
