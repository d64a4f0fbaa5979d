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
 * Makes a function that hides every secret of an environment: as it is, percent-encoded, escaped in JSON, or inside
 * base64.
 *
 * @example
 * createRedactor({ OPENAI_API_KEY: 'sk-12345678' })('bad key sk-12345678') // 'bad key [secret]'
 */
export function createRedactor(
  environment: Readonly<Record<string, string | undefined>>,
  more: readonly (Secret | undefined)[] = [],
): (text: string) => string {
  const named = Object.entries(environment).flatMap(([name, value]) => {
    const trimmed = SECRET_NAME.test(name) ? (value ?? '').trim() : ''
    return trimmed.length >= SHORTEST ? [new Secret(trimmed)] : []
  })
  const hide = createExactRedactor([...named, ...more])
  return (text) =>
    hide(text)
      .replace(/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${HIDDEN}`)
      .replace(/(\/\/)[^/\s:@]+:[^/\s@]+@/g, `$1${HIDDEN}@`)
}

/** Hides these values and nothing else. */
export function createExactRedactor(secrets: readonly (Secret | undefined)[]): (text: string) => string {
  const hidden = [...new Set(secrets.flatMap((secret) => (secret ? formsOf(secret.reveal()) : [])))]
  // The longest first: one value may be a part of another.
  hidden.sort((a, b) => b.length - a.length)
  return (text) => hidden.reduce((clean, value) => clean.replaceAll(value, HIDDEN), text)
}

/** Whether a value is long enough to be looked for in what a model wrote, where hiding a word would change a score. */
export function isDistinctive(secret: Secret): boolean {
  return secret.reveal().length >= SHORTEST
}

/** How a value may be written by whoever repeats it. */
function formsOf(value: string): string[] {
  const encoded = encodeURIComponent(value)
  const forms = [
    value,
    encoded,
    encoded.replace(/%../g, (code) => code.toLowerCase()),
    JSON.stringify(value).slice(1, -1),
  ]
  if (value.length >= SHORTEST) {
    // In base64 a value looks different at each of three offsets; first and last letter may be shared with neighbours.
    for (let offset = 0; offset < 3; offset++) {
      const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(value)])
      const own = bytes.toString('base64').slice(Math.ceil((8 * offset) / 6), Math.floor((8 * bytes.length) / 6))
      forms.push(own, own.replaceAll('+', '-').replaceAll('/', '_'))
    }
  }
  return forms.filter((form) => form !== '')
}
