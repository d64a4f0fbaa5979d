import { foldText } from './normalize.ts'
import { numberAtStart, unifyNumbers } from './read-number.ts'

const WORDS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']
const NAMED = new RegExp(`(?:${WORDS.join('|')})(?![\\p{L}\\p{N}])`, 'uy')
/** The word asked for, and those that judges put in its place. */
const MARK = /(?<![\p{L}\p{N}])marks?(?![\p{L}\p{N}])/gu
const OTHER = /(?<![\p{L}\p{N}])(?:score|rating|grade)s?(?![\p{L}\p{N}])/gu
/** Emphasis, quotes, colons, dashes that stand alone, and a scale in brackets: `Mark (1-5): `. */
const BETWEEN =
  /(?:\((?:from|out|on|[-\d])[^()\n]{0,20}(?:-|to|of)\s*-?\d[^()\n]{0,20}\)|[\s*_~:="'([{<→]|-(?=\s)|\b(?:is|of)\b)+/uy
/** `/5`, `out of 5` */
const SCALE = /^[\s*_"']*(?:\(?\s*out\s+of|\(?\s*of|\/)[\s*_"']*/u
const AFTER = /^(?:\s*%|\s*(?:-|to)\s*\d)/u

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
  // A slash is a scale here, never a fraction.
  const slash = text.search(/\s?[/⁄]/u)
  const found = wordAt(text) ?? numberAtStart(slash < 0 ? text : text.slice(0, slash))
  if (!found) return undefined
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
  const word = NAMED.exec(text)?.[0]
  return word === undefined ? undefined : { value: WORDS.indexOf(word), end: word.length }
}
