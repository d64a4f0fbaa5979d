/**
 * Two prompts compared: each part that differs, word by word.
 *
 * @module
 */
import { changedParts, type PromptParts } from '../prompt/changed-parts.ts'
import { difference, textDifference } from './difference.ts'
import { type Html, html } from './html.ts'

/**
 * @example
 * toText(changes({ text: 'Label it.' }, { text: 'Label this.' })).includes('Label <del>it</del><ins>this</ins>.') // true
 */
export function changes(before: PromptParts, after: PromptParts): Html {
  const parts = changedParts(before, after).map(
    ({ name, before: old, after: now }) =>
      html`${name === undefined ? undefined : html`<p class="slot">${name}</p>`}<pre class="difference" dir="auto">${difference(old, now)}</pre>`,
  )
  return html`${parts}`
}

/**
 * The same as text.
 *
 * @example
 * textChanges({ text: 'Label it.' }, { text: 'Label this.' }) // 'Label [-it-]{+this+}.'
 */
export function textChanges(before: PromptParts, after: PromptParts): string {
  return changedParts(before, after)
    .map(({ name, before: old, after: now }) => `${name === undefined ? '' : `${name}:\n`}${textDifference(old, now)}`)
    .join('\n\n')
}
