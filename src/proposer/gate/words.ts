/**
 * Words as they are compared: lower case, without punctuation. Scripts that put no spaces between words are read character
 * by character.
 *
 * @example
 * wordsOf('Don’t label it!') // ['don', 't', 'label', 'it']
 */
export function wordsOf(text: string): string[] {
  return (
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{M}\p{N}]+/gu) ?? []
  )
}

/** Every run of `length` words, each once. */
export function runsOf(words: readonly string[], length: number): Set<string> {
  const runs = new Set<string>()
  for (let start = 0; start + length <= words.length; start++) runs.add(words.slice(start, start + length).join(' '))
  return runs
}
