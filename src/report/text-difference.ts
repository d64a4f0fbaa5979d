import { diffWordsWithSpace } from 'diff'

/** How what is gone and what is new is marked. */
export type DifferenceMarks = Readonly<Record<'removed' | 'added', (text: string) => string>>

/** As `git diff --word-diff=plain` marks it. */
export const PLAIN_MARKS: DifferenceMarks = {
  removed: (text) => `[-${text}-]`,
  added: (text) => `{+${text}+}`,
}

/**
 * Word by word, as text.
 *
 * @example
 * textDifference('Label it.', 'Label this.') // 'Label [-it-]{+this+}.'
 */
export function textDifference(before: string, after: string, marks: DifferenceMarks = PLAIN_MARKS): string {
  const parts = diffWordsWithSpace(before, after, { timeout: 1000 }) ?? [
    { value: before, removed: true, added: false },
    { value: after, removed: false, added: true },
  ]
  return parts
    .map(({ value, added, removed }) => (removed ? marks.removed(value) : added ? marks.added(value) : value))
    .join('')
}
