/**
 * A text as its sentences and lines, each with the white space behind it: joined they are the text again.
 *
 * @example
 * sentencesOf('Label it. Be exact.') // ['Label it. ', 'Be exact.']
 */
export function sentencesOf(text: string): string[] {
  return text.match(/[^\n]*?(?:[.!?。！？](?=\s|$)\s*|\n+|$)/g)?.filter((piece) => piece !== '') ?? []
}
