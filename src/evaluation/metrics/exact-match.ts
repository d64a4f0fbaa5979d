import { showValue } from '../../space/template.ts'
import type { Metric } from './metric.ts'
import { normalizeText } from './normalize.ts'

/**
 * Right when the whole answer is the expected text: up to case, white space and outer punctuation, or to the letter.
 *
 * @example
 * exactMatch({ normalize: true }).score(' "Paris". ', { ...example, expected: 'Paris' }) // 1
 */
export function exactMatch({ normalize = true }: { normalize?: boolean } = {}): Metric {
  const read = normalize ? normalizeText : (text: string) => text
  return {
    name: 'exact-match',
    score: (output, example) => (read(output) === read(showValue(example.expected ?? '')) ? 1 : 0),
  }
}
