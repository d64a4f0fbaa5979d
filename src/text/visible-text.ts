/**
 * Control characters other than tab and line ends, which no text needs, and bidirectional overrides, which make text
 * read as something else. A carriage return alone lets a line be written over.
 */
const CONTROL = /(?![\t\n\r])\p{Cc}|\r(?!\n)|[\u202a-\u202e\u2066-\u2069]/gu

/**
 * A text as it may be shown. What would steer a terminal or a page is replaced by U+FFFD, and so are halves of letters.
 *
 * @example
 * visibleText('\u001b[2Jgone') // '\ufffd[2Jgone'
 */
export function visibleText(text: string): string {
  return text.toWellFormed().replace(CONTROL, '\ufffd')
}
