/**
 * Regular expressions that come with data: found in an answer, or not, within a time that no pattern and no answer prolongs.
 *
 * JavaScript's own engine looks first; it understands everything, and some patterns take it for ever (`^(a+)+$` on forty
 * letters). Where it does not come to an end, RE2 decides, which takes time in proportion to the answer (R. Cox, "Regular
 * expression matching can be simple and fast", 2007). What RE2 cannot express, look-around and back references, fails.
 *
 * @module
 */
import { RE2JS } from 're2js'
import { DeadlineError, PATTERN_DEADLINE, withDeadline } from './deadline.ts'

/** Answers longer than this are cut before matching. */
const LONGEST = 100_000
/** Milliseconds JavaScript's engine has. Honest patterns take well under one. */
const FIRST_LOOK = 100

/** Patterns that JavaScript's engine did not come to an end with, and what RE2 makes of them. */
const slow = new Map<string, RE2JS | undefined>()
const MOST_SLOW = 1000

/**
 * Whether a pattern is found in a text.
 *
 * @throws DeadlineError when that takes too long.
 * @example
 * findsPattern(/^(a+)+$/, `${'a'.repeat(40)}!`) // false
 */
export function findsPattern(pattern: RegExp, text: string): boolean {
  const input = text.slice(0, LONGEST)
  const what = `pattern ${shorten(String(pattern))}`
  const key = String(pattern)
  if (!slow.has(key)) {
    try {
      return withDeadline(what, FIRST_LOOK, () => pattern.test(input))
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error
      if (slow.size >= MOST_SLOW) slow.clear()
      slow.set(
        key,
        withDeadline(what, PATTERN_DEADLINE, () => linearPattern(pattern)),
      )
    }
  }
  const linear = slow.get(key)
  return withDeadline(what, PATTERN_DEADLINE, () => (linear ?? pattern).test(input))
}

/** The same pattern for RE2; `undefined` where it cannot be said there. */
function linearPattern(pattern: RegExp): RE2JS | undefined {
  try {
    const source = sameClasses(RE2JS.translateRegExp(pattern), pattern.dotAll)
    return source === undefined ? undefined : RE2JS.compile(source)
  } catch {
    return undefined
  }
}

const SPACE = String.raw`\t\n\v\f\r\x{feff}\p{Z}`
const LINE_ENDS = String.raw`\n\r\x{2028}\x{2029}`

/** RE2's white space and line ends are ASCII's, JavaScript's are Unicode's. `\S` inside a class cannot be told. */
function sameClasses(source: string, dotAll: boolean): string | undefined {
  let out = ''
  let inClass = false
  for (let at = 0; at < source.length; at++) {
    const character = source[at]!
    if (character === '\\') {
      const escaped = source[++at] ?? ''
      if (escaped === 'S' && inClass) return undefined
      if (escaped === 's') out += inClass ? SPACE : `[${SPACE}]`
      else if (escaped === 'S') out += `[^${SPACE}]`
      else out += `\\${escaped}`
      continue
    }
    if (character === '[') inClass = true
    else if (character === ']') inClass = false
    out += character === '.' && !inClass && !dotAll ? `[^${LINE_ENDS}]` : character
  }
  return out
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
