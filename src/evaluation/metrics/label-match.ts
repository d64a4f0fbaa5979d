import type { Example } from '../../space/example.ts'
import { showValue } from '../../space/template.ts'
import type { Metric } from './metric.ts'
import { foldText } from './normalize.ts'

const ESCAPE = /[.*+?^${}()|[\]\\/]/g
const WORD = '[\\p{L}\\p{N}_]'

/**
 * Right when the first of the task's labels that the answer mentions is the expected one. Case, punctuation and
 * Markdown around it do not matter; a label inside a longer word does not count; where several labels begin at one
 * place, the longest does.
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
    isDecided(textSoFar: string) {
      const found = find(textSoFar)
      if (!found) return false
      const rest = foldText(textSoFar).slice(found.end).replace(/\s+/gu, ' ')
      // Not before something stands after the label that no longer label, and no longer word, can contain.
      return /[^\p{L}\p{N}_]/u.test(rest) && rest.length >= found.slack
    },
  }
}

interface FoundLabel {
  readonly label: string
  readonly end: number
  /** Characters that must follow before no longer label can begin here. */
  readonly slack: number
}

/** Finds the first label mentioned in a text. */
export function createLabelFinder(labels: readonly string[]): (text: string) => FoundLabel | undefined {
  const folded = [...new Set(labels.map(foldLabel))].filter((label) => label.length > 0)
  folded.sort((a, b) => b.length - a.length)
  if (folded.length === 0) return () => undefined
  const alternatives = folded.map((label) => label.replace(ESCAPE, '\\$&').replaceAll(' ', '\\s+'))
  const pattern = new RegExp(`(?<!${WORD})(?:${alternatives.join('|')})(?!${WORD})`, 'u')
  const slack = new Map(
    folded.map((label) => {
      const longer = folded.filter((other) => other !== label && other.startsWith(label))
      return [label, Math.max(1, ...longer.map((other) => other.length - label.length + 1))]
    }),
  )
  return (text) => {
    const match = pattern.exec(foldText(text))
    if (!match) return undefined
    const label = match[0].replace(/\s+/gu, ' ')
    return { label, end: match.index + match[0].length, slack: slack.get(label) ?? 1 }
  }
}

function foldLabel(label: string): string {
  return foldText(label).trim().replace(/\s+/gu, ' ')
}
