/**
 * Text reduced to what a reader compares: compatibility forms unified, lower case, white space collapsed, outer
 * punctuation, quotes and Markdown emphasis removed.
 *
 * @example
 * normalizeText(' **Billing**. ') // 'billing'
 */
export function normalizeText(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\s+/gu, ' ')
    .replace(/^[\s\p{P}\p{S}]+|[\s\p{P}\p{S}]+$/gu, '')
}

/** Lower case, compatibility forms unified; positions inside words kept. */
export function foldText(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}
