/**
 * HTML that cannot be injected into: whatever is put into a template is escaped, unless it came from a template itself.
 *
 * @module
 */

import { escapeMarkup } from '../text/escape-markup.ts'

const markup = Symbol('markup')

/** A piece of HTML made by {@link html}. */
export interface Html {
  readonly [markup]: string
}

export type HtmlValue = Html | string | number | undefined | readonly HtmlValue[]

/**
 * @example
 * const rows = ['a', '<script>']
 * toText(html`<ul>${rows.map((row) => html`<li>${row}</li>`)}</ul>`) // '<ul><li>a</li><li>&lt;script&gt;</li></ul>'
 */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = parts[0]!
  values.forEach((value, index) => {
    text += render(value) + parts[index + 1]!
  })
  return { [markup]: text }
}

/** HTML of our own that needs no escaping. Never for anything a user, a model or a data set wrote. */
export function trusted(text: string): Html {
  return { [markup]: text }
}

/** The text of a finished page. */
export function toText(page: Html): string {
  return page[markup]
}

function render(value: HtmlValue): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return escapeMarkup(value)
  if (typeof value === 'number') return String(value)
  if (isList(value)) return value.map(render).join('')
  return value[markup]
}

function isList(value: Html | readonly HtmlValue[]): value is readonly HtmlValue[] {
  return Array.isArray(value)
}
