/**
 * Two texts compared word by word.
 *
 * @module
 */
import { diffWordsWithSpace } from 'diff'
import { type Html, html } from './html.ts'

/** Longer texts are not compared: it would take seconds. */
const LONGEST = 20_000

/** How what is gone and what is new is marked. */
export type DifferenceMarks = Readonly<Record<'removed' | 'added', (text: string) => string>>

/** As `git diff --word-diff=plain` marks it. */
const PLAIN_MARKS: DifferenceMarks = {
  removed: (text) => `[-${text}-]`,
  added: (text) => `{+${text}+}`,
}

/**
 * What is gone is struck out, what is new is underlined; texts too long to compare show the new one alone.
 *
 * @example
 * toText(difference('Label it.', 'Label this.')) // 'Label <del>it</del><ins>this</ins>.'
 */
export function difference(before: string, after: string): Html {
  const parts = compareWords(before, after)
  if (!parts) return html`${after}`
  return html`${parts.map(({ added, removed, value }) => (added ? html`<ins>${value}</ins>` : removed ? html`<del>${value}</del>` : html`${value}`))}`
}

/**
 * The same as text; of texts too long to compare, all is gone and all is new.
 *
 * @example
 * textDifference('Label it.', 'Label this.') // 'Label [-it-]{+this+}.'
 */
export function textDifference(before: string, after: string, marks: DifferenceMarks = PLAIN_MARKS): string {
  const parts = compareWords(before, after)
  if (!parts) return marks.removed(before) + marks.added(after)
  return parts
    .map(({ value, added, removed }) => (removed ? marks.removed(value) : added ? marks.added(value) : value))
    .join('')
}

function compareWords(before: string, after: string) {
  if (before.length > LONGEST || after.length > LONGEST) return undefined
  return diffWordsWithSpace(before, after, { timeout: 1000 })
}
