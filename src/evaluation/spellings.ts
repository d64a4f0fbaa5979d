/**
 * Where a value stands in a text, however it is spelled there. It may be escaped as in JSON or JavaScript, have
 * entities as in HTML, or be encoded as in addresses, forms and mails. It may be in hexadecimal or decimal numbers, in
 * base64, or in any of these inside any other. The text is decoded, and the value looked for in everything that comes
 * out.
 *
 * @module
 */

/** From where to where in a text; the end is not part of it. */
export type Span = readonly [from: number, to: number]

/** A decoded text, and where each of its letters comes from. */
interface View {
  readonly text: string
  readonly from: Uint32Array
  readonly to: Uint32Array
}

/** Windows are searched apart, so that memory is bounded; encoded values up to the overlap are found whole. */
const WINDOW = 1 << 16
const OVERLAP = 1 << 13
/** A text that decodes into more than this, by the window's size, was made to. */
const MOST_VIEWS = 5_000
const MOST_GROWTH = 60
/** Shorter values would be found by chance. */
const SHORTEST_NEEDLE = 6

/**
 * @param values - Of 8 letters or more; shorter ones would be found by chance.
 * @returns spans in order, apart from each other.
 * @example
 * findSpellings('bad key abcd\\/efg\\u002Bhi', ['abcd/efg+hi']) // [[8, 25]]
 */
export function findSpellings(text: string, values: readonly string[]): Span[] {
  const needles = [...new Set(values.flatMap(needlesOf))].filter((needle) => needle.length >= SHORTEST_NEEDLE)
  if (needles.length === 0 || text.length < SHORTEST_NEEDLE) return []
  const found: Span[] = []
  for (let start = 0; ; start += WINDOW - OVERLAP) {
    const end = Math.min(text.length, start + WINDOW)
    for (const [from, to] of searchWindow(text.slice(start, end), needles)) found.push([start + from, start + to])
    if (end === text.length) return merged(found)
  }
}

/** A value as it is looked for: decoded as far as it goes, too, and as the bytes that encodings stand for. */
function needlesOf(value: string): string[] {
  const spellings = [value]
  for (let text = value; ; ) {
    const decoded = decodeTokens(identity(text), ANY)?.text
    if (decoded === undefined || decoded === text || spellings.length > 16) break
    spellings.push(decoded)
    text = decoded
  }
  return spellings.flatMap((text) => [squeeze(text), squeeze(bytesOf(text))])
}

function searchWindow(text: string, needles: readonly string[]): Span[] {
  const found: Span[] = []
  const seen = new Set<string>()
  const queue: View[] = [identity(text)]
  let letters = 0
  for (let view = queue.shift(); view; view = queue.shift()) {
    // What is spelled alike in two places is in both.
    const key = `${view.from[0]} ${view.to.at(-1)} ${view.text}`
    if (seen.has(key)) continue
    seen.add(key)
    letters += view.text.length
    if (seen.size > MOST_VIEWS || letters > MOST_GROWTH * Math.max(1000, text.length)) return [[0, text.length]]
    const searched = without(view, SQUEEZED)
    for (const needle of needles) {
      for (let at = searched.text.indexOf(needle); at >= 0; at = searched.text.indexOf(needle, at + 1)) {
        found.push([searched.from[at]!, searched.to[at + needle.length - 1]!])
      }
    }
    queue.push(...decodings(view))
  }
  return found
}

function* decodings(view: View): Generator<View> {
  for (const [mark, patterns] of TOKENS) {
    if (mark !== '' && !view.text.includes(mark)) continue
    for (const pattern of patterns) {
      const decoded = decodeTokens(view, pattern)
      if (decoded) yield decoded
    }
  }
  for (const match of view.text.matchAll(BASE64)) {
    const run = without(part(view, match.index, match[0].length), SPACE)
    for (let phase = 0; phase < 4; phase++) yield* decodeBase64(run, phase)
  }
  for (const match of view.text.matchAll(/[0-9a-f]{2}(?:[:\s,.-]{0,2}(?:0x)?[0-9a-f]{2}){7,}/gi)) {
    const digits = without(part(view, match.index, match[0].length), /0x|[^0-9a-f]/gi)
    for (let phase = 0; phase < 2; phase++) yield* decodeHex(digits, phase)
  }
  for (const match of view.text.matchAll(/\d{2,3}(?:[\s,;]+\d{2,3}){7,}/g)) {
    yield decodeDecimals(part(view, match.index, match[0].length))
  }
}

// ── Views ────────────────────────────────────────────────────────────────────────────────────────────────────────────

function identity(text: string): View {
  const from = new Uint32Array(text.length)
  const to = new Uint32Array(text.length)
  for (let at = 0; at < text.length; at++) {
    from[at] = at
    to[at] = at + 1
  }
  return { text, from, to }
}

function part({ text, from, to }: View, start: number, length: number): View {
  const end = start + length
  return { text: text.slice(start, end), from: from.subarray(start, end), to: to.subarray(start, end) }
}

/** Collects a view letter by letter; each letter comes from a stretch of another view. */
function createBuilder(source: View) {
  const texts: string[] = []
  const from: number[] = []
  const to: number[] = []
  return {
    add(text: string, start: number, end: number) {
      texts.push(text)
      for (let at = 0; at < text.length; at++) {
        from.push(source.from[start]!)
        to.push(source.to[end - 1]!)
      }
    },
    keep(start: number, end: number) {
      texts.push(source.text.slice(start, end))
      for (let at = start; at < end; at++) {
        from.push(source.from[at]!)
        to.push(source.to[at]!)
      }
    },
    done: (): View => ({ text: texts.join(''), from: Uint32Array.from(from), to: Uint32Array.from(to) }),
  }
}

const SPACE = /\s+/g
/** Long words, perhaps in lines: hardly anything in prose, which makes searching it cheap. */
const BASE64 = /[\w+/-]{11,}(?:\s+[\w+/-]{11,})*(?:\s+[\w+/-]{1,10})?/g
/** A form writes a space as a plus; a mail breaks lines anywhere. */
const SQUEEZED = /[\s+]+/g
const squeeze = (text: string) => text.replace(SQUEEZED, '')

function without(view: View, pattern: RegExp): View {
  const builder = createBuilder(view)
  let kept = 0
  for (const { index, 0: match } of view.text.matchAll(pattern)) {
    builder.keep(kept, index)
    kept = index + match.length
  }
  if (kept === 0) return view
  builder.keep(kept, view.text.length)
  return builder.done()
}

/** Text as its UTF-8 bytes, one letter per byte. */
const bytesOf = (text: string) => Buffer.from(text, 'utf8').toString('latin1')

/** The parts of decoded bytes that are text: ASCII and whole UTF-8 sequences. Others come from what was no text. */
const READABLE = /(?:[\t\n\r\x20-\x7e]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}){6,}/g

// ── Encodings ────────────────────────────────────────────────────────────────────────────────────────────────────────

const ESCAPES = /\\u\{([0-9a-f]{1,6})\}|\\u([0-9a-f]{4})|\\x([0-9a-f]{2})|\\([0-7]{3})|\\([\s\S])/gi
const ENTITIES = /&#x0*([0-9a-f]{1,6});?|&#0*(\d{1,7});?|&([a-z]{2,16});/gi
const PERCENT = /%u([0-9a-f]{4})|%([0-9a-f]{2})/gi
/** What mails write so. */
const QUOTED_PRINTABLE = /=[0-9A-F]{2}|=\r?\n/g
/** Only marks: an equals sign stands before many values, and two letters of them are no code. */
const QUOTED_MARKS = /=(?:0[9AD]|2[0-9A-F]|3[A-F]|40|5[B-F]|60|7[B-E])|=\r?\n/g
const ANY = new RegExp([ESCAPES, ENTITIES, PERCENT].map(({ source }) => source).join('|'), 'gi')

/** What can be decoded letter by letter, and the mark without which there is nothing of it. */
const TOKENS: readonly (readonly [mark: string, patterns: readonly RegExp[]])[] = [
  ['', [ANY]],
  ['\\', [ESCAPES]],
  ['&', [ENTITIES]],
  ['%', [PERCENT]],
  ['=', [QUOTED_PRINTABLE, QUOTED_MARKS]],
]

const CONTROL_ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v' }

/** The names that HTML has for ASCII, https://html.spec.whatwg.org/multipage/named-characters.html */
const NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  (
    'amp & lt < gt > quot " apos \' sol / plus + equals = lowbar _ underbar _ period . colon : semi ; num # excl ! ' +
    'percnt % dollar $ lpar ( rpar ) ast * midast * comma , quest ? commat @ lsqb [ lbrack [ rsqb ] rbrack ] bsol \\ ' +
    'hat ^ grave ` diacriticalgrave ` lcub { lbrace { rcub } rbrace } verbar | vert | verticalline |'
  )
    .split(' ')
    .reduce<[string, string][]>((pairs, word, index, all) => {
      if (index % 2 === 0) pairs.push([word, all[index + 1]!])
      return pairs
    }, []),
)

/** `undefined` where there is nothing to decode. */
function decodeTokens(view: View, pattern: RegExp): View | undefined {
  const builder = createBuilder(view)
  let kept = 0
  for (const match of view.text.matchAll(pattern)) {
    const letter = letterOf(match[0])
    if (letter === undefined) continue
    builder.keep(kept, match.index)
    kept = match.index + match[0].length
    builder.add(letter, match.index, kept)
  }
  if (kept === 0) return undefined
  builder.keep(kept, view.text.length)
  return builder.done()
}

function letterOf(token: string): string | undefined {
  const code = (digits: string, base: number) => {
    const value = Number.parseInt(digits, base)
    return value <= 0x10ffff ? String.fromCodePoint(value) : undefined
  }
  if (token.startsWith('\\')) {
    const digits = /^\\(?:u\{?|x)([0-9a-f]+)/i.exec(token)?.[1]
    if (digits !== undefined) return code(digits, 16)
    if (/^\\[0-7]{3}$/.test(token)) return code(token.slice(1), 8)
    return CONTROL_ESCAPES[token.slice(1)] ?? token.slice(1)
  }
  if (token.startsWith('&#')) {
    const digits = token.slice(2).replace(';', '')
    return /^x/i.test(digits) ? code(digits.slice(1), 16) : code(digits, 10)
  }
  if (token.startsWith('&')) return NAMES[token.slice(1, -1).toLowerCase()]
  if (/^=\r?\n$/.test(token)) return ''
  return code(token.replace(/^[%=]u?/i, ''), 16)
}

/** Letters in groups of four from `phase` on: a neighbor may have stuck to the front. */
function* decodeBase64(run: View, phase: number): Generator<View> {
  // Node reads both alphabets.
  const text = Buffer.from(run.text.slice(phase), 'base64').toString('latin1')
  const letter = (byte: number) => phase + 4 * Math.floor(byte / 3) + (byte % 3)
  yield* readable(run, text, (byte) => [letter(byte), letter(byte) + 2])
}

/** Two digits a byte, from `phase` on. */
function* decodeHex(digits: View, phase: number): Generator<View> {
  const text = Buffer.from(digits.text.slice(phase), 'hex').toString('latin1')
  yield* readable(digits, text, (byte) => [phase + 2 * byte, phase + 2 * byte + 2])
}

/** The stretches of decoded bytes that may be text, with where each byte comes from. */
function* readable(source: View, text: string, origin: (byte: number) => Span): Generator<View> {
  for (const match of text.matchAll(READABLE)) {
    const builder = createBuilder(source)
    for (let byte = match.index; byte < match.index + match[0].length; byte++) builder.add(text[byte]!, ...origin(byte))
    yield builder.done()
  }
}

function decodeDecimals(numbers: View): View {
  const builder = createBuilder(numbers)
  for (const { index, 0: digits } of numbers.text.matchAll(/\d+/g)) {
    builder.add(String.fromCharCode(Number(digits)), index, index + digits.length)
  }
  return builder.done()
}

function merged(spans: readonly Span[]): Span[] {
  const result: [number, number][] = []
  for (const [from, to] of [...spans].sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    const last = result.at(-1)
    if (last && from <= last[1]) last[1] = Math.max(last[1], to)
    else result.push([from, to])
  }
  return result
}
