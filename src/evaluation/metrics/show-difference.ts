/** Characters of a text that feedback quotes: what is wrong shows at its beginning. */
const LONGEST = 160

/**
 * The beginning of a text.
 *
 * @example
 * shorten('short') // 'short'
 */
export function shorten(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}

/**
 * A text as feedback quotes it.
 *
 * @example
 * quote('I think\nso.') // '"I think\\nso."'
 */
export function quote(text: string): string {
  return JSON.stringify(shorten(text))
}

/** What was expected, and what came instead. */
export function expectedGot(expected: string, got: string): string {
  return `expected ${expected}, got ${got}`
}
