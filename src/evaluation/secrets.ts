/**
 * Keys travel as opaque values, and whatever leaves this room as text is searched for them first.
 *
 * @module
 */

import { findSpellings } from './spellings.ts'

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
 * Makes a function that hides every secret of an environment, in every spelling that {@link findSpellings} knows.
 *
 * @example
 * createRedactor({ OPENAI_API_KEY: 'sk-12345678' })('bad key sk-12345678') // 'bad key [secret]'
 */
export function createRedactor(
  environment: Readonly<Record<string, string | undefined>>,
  more: readonly (Secret | undefined)[] = [],
): (text: string) => string {
  const hide = createExactRedactor([...environmentSecrets(environment), ...more])
  return (text) =>
    hide(text)
      .replace(/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${HIDDEN}`)
      .replace(/(\/\/)[^/\s:@]+:[^/\s@]+@/g, `$1${HIDDEN}@`)
}

/**
 * As {@link createRedactor}, for what models write and are asked: only the secrets themselves are hidden, not what merely looks
 * like one. A prompt may speak of "basic arithmetic".
 *
 * @example
 * createAnswerRedactor({ OPENAI_API_KEY: 'sk-12345678' })('basic arithmetic sk-12345678') // 'basic arithmetic [secret]'
 */
export function createAnswerRedactor(
  environment: Readonly<Record<string, string | undefined>>,
): (text: string) => string {
  return createExactRedactor(environmentSecrets(environment))
}

/** The values of an environment whose names are those of keys; a provider's package takes its own from there. */
export function environmentSecrets(environment: Readonly<Record<string, string | undefined>>): Secret[] {
  return Object.entries(environment).flatMap(([name, value]) => {
    const trimmed = SECRET_NAME.test(name) ? (value ?? '').trim() : ''
    return trimmed.length >= SHORTEST ? [new Secret(trimmed)] : []
  })
}

/** Hides these values, however they are spelled, and nothing else. */
export function createExactRedactor(secrets: readonly (Secret | undefined)[]): (text: string) => string {
  const values = [...new Set(secrets.flatMap((secret) => (secret && secret.reveal() !== '' ? [secret.reveal()] : [])))]
  const long = values.filter((value) => value.length >= SHORTEST)
  // Short ones would be found by chance in what other encodings make of a text.
  const short = values.filter((value) => value.length < SHORTEST).flatMap(formsOf)
  // The longest first: one value may be a part of another.
  short.sort((a, b) => b.length - a.length)
  return (text) => {
    let clean = ''
    let end = 0
    for (const [from, to] of long.length === 0 ? [] : findSpellings(text, long)) {
      clean += text.slice(end, from) + HIDDEN
      end = to
    }
    return short.reduce((rest, form) => rest.replaceAll(form, HIDDEN), clean + text.slice(end))
  }
}

/** Whether a value is long enough to be looked for in what a model wrote, where hiding a word would change a score. */
export function isDistinctive(secret: Secret): boolean {
  return secret.reveal().length >= SHORTEST
}

/** How a short value may be written where it is repeated. */
function formsOf(value: string): string[] {
  const encoded = encodeURIComponent(value)
  return [value, encoded, encoded.replace(/%../g, (code) => code.toLowerCase()), JSON.stringify(value).slice(1, -1)]
}
