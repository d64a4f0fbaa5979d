import { visibleText } from './visible-text.ts'

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
}

/**
 * Text for the content and the quoted attributes of HTML, XML and SVG. Characters that XML has no way to write become U+FFFD.
 *
 * @example
 * escapeMarkup('<a href="x">') // '&lt;a href=&quot;x&quot;&gt;'
 */
export function escapeMarkup(text: string): string {
  return visibleText(text)
    .replace(/[\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"'`]/g, (character) => ENTITIES[character]!)
}
