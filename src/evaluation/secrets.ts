/**
 * Keys travel as opaque values, and whatever leaves this room as text is searched for them first.
 *
 * @module
 */

const HIDDEN = '[secret]'

/** A value that does not show itself when printed, logged or written as JSON. */
export class Secret {
  readonly #value: string
  constructor(value: string) {
    this.#value = value
  }
  reveal(): string {
    return this.#value
  }
  toString(): string {
    return HIDDEN
  }
  toJSON(): string {
    return HIDDEN
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return HIDDEN
  }
}

const SECRET_NAME = /(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$/i
/** Shorter values would hide ordinary words. */
const SHORTEST = 8

/**
 * Makes a function that hides every secret of an environment, as it is or percent-encoded.
 *
 * @example
 * createRedactor({ OPENAI_API_KEY: 'sk-12345678' })('bad key sk-12345678') // 'bad key [secret]'
 */
export function createRedactor(
  environment: Readonly<Record<string, string | undefined>>,
  more: readonly (Secret | undefined)[] = [],
): (text: string) => string {
  const named = Object.entries(environment).flatMap(([name, value]) => (SECRET_NAME.test(name) && value ? [value] : []))
  const values = [
    ...named.filter((value) => value.length >= SHORTEST),
    ...more.flatMap((secret) => (secret ? [secret.reveal()] : [])),
  ]
  const hidden = [...new Set(values.flatMap((value) => [value, encodeURIComponent(value)]))].filter(
    (value) => value.length > 0,
  )
  hidden.sort((a, b) => b.length - a.length)
  return (text) => {
    let clean = text
    for (const value of hidden) clean = clean.replaceAll(value, HIDDEN)
    return clean
      .replace(/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${HIDDEN}`)
      .replace(/(\/\/)[^/\s:@]+:[^/\s@]+@/g, `$1${HIDDEN}@`)
  }
}
