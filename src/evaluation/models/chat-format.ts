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
  /** Which message stands where: some templates put the system message before the last one. */
  readonly order: readonly number[]
  /** Whether the template strips white space around a message, in the order of the messages. */
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
  let shown: string
  try {
    shown = new Template(template).render({
      messages: roles.map((role, index) => ({ role, content: ` ${sentinels[index]} ` })),
      add_generation_prompt: true,
      bos_token: options.bosToken ?? '',
      eos_token: options.eosToken ?? '',
    })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new InvalidInputError(`the model's chat template cannot be rendered: ${reason}`, {
      remedy: roles.includes('system')
        ? 'Where it knows no system message, put its text into the template of the task instead; or use the model without a chat format: put #raw after its name.'
        : 'Use the model without a chat format: put #raw after its name.',
      cause,
    })
  }
  const places = sentinels.map((sentinel, index) => {
    const [place, more] = [shown.indexOf(sentinel), shown.lastIndexOf(sentinel)]
    if (place >= 0 && place === more) return place
    throw new InvalidInputError(`the model's chat template does not show the ${roles[index]}'s message exactly once`, {
      remedy: 'Use the model without a chat format: put #raw after its name.',
    })
  })
  const order = [...places.keys()].sort((a, b) => places[a]! - places[b]!)
  const trims = sentinels.map((sentinel) => !shown.includes(` ${sentinel} `))
  const around: string[] = []
  let end = 0
  for (const index of order) {
    const space = trims[index] ? 0 : 1
    around.push(shown.slice(end, places[index]! - space))
    end = places[index]! + sentinels[index]!.length + space
  }
  return { around: [...around, shown.slice(end)], order, trims }
}
