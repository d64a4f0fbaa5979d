/**
 * A word as a shell reads it: in quotes where it needs them.
 *
 * @example
 * shellWord("Anna's study") // `'Anna'\\''s study'`
 */
export function shellWord(word: string): string {
  return /^[\w./:=@,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
