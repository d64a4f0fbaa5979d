import type { RenderedInput } from '../prompt/template.ts'
import { type Conversation, messagesOf } from '../prompt/turns.ts'
import type { TextModel } from './text-model.ts'

/** What a server's chat format adds to a request, at most. */
const CHAT_OVERHEAD_TOKENS = 32
/** …and to each turn before it. */
const TURN_OVERHEAD_TOKENS = 16

/**
 * A careful over-estimate of how many tokens a text has, for models whose tokenizer is not at hand. It counts half a
 * token per letter, one per digit, mark or further white space, one per byte of anything that is not ASCII. English
 * prose has about half as many.
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

/** Input tokens of all messages of a request. */
export function inputTokensOf(conversation: Conversation, count = estimateTokens): number {
  return messagesOf(conversation).reduce((total, { content }) => total + count(content), 0)
}

/** …of one call at most, with the chat format of a remote model. */
export function requestTokens(
  model: Pick<TextModel, 'countTokens' | 'local'>,
  { text, system, turns = [] }: Omit<RenderedInput, 'prefixLength'>,
): number {
  const request = { prompt: text, turns, ...(system === undefined ? {} : { system }) }
  const ofFormat = model.local ? 0 : CHAT_OVERHEAD_TOKENS + TURN_OVERHEAD_TOKENS * turns.length
  return inputTokensOf(request, (message) => model.countTokens(message)) + ofFormat
}
