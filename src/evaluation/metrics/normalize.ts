/**
 * What two texts must share to be the same answer.
 *
 * Only what never carries meaning is unified: case, white space, width, the shapes of quotes and dashes. Signs, currencies,
 * exponents, operators and emoji stay, so that `-5`, `C++`, `x²`, `£10` and `<` keep apart from `5`, `C`, `x2`, `€10` and `>`.
 *
 * @module
 */

/** Ligatures, presentation forms, full-width and half-width characters: the same character in another shape. */
const SHAPES = /[\uF900-\uFDFF\uFE10-\uFEFC\uFF01-\uFFEE]+/gu
/** Soft hyphens, joiners of width zero, marks of direction and of presentation. */
const INVISIBLE = /\u00AD|\u061C|\u180E|[\u200B\u200E\u200F\u2060\u2066-\u2069]|\uFE0E|\uFE0F|\uFEFF/gu
const SINGLE_QUOTES = /[‘’‚‛`´]/gu
const DOUBLE_QUOTES = /[“”„‟]/gu
const DASHES = /[\p{Dash_Punctuation}−]/gu

/**
 * Lower case, one width, plain quotes and dashes; white space and positions inside words kept.
 *
 * @example
 * foldText('Ｃａｆé – “OK”') // 'café - "ok"'
 */
export function foldText(text: string): string {
  return text
    .replace(SHAPES, (run) => run.normalize('NFKC'))
    .normalize('NFC')
    .replace(INVISIBLE, '')
    .replace(SINGLE_QUOTES, "'")
    .replace(DOUBLE_QUOTES, '"')
    .replace(DASHES, '-')
    .replaceAll('…', '...')
    .replaceAll('µ', 'μ')
    .toLowerCase()
}

/**
 * Text reduced to what a reader compares: {@link foldText}, white space collapsed, and without what quotes, emphasizes or
 * ends a sentence around it.
 *
 * @example
 * normalizeText(' **Billing**. ') // 'billing'
 * normalizeText('-5') // '-5'
 */
export function normalizeText(text: string): string {
  return strip(foldText(text).replace(/\s+/gu, ' ').trim(), false)
}

/**
 * Whether two texts are one answer: equal once normalized, where one of them may also stand in brackets. A text that
 * consists of punctuation alone is compared as it stands.
 *
 * @example
 * sameText('(Paris).', 'paris') // true
 * sameText('(0, 1)', '[0, 1]') // false
 */
export function sameText(a: string, b: string): boolean {
  const [left, right] = [normalizeText(a), normalizeText(b)]
  return left === right || strip(left, true) === right || left === strip(right, true)
}

const QUOTES: readonly (readonly [string, string])[] = [
  ...['"', "'", '**', '__', '*', '_', '***'].map((mark) => [mark, mark] as const),
  ['«', '»'],
  ['»', '«'],
  ['‹', '›'],
  ['「', '」'],
  ['『', '』'],
  ['《', '》'],
  ['"', '"'],
]
const BRACKETS: readonly (readonly [string, string])[] = [
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
  ['【', '】'],
  ['〔', '〕'],
]
const LINE_MARK = /^(?:[-*•]\s+(?=\p{Letter})|#{1,6}\s+(?=\S)|[¿¡])/u
/** `B)` names an option; the bracket belongs to the list. */
const OPTION = /^(\p{Letter}|\d+)\)$/u

/** Takes layers away until none is left; what would leave nothing stays. */
function strip(text: string, brackets: boolean): string {
  let rest = text
  for (;;) {
    const next = stripLayer(rest, brackets).trim()
    if (next.length === 0 || next === rest) return rest
    rest = next
  }
}

function stripLayer(text: string, brackets: boolean): string {
  const mark = LINE_MARK.exec(text)
  if (mark) return text.slice(mark[0].length)
  const option = OPTION.exec(text)
  if (option) return option[1]!
  for (const [open, close] of QUOTES) {
    if (text.length > open.length + close.length && text.startsWith(open) && text.endsWith(close)) {
      return text.slice(open.length, -close.length)
    }
  }
  for (const [open, close] of brackets ? BRACKETS : []) {
    if (text.startsWith(open) && closingOf(text, open, close) === text.length - 1) return text.slice(1, -1)
  }
  return withoutSentenceEnd(text)
}

/** Where the bracket at the start of a text closes. */
function closingOf(text: string, open: string, close: string): number {
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    if (text[index] === open) depth++
    else if (text[index] === close && --depth === 0) return index
  }
  return -1
}

function withoutSentenceEnd(text: string): string {
  let end = text.length
  while (end > 0 && /[\p{Terminal_Punctuation}\s]/u.test(text[end - 1]!)) end--
  // `5!` is a factorial, and `int?` after a digit or sign is no question.
  if (text.slice(end).startsWith('!') && /[\p{Number})\]]/u.test(text[end - 1] ?? '')) return text.slice(0, end + 1)
  return text.slice(0, end)
}
