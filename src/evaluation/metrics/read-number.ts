/**
 * Numbers as people and models write them.
 *
 * | written | read as |
 * |---|---|
 * | `1,234.5`, `1.234.567`, `1’234`, `1.234,5` | groups of three digits: 1234.5, 1234567, 1234, 1234.5 |
 * | `3,5` | a decimal comma: 3.5 |
 * | `1,2,3`, `1.2.3` | a list: 1, 2 and 3 |
 * | `10-20`, `GPT-4` | the hyphen is no sign |
 * | `−5`, `–5`, `-$5`, `$-5`, `x = - 5`, `is minus 5` | −5 |
 * | `2e3`, `2 × 10^3`, `2·10³`, `2 thousand` | 2000 |
 * | `1/2`, `\frac{1}{2}`, `1 1/2`, `1⅓` | 0.5, 1.5, 1.333… |
 * | `10³`, `2^3`, `5 m²`, `x^2`, `42 ± 0.5` | 1000, 8, 5, nothing, 42: exponents and tolerances are no numbers of their own |
 *
 * Everything here takes time linear in the text.
 *
 * @module
 */

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹'
/** An exponent that belongs to no number; or digits, and what may group them or stand before decimals, then a power. */
const TOKEN =
  /\^[({]?[-+]?\d[\d.,']*|(\d(?:[\d.,']*\d)?|(?<![.\p{L}\p{N}])\.\d+)(?:e([-+]?\d+)(?![\p{L}\d])|\s?[×*·x]\s?10\^[({]?([-+]?\d+)[)}]?|\^[({]?([-+]?\d+(?:\.\d+)?)[)}]?|\s(thousand|million|billion|trillion)s?(?!\p{L}))?/giu
const POWERS: Readonly<Record<string, number>> = { thousand: 3, million: 6, billion: 9, trillion: 12 }

/**
 * All numbers of a text, in order.
 *
 * @example
 * readNumbers('From 10-20 it fell to −1,234.5') // [10, 20, -1234.5]
 */
export function readNumbers(text: string): number[] {
  return tokensOf(unifyNumbers(text)).flatMap(({ values }) => values)
}

/**
 * The one number a text consists of; `undefined` where it is anything else.
 *
 * @example
 * readNumber(' 1,000 ') // 1000
 * readNumber('') // undefined
 */
export function readNumber(text: string): number | undefined {
  const unified = joinGroups(unifyNumbers(text).trim())
  const [token, ...others] = tokensOf(unified)
  if (!token || others.length > 0 || token.values.length !== 1) return undefined
  const rest = unified.slice(0, token.start) + unified.slice(token.end)
  return /^[.\s]*$/.test(rest) ? token.values[0] : undefined
}

/** The number at the start of a text, and where it ends; NaN for a list of several. */
export function numberAtStart(text: string): { readonly value: number; readonly end: number } | undefined {
  // A number longer than this is no answer.
  const [token] = tokensOf(joinGroups(text.slice(0, 400)))
  if (token?.start !== 0) return undefined
  return { value: token.values.length === 1 ? token.values[0]! : Number.NaN, end: token.end }
}

/** `12 500` may be two numbers in a list; where one is looked for, it is one. As long as before. */
function joinGroups(text: string): string {
  return text.replace(/^[^\p{L}\p{N}]*[1-9]\d{0,2}(?: \d{3})+(?!\d)/u, (run) => run.replace(/(?<=\d) /g, "'"))
}

const SLASH = /^\s?[/⁄]\s?$/u
const TOLERANCE = /±\s?$/u

interface Token {
  readonly start: number
  readonly end: number
  readonly values: readonly number[]
}

function tokensOf(text: string): Token[] {
  const tokens = [...text.matchAll(TOKEN)].flatMap((match): Token[] => {
    const [whole, body, e, ten, exponent, word] = match
    if (body === undefined) return []
    const { sign, start } = signBefore(text, match.index)
    const [first, ...others] = valuesOf(body)
    const power = e ?? ten ?? POWERS[word?.toLowerCase() ?? ''] ?? 0
    const value = exponent === undefined ? timesPowerOfTen(first!, Number(power)) : first! ** Number(exponent)
    const values = [sign * value, ...others].filter((number) => Number.isFinite(number))
    return [{ start, end: match.index + whole.length, values }]
  })
  const [first, ...others] = tokens
  const own = others.filter(({ start }) => !TOLERANCE.test(text.slice(Math.max(0, start - 2), start)))
  return first ? joinFractions(text, [first, ...own]) : []
}

/** To the last digit, which a product is not; JavaScript writes small and large numbers with an exponent of their own. */
function timesPowerOfTen(number: number, power: number): number {
  const [mantissa, own = 0] = String(number).split('e')
  return Number(`${mantissa}e${Number(own) + power}`)
}

/** A sign, and a currency beside it; a hyphen after a letter or digit joins words and ranges. */
function signBefore(text: string, index: number): { readonly sign: 1 | -1; readonly start: number } {
  const [before = ''] = /(?:[-+][$€£¥₹]?|[$€£¥₹]\s?[-+]?)$/u.exec(text.slice(Math.max(0, index - 3), index)) ?? []
  const start = index - before.length
  if (/[-+]/.test(before) && /[\p{L}\p{N}\-+]/u.test(text[start - 1] ?? '')) return { sign: 1, start: index }
  return { sign: before.includes('-') ? -1 : 1, start }
}

/** Two whole numbers with a slash between are their quotient, and a share of the whole before them; three are a date. */
function joinFractions(text: string, tokens: readonly Token[]): Token[] {
  const joined: Token[] = []
  for (let first = 0; first < tokens.length; ) {
    let last = first
    while (last + 1 < tokens.length && SLASH.test(text.slice(tokens[last]!.end, tokens[last + 1]!.start))) last++
    const run = tokens.slice(first, last + 1)
    const [over, under] = run.map(({ values }) => (values.length === 1 ? values[0] : undefined))
    if (run.length === 2 && over !== undefined && under !== undefined && under !== 0) {
      const [{ start }, { end }] = [run[0]!, run[1]!]
      const before = joined.at(-1)
      const whole = before && text.slice(before.end, start) === ' ' && /^\d/.test(text[start]!) ? before.values : []
      if (whole.length === 1 && Number.isInteger(whole[0]) && over < under) {
        const share = text[before!.start] === '-' ? -over / under : over / under
        joined[joined.length - 1] = { start: before!.start, end, values: [whole[0]! + share] }
      } else joined.push({ start, end, values: [over / under] })
    } else joined.push(...run)
    first = last + 1
  }
  return joined
}

/** What digits with separators mean: one number, or a list. */
function valuesOf(body: string): number[] {
  const groups = /^[1-9]\d{0,2}(?:([,'])\d{3}(?:\1\d{3})*(?:\.\d+)?)$/.exec(body)
  if (groups) return [Number(body.replaceAll(groups[1]!, ''))]
  // Lakhs and crores.
  if (/^[1-9]\d?(?:,\d\d)+,\d{3}(?:\.\d+)?$/.test(body)) return [Number(body.replaceAll(',', ''))]
  if (/^[1-9]\d{0,2}(?:\.\d{3})+,\d+$/.test(body) || /^[1-9]\d{0,2}(?:\.\d{3}){2,}$/.test(body)) {
    return [Number(body.replaceAll('.', '').replace(',', '.'))]
  }
  if (/^\d*\.?\d+$/.test(body)) return [Number(body)]
  if (/^\d+,\d+$/.test(body)) return [Number(body.replace(',', '.'))]
  if (/^[1-9]\d{0,2}(?:'\d{3})+,\d+$/.test(body)) return [Number(body.replaceAll("'", '').replace(',', '.'))]
  return body.split(body.includes(',') ? /[,']/ : /[.']/).flatMap((part) => (part === '' ? [] : [Number(part)]))
}

/**
 * One spelling of digits, signs, powers and fractions for all scripts.
 *
 * @example
 * unifyNumbers('−٣٫٥ and 10³') // '-3.5 and 10^3'
 */
export function unifyNumbers(text: string): string {
  return (
    text
      .replace(/[\u061C\u200E\u200F\u2066-\u2069]/g, '')
      .replace(/([⁺⁻]?)([⁰¹²³⁴⁵⁶⁷⁸⁹]+)/gu, (_, sign: string, digits: string) => {
        const power = [...digits].map((digit) => SUPERSCRIPTS.indexOf(digit)).join('')
        return `^${sign === '⁻' ? '-' : ''}${power}`
      })
      .replace(
        /(?<=(\d?))[\u00BC-\u00BE\u2150-\u215E]/gu,
        (fraction, whole: string) => `${whole === '' ? '' : ' '}${fraction.normalize('NFKC')}`,
      )
      // Between clauses; between digits of its own width it groups them.
      .replace(/(?<![０-９])，|，(?![０-９])/gu, ', ')
      .replace(/[\uFF01-\uFF5E]+/gu, (run) => run.normalize('NFKC'))
      .replace(/\p{Decimal_Number}/gu, asciiDigit)
      .replaceAll('\u066B', '.')
      .replaceAll('\u066C', ',')
      .replace(/[−﹣‐‑‒–]/gu, '-')
      .replace(/\+\/-|\\pm(?!\p{L})\s?/gu, '±')
      .replace(/(?<=[=:≈] ?)- (?=[\d.$€£])/gu, '-')
      .replace(/(?:minus|negative) (?=[\d.$€£])/giu, (word, at: number, whole: string) =>
        SIGNED.test(whole.slice(Math.max(0, at - 20), at)) ? '-' : word,
      )
      .replace(/[’\u00A0\u2009\u202F](?=\d{3}(?!\d))/gu, "'")
      .replace(/(?<![\d.,'])[1-9]\d{0,2}(?: 000)+(?!\d)/g, (run) => run.replaceAll(' ', "'"))
      .replace(/(?<=\d)_(?=\d{3}(?!\d))/g, "'")
      .replaceAll('{,}', ',')
      .replaceAll('\\,', '')
      .replaceAll('\\times', '×')
      .replaceAll('\\cdot', '·')
      .replaceAll('\\$', '$')
      .replace(/\\[dt]?frac\s?\{([^{}]*)\}\s?\{([^{}]*)\}/g, '$1/$2')
  )
}

/** Where `minus` is a sign: behind a number or a letter it subtracts. */
const SIGNED = /(?:^|[^\p{L}\p{N}\s)]|\b(?:is|of|to|be|equals|about|approximately|answer))\s*$/iu

function asciiDigit(digit: string): string {
  const code = digit.codePointAt(0)!
  if (code <= 0x39) return digit
  // Every script has its ten digits in a row, from zero.
  let zero = code
  while (code - zero < 9 && /\p{Decimal_Number}/u.test(String.fromCodePoint(zero - 1))) zero--
  return String(code - zero)
}
