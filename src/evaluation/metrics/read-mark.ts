import { foldText } from './normalize.ts'
import { numberAtStart, unifyNumbers } from './read-number.ts'

const WORDS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']
const NAMED = new RegExp(`(minus |negative )?(${WORDS.join('|')})(?![\\p{L}\\p{N}])`, 'uy')
/** The word asked for, and those that judges put in its place. */
const MARK = /(?<![\p{L}\p{N}])marks?(?![\p{L}\p{N}])/gu
const OTHER = /(?<![\p{L}\p{N}])(?:score|rating|grade)s?(?![\p{L}\p{N}])/gu
/** Emphasis, quotes, colons, arrows, cells of a table, dashes that stand alone, and a scale: `Mark (1-5): `. */
const BETWEEN =
  /(?:\((?:from|out|on|[-\d])[^()\n]{0,20}(?:-|to|of|\.\.|,)\s*-?\d[^()\n]{0,20}\)|\bon a scale (?:of|from) -?\d+ ?(?:to|-) ?-?\d+|[-=]>|(?<=\p{L})>|[\s*_~:="'([{<→|]|-(?=\s)|\b(?:is|of|about|around|approximately)\b)+/uy
/** `/5`, `out of 5` */
const SCALE = /^[\s*_"']*(?:\(?\s*out\s+of|\(?\s*of|\/)[\s*_"']*/u
/** Another unit, or more than one mark. */
const AFTER = /^(?:\s*%|\s*(?:-|to|or|and)\s*\d|(?:,\s*\d+)+(?:\s*and\s*\d+)?[\s.]*(?:\n|$))/u
const MIXED = /^[-+]?\d+ \d\s?[/⁄]\s?\d/u
const HALF = /^ and a half(?!\p{L})/u

/**
 * The last mark a judge gives; `undefined` where it gives none between `low` and `high`, or one on another scale.
 *
 * @example
 * readMark('Good tone.\nMark: 4/5', 1, 5) // 4
 * readMark('**Mark:** −4', -5, 5) // -4
 * readMark('Mark: 8/10', 1, 5) // undefined
 */
export function readMark(text: string, low: number, high: number): number | undefined {
  const folded = foldText(unifyNumbers(text))
  const lastLine = folded.trimEnd().split('\n').at(-1) ?? ''
  const given =
    lastAfter(folded, MARK, high) ??
    lastAfter(folded, OTHER, high) ??
    bareMark(folded, high) ??
    bareMark(lastLine, high)
  return given !== undefined && given >= low && given <= high ? given : undefined
}

/** The number behind the last of the words that has one, with a colon rather than in a sentence; NaN on another scale. */
function lastAfter(text: string, word: RegExp, high: number): number | undefined {
  let last: number | undefined
  let written: number | undefined
  for (const match of text.matchAll(word)) {
    BETWEEN.lastIndex = match.index + match[0].length
    const start = BETWEEN.lastIndex
    const between = BETWEEN.exec(text)?.[0] ?? ''
    const end = start + between.length
    // `Markdown 3` and `mark3` are no marks, and neither is a number in the next sentence.
    if (end === start) continue
    const mark = markAt(text.slice(end, end + 80), high)?.value
    last = mark ?? last
    if (/[:=]/.test(between)) written = mark ?? written
  }
  return written ?? last
}

/** A text that is a mark and nothing else. */
function bareMark(text: string, high: number): number | undefined {
  const rest = text.trim().replace(/^[*_"'\s]+/u, '')
  const found = markAt(rest, high)
  return found && /^[\s*_"'.)]*$/u.test(rest.slice(found.end)) ? found.value : undefined
}

function markAt(text: string, high: number): { readonly value: number; readonly end: number } | undefined {
  // A slash is a scale here, and a fraction only behind a whole number.
  const slash = MIXED.test(text) ? -1 : text.search(/\s?[/⁄]/u)
  const whole = wordAt(text) ?? numberAtStart(slash < 0 ? text : text.slice(0, slash))
  if (!whole) return undefined
  const half = HALF.exec(text.slice(whole.end))?.[0].length ?? 0
  const found = { value: whole.value + (half === 0 ? 0 : whole.value < 0 ? -0.5 : 0.5), end: whole.end + half }
  const rest = text.slice(found.end)
  const scale = SCALE.exec(rest)?.[0]
  if (scale === undefined) {
    return AFTER.test(rest) && !(high === 100 && /^\s*%/.test(rest)) ? { ...found, value: Number.NaN } : found
  }
  const limit = wordAt(rest.slice(scale.length)) ?? numberAtStart(rest.slice(scale.length))
  const end = found.end + scale.length + (limit?.end ?? 0)
  return { value: limit?.value === high ? found.value : Number.NaN, end }
}

function wordAt(text: string): { readonly value: number; readonly end: number } | undefined {
  NAMED.lastIndex = 0
  const [said = '', negative, word = ''] = NAMED.exec(text) ?? []
  if (said === '') return undefined
  return { value: WORDS.indexOf(word) * (negative ? -1 : 1), end: said.length }
}
