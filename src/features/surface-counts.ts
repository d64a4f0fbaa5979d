/** What each entry of {@link surfaceCounts} counts, in order. */
export const surfaceCountNames = [
  'log characters',
  'log words',
  'log lines',
  'mean word length',
  'question marks',
  'colons',
  'full stops',
  'commas',
  'exclamation marks',
  'quotation marks',
  'brackets',
  'placeholders',
  'where the first placeholder stands',
  'text after the last placeholder',
  'upper-case share',
  'digits',
  'starts upper-case',
  'starts with a label',
  'ends with a colon',
  'ends with a question mark',
  'ends with an answer label',
  'ends with a placeholder',
  'blank lines',
  'enumerated lines',
] as const

const placeholder = /\{\{?[^{}\n]{1,40}\}\}?|<[a-z_ ]{1,30}>|\[[A-Z_ ]{2,30}\]/gu

/**
 * Shape of a text without its meaning: length, punctuation, layout, where its placeholders stand, how it ends. Counts are
 * logarithmic, ln(1 + n), so that one long prompt does not decide the scale.
 *
 * @returns one number for each of {@link surfaceCountNames}
 * @example
 * surfaceCounts('Q: {input}\nA:')[2] // ≈ 0.693: log of two lines
 */
export function surfaceCounts(text: string): number[] {
  const trimmed = text.trim()
  const count = (pattern: RegExp) => Math.log1p(trimmed.match(pattern)?.length ?? 0)
  const flag = (pattern: RegExp) => (pattern.test(trimmed) ? 1 : 0)
  const words = trimmed.match(/[\p{L}\p{N}_']+/gu) ?? []
  const letters = trimmed.match(/\p{L}/gu)?.length ?? 0
  const places = [...trimmed.matchAll(placeholder)]
  const first = places[0]
  const last = places.at(-1)
  const length = Math.max(1, trimmed.length)
  return [
    Math.log1p(trimmed.length),
    Math.log1p(words.length),
    Math.log(trimmed.split('\n').length),
    words.reduce((sum, word) => sum + word.length, 0) / Math.max(1, words.length),
    count(/\?/gu),
    count(/:/gu),
    count(/\./gu),
    count(/,/gu),
    count(/!/gu),
    count(/["'“”‘’`]/gu),
    count(/[()[\]]/gu),
    Math.log1p(places.length),
    first ? first.index / length : 1,
    last ? (trimmed.length - last.index - last[0].length) / length : 0,
    (trimmed.match(/\p{Lu}/gu)?.length ?? 0) / Math.max(1, letters),
    count(/\p{N}/gu),
    flag(/^\p{Lu}/u),
    flag(/^[\p{L} ]{1,20}:/u),
    flag(/:$/u),
    flag(/\?$/u),
    flag(/(?:^|\n)[\p{L} ]{1,20}:$/u),
    last && last.index + last[0].length === trimmed.length ? 1 : 0,
    count(/\n\s*\n/gu),
    count(/^\s*(?:[-*•]|\d+[.)]|\([a-z\d]\))\s/gmu),
  ]
}
