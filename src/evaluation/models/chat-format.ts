/**
 * A model's own chat template, taken apart into what stands before, between and after the messages. The messages themselves
 * are never read as template or as special tokens.
 *
 * @module
 */
import { Template } from '@huggingface/jinja'
import { InvalidInputError } from '../../errors.ts'

export interface ChatFormat {
  /** Special tokens and role names before the first message: the system message where there is one, else the user's. */
  readonly before: string
  /** …between system message and user's; absent where there is no system message. */
  readonly between?: string
  /** …and after the user's, up to where the model starts to speak. */
  readonly after: string
  /** Whether the template strips white space around the user's message. */
  readonly trims: boolean
}

export interface ChatFormatOptions {
  readonly bosToken?: string
  readonly eosToken?: string
  /** Whether there is a system message. */
  readonly system?: boolean
}

const SYSTEM = '\u{E000}krige system\u{E001}'
const USER = '\u{E000}krige\u{E001}'

/**
 * @throws InvalidInputError when the template fails or does not show each message once.
 * @example
 * readChatFormat("{% for m in messages %}<{{m.role}}>{{m.content}}{% endfor %}").before // '<user>'
 */
export function readChatFormat(template: string, options: ChatFormatOptions = {}): ChatFormat {
  const messages = [
    ...(options.system ? [{ role: 'system', content: SYSTEM }] : []),
    { role: 'user', content: ` ${USER} ` },
  ]
  let rendered: string
  try {
    rendered = new Template(template).render({
      messages,
      add_generation_prompt: true,
      bos_token: options.bosToken ?? '',
      eos_token: options.eosToken ?? '',
    })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new InvalidInputError(`the model's chat template cannot be rendered: ${reason}`, {
      remedy: 'Use the model without a chat format: put #raw after its name.',
      cause,
    })
  }
  const trims = !rendered.includes(` ${USER} `)
  const [start, after] = splitOnce(rendered, trims ? USER : ` ${USER} `, "user's")
  if (!options.system) return { before: start, after, trims }
  const [before, between] = splitOnce(start, SYSTEM, 'system')
  return { before, between, after, trims }
}

function splitOnce(rendered: string, message: string, whose: string): [before: string, after: string] {
  const [before, after, ...more] = rendered.split(message)
  if (before !== undefined && after !== undefined && more.length === 0) return [before, after]
  throw new InvalidInputError(`the model's chat template does not show the ${whose} message exactly once`, {
    remedy: 'Use the model without a chat format: put #raw after its name.',
  })
}
