import { diffWordsWithSpace } from 'diff'
import { type Html, html } from './html.ts'

/** Longer texts are not compared: it would take seconds. */
const LONGEST = 20_000

/**
 * Word by word: what is gone is struck out, what is new is underlined.
 *
 * @example
 * toText(difference('Label it.', 'Label this.')) // 'Label <del>it</del><ins>this</ins>.'
 */
export function difference(before: string, after: string): Html {
  if (before.length > LONGEST || after.length > LONGEST) return html`${after}`
  const parts = diffWordsWithSpace(before, after, { timeout: 1000 })
  if (!parts) return html`${after}`
  return html`${parts.map(({ added, removed, value }) => (added ? html`<ins>${value}</ins>` : removed ? html`<del>${value}</del>` : html`${value}`))}`
}
