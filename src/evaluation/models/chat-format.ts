/**
 * A model's own chat template, taken apart into what stands before and after the user's message. The message itself is
 * never read as template or as special tokens.
 *
 * @module
 */
import { Template } from '@huggingface/jinja'
import { InvalidInputError } from '../../errors.ts'

export interface ChatFormat {
  /** Special tokens and role names before the user's message. */
  readonly before: string
  /** …and after it, up to where the model starts to speak. */
  readonly after: string
  /** Whether the template strips white space around the message. */
  readonly trims: boolean
}

export interface ChatFormatOptions {
  readonly bosToken?: string
  readonly eosToken?: string
  readonly system?: string
}

const SENTINEL = '\u{E000}krige\u{E001}'

/**
 * @throws InvalidInputError when the template fails or does not show the user's message once.
 * @example
 * readChatFormat("{% for m in messages %}<{{m.role}}>{{m.content}}{% endfor %}").before // '<user>'
 */
export function readChatFormat(template: string, options: ChatFormatOptions = {}): ChatFormat {
  const messages = [
    ...(options.system === undefined ? [] : [{ role: 'system', content: options.system }]),
    { role: 'user', content: ` ${SENTINEL} ` },
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
  const trims = !rendered.includes(` ${SENTINEL} `)
  const [before, after, ...more] = rendered.split(trims ? SENTINEL : ` ${SENTINEL} `)
  if (before === undefined || after === undefined || more.length > 0) {
    throw new InvalidInputError("the model's chat template does not show the user's message exactly once", {
      remedy: 'Use the model without a chat format: put #raw after its name.',
    })
  }
  return { before, after, trims }
}
