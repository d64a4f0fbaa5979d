import * as z from 'zod'
import type { Example } from '../../prompt/example.ts'
import { showValue } from '../../prompt/template.ts'
import type { Metric } from './metric.ts'
import { expectText, type MetricDefinition } from './metric-definition.ts'
import { foldText } from './normalize.ts'
import { expectedGot, quote } from './show-difference.ts'

const ESCAPE = /[.*+?^${}()|[\]\\/]/g
/** Scripts that write words without spaces between them, where a label may begin and end anywhere. */
const UNSPACED = 'Han Hiragana Katakana Bopomofo Yi Thai Lao Khmer Myanmar Tibetan Javanese'
  .split(' ')
  .map((script) => `\\p{Script_Extensions=${script}}`)
  .join('')
/** Letters, digits and marks of the other scripts: between two of them is no border of a word. */
const WORD = `(?:(?![${UNSPACED}])[\\p{L}\\p{N}\\p{M}_])`
/** Makes one picture of two, as a skin tone does. */
const JOINER = '\\u200D'
/** Korean glues particles to the end of a word. */
const WORD_AFTER = `(?:(?!\\p{Script_Extensions=Hangul})${WORD})`
/** Articles, prepositions and conjunctions that Arabic and Hebrew glue to its beginning. */
const CLITICS = {
  Arabic: '[وف]?(?:[بك]?ال|لل|[بكل])?',
  Hebrew: 'ו?[בכלמש]?ה?',
}
/** Vowels that both write or leave out, and the stretching of letters. */
const VOWELS = /[\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7\u0640\u064B-\u0652\u0670]/gu
const fold = (text: string) => foldText(text).replace(VOWELS, '')

/**
 * Right when the first of the task's labels that the answer mentions is the expected one. Case, punctuation and
 * Markdown around it do not matter. A label inside a longer word does not count, except in scripts that put no spaces
 * between words. Where several labels begin at one place, the longest does.
 *
 * @param labels - all labels of the task, as they are expected.
 * @example
 * const metric = labelMatch(['bug', 'billing'])
 * metric.score('I think it is **Billing**, not a bug.', { ...example, expected: 'billing' }) // 1
 */
export function labelMatch(labels: readonly string[]): Metric {
  const find = createLabelFinder(labels)
  return {
    name: 'label-match',
    score(output: string, example: Example) {
      const expected = foldLabel(showValue(example.expected ?? ''))
      return find(output)?.label === expected ? 1 : 0
    },
    explain(output, example) {
      const found = find(output)
      const got = found ? quote(found.label) : `no label in ${quote(output)}`
      return expectedGot(quote(showValue(example.expected ?? '')), got)
    },
    isDecided(textSoFar: string) {
      const found = find(textSoFar)
      if (!found) return false
      const rest = fold(textSoFar).slice(found.end).replace(/\s+/gu, ' ')
      // Not before something stands after the label that no longer label, and no longer word, can contain.
      return /[^\p{L}\p{N}\p{M}_]/u.test(rest) && rest.length >= found.slack
    },
  }
}

interface FoundLabel {
  readonly label: string
  readonly end: number
  /** Characters that must follow before no longer label can begin or go on here. */
  readonly slack: number
}

/** Finds the first label mentioned in a text. */
export function createLabelFinder(labels: readonly string[]): (text: string) => FoundLabel | undefined {
  const folded = [...new Set(labels.map(foldLabel))].filter((label) => label.length > 0)
  folded.sort((a, b) => b.length - a.length)
  if (folded.length === 0) return () => undefined
  const pattern = new RegExp(folded.map(labelPattern).join('|'), 'u')
  const slack = new Map(folded.map((label) => [label, slackOf(label, folded)]))
  return (text) => {
    const match = pattern.exec(fold(text))
    if (!match) return undefined
    const label = match[0].replace(/\s+/gu, ' ')
    return { label, end: match.index + match[0].length, slack: slack.get(label) ?? 1 }
  }
}

/** A label and the borders it needs: `5` is no part of `4.5` or `-5`, `C` none of `C++` or `C#`, `bug` none of `debugs`. */
function labelPattern(label: string): string {
  const first = [...label][0]!
  const last = [...label].at(-1)!
  const clitics = Object.entries(CLITICS).find(([script]) => new RegExp(`\\p{Script=${script}}`, 'u').test(first))?.[1]
  const before = [
    ...(isUnspaced(first) || isPicture(first) || clitics ? [] : [WORD]),
    // A `non-spam` is no spam.
    ...(isLatin(first) ? ['(?:non|not|anti)-'] : []),
    ...(isPicture(first) ? [JOINER] : []),
    ...(isDigit(first) ? ['\\p{N}[.,]', '(?:^|[\\s:=(*"])[-+]'] : []),
  ]
  const after = [
    ...(isUnspaced(last) || isPicture(last) ? [] : [WORD_AFTER]),
    ...(isPicture(last) ? [JOINER, '\\p{Emoji_Modifier}'] : []),
    ...(isDigit(last) ? ['[.,]\\p{N}'] : []),
    ...(isLatin(last) ? ['[+#]'] : []),
  ]
  const border = (kind: string, parts: readonly string[]) => (parts.length === 0 ? '' : `(?${kind}${parts.join('|')})`)
  const text = label.replace(ESCAPE, '\\$&').replaceAll(' ', '\\s+')
  return `${clitics ? `(?<=(?<!${WORD})${clitics})` : ''}${border('<!', before)}${text}${border('!', after)}`
}

const isUnspaced = (character: string) => new RegExp(`[${UNSPACED}]`, 'u').test(character)
const isPicture = (character: string) =>
  /[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}]/u.test(character)
const isDigit = (character: string) => /\p{N}/u.test(character)
const isLatin = (character: string) => /\p{Script=Latin}/u.test(character)

/** How far a longer label that contains this one may still reach beyond it. */
function slackOf(label: string, labels: readonly string[]): number {
  // `5.` may become `5.3`.
  let slack = isDigit([...label].at(-1)!) ? 2 : 1
  for (const other of labels) {
    for (let at = other.indexOf(label); at >= 0 && other !== label; at = other.indexOf(label, at + 1)) {
      slack = Math.max(slack, other.length - at - label.length + 1)
    }
  }
  return slack
}

/** A label as {@link createLabelFinder} finds it. */
export function foldLabel(label: string): string {
  return fold(label).trim().replace(/\s+/gu, ' ')
}

export const labelMatchMetric: MetricDefinition<{ labels?: readonly string[] | undefined }> = {
  name: 'label-match',
  page: {
    rightWhen: "the first of the task's labels in the answer is the expected one",
    settings: '`labels` (every text that is expected)',
    expected: 'a label',
  },
  options: z.strictObject({ labels: z.array(z.string().trim().min(1)).min(2).optional() }),
  maxOutputTokens: 16,
  checkExpected(expected, { labels }) {
    const problem = expectText(expected)
    if (problem || !labels || labels.some((label) => foldLabel(label) === foldLabel(String(expected)))) return problem
    return {
      needs: `one of its labels: ${labels.join(', ')}`,
      remedy: 'Correct the example, or add the label to metric: { name: label-match, labels: [...] }.',
    }
  },
  create: ({ labels }, context) => labelMatch(labels ?? context.labels),
}
