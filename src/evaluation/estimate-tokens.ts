/**
 * A careful over-estimate of how many tokens a text has, for models whose tokenizer is not at hand: half a token per
 * letter, one per digit, mark or further white space, one per byte of anything that is not ASCII. English prose has about
 * half as many.
 *
 * @example
 * estimateTokens('Classify the ticket.') // 11
 */
export function estimateTokens(text: string): number {
  let halves = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    const isLetter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122)
    if (isLetter) halves += 1
    else if (code === 32) halves += 1
    else if (code < 0x80) halves += 2
    else if (code < 0x800) halves += 4
    else halves += code >= 0xd800 && code <= 0xdfff ? 4 : 6
  }
  return Math.ceil(halves / 2)
}
