/**
 * A model's own chat template, taken apart into what stands before, between and after the messages. The messages themselves
 * are never read as template or as special tokens.
 *
 * @module
 */
import { Template } from '@huggingface/jinja'
import { InvalidInputError } from '../../errors.ts'
import type { Message } from '../../prompt/turns.ts'

export interface ChatFormat {
  /** Special tokens and role names before each message; and, last, up to where the model starts to speak. */
  readonly around: readonly string[]
  /** Whether the template strips white space around a message, in their order. */
  readonly trims: readonly boolean[]
}

export interface ChatFormatOptions {
  readonly bosToken?: string
  readonly eosToken?: string
}

/**
 * @param roles Who speaks, in order.
 * @throws InvalidInputError when the template fails or does not show each message once.
 * @example
 * readChatFormat("{% for m in messages %}<{{m.role}}>{{m.content}}{% endfor %}", ['user']).around // ['<user>', '']
 */
export function readChatFormat(
  template: string,
  roles: readonly Message['role'][],
  options: ChatFormatOptions = {},
): ChatFormat {
  const sentinels = roles.map((_, index) => `\u{E000}krige ${index}\u{E001}`)
  let rest: string
  try {
    rest = new Template(template).render({
      messages: roles.map((role, index) => ({ role, content: ` ${sentinels[index]} ` })),
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
  const around: string[] = []
  const trims = sentinels.map((sentinel, index) => {
    const isTrimmed = !rest.includes(` ${sentinel} `)
    const [before, after, ...more] = rest.split(isTrimmed ? sentinel : ` ${sentinel} `)
    if (before === undefined || after === undefined || more.length > 0) {
      throw new InvalidInputError(
        `the model's chat template does not show the ${roles[index]}'s message exactly once`,
        {
          remedy: 'Use the model without a chat format: put #raw after its name.',
        },
      )
    }
    around.push(before)
    rest = after
    return isTrimmed
  })
  return { around: [...around, rest], trims }
}
