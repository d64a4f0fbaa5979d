/** Counts of the tokens of one text, by token. */
export type TokenCounts = ReadonlyMap<string, number>

function add(counts: Map<string, number>, token: string): void {
  counts.set(token, (counts.get(token) ?? 0) + 1)
}

/**
 * Runs of `shortest`…`longest` characters, lower-cased, white space collapsed to one blank except line breaks.
 *
 * @example
 * [...characterNGrams('ab', 1, 2)] // [['a', 1], ['b', 1], ['ab', 1]]
 */
export function characterNGrams(text: string, shortest: number, longest: number): TokenCounts {
  const counts = new Map<string, number>()
  const folded = text.toLowerCase().replace(/[^\S\n]+/gu, ' ')
  for (let length = shortest; length <= longest; length++) {
    for (let start = 0; start + length <= folded.length; start++) add(counts, folded.slice(start, start + length))
  }
  return counts
}

/**
 * Runs of `shortest`…`longest` words, lower-cased; a word is a run of letters, digits, apostrophes or underscores.
 *
 * @example
 * [...wordNGrams('Label it. Label', 1, 2)] // [['label', 2], ['it', 1], ['label it', 1], ['it label', 1]]
 */
export function wordNGrams(text: string, shortest: number, longest: number): TokenCounts {
  const counts = new Map<string, number>()
  const words = text.toLowerCase().match(/[\p{L}\p{N}_']+/gu) ?? []
  for (let length = shortest; length <= longest; length++) {
    for (let start = 0; start + length <= words.length; start++) {
      add(counts, words.slice(start, start + length).join(' '))
    }
  }
  return counts
}
