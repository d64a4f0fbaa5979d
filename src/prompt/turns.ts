/**
 * Turns of a conversation at the end of a prompt: what a user said, and what was or should have been answered. A model is
 * sent them as messages of their own, before the one that it is to answer; models without a chat format get them as text.
 *
 * ```text
 * Classify the ticket.
 *
 * Conversation:
 * <user>
 * Ticket: It crashes.
 * </user>
 * <assistant>
 * bug
 * </assistant>
 * ```
 *
 * @module
 */

export interface Turn {
  readonly user: string
  readonly assistant: string
}

/** What a block of turns begins with. */
export const HEADING = 'Conversation:\n'
const MARKS = ['<user>\n', '\n</user>\n<assistant>\n', '\n</assistant>'] as const
/** Between the messages of a turn that a person wrote there may be empty lines. */
const BETWEEN = /\n<\/user>\n+<assistant>\n/g

/**
 * Takes the turns off the end of a text. A block that is anything but turns is text like any other. Empty lines may stand
 * between the marks, and lines end as they do on any system.
 *
 * @example
 * const prompt = 'Label it.\n\nConversation:\n<user>\nHi\n</user>\n<assistant>\nspam\n</assistant>'
 * splitTurns(prompt).text // 'Label it.'
 * splitTurns(prompt).turns // [{ user: 'Hi', assistant: 'spam' }]
 */
export function splitTurns(written: string): { readonly text: string; readonly turns: readonly Turn[] } {
  const text = written.replaceAll('\r\n', '\n')
  for (let at = blockAt(text, 0); at >= 0; at = blockAt(text, at + 1)) {
    const turns = readTurns(text.slice(text.indexOf(HEADING, at) + HEADING.length).trim())
    if (turns) return { text: text.slice(0, at), turns }
  }
  return { text: written, turns: [] }
}

/** Where the next block may begin: with the text, or behind an empty line. */
function blockAt(text: string, from: number): number {
  return from === 0 && text.startsWith(HEADING) ? 0 : text.indexOf(`\n\n${HEADING}`, from)
}

/** @returns `undefined` where the text is not one turn after the other. */
function readTurns(text: string): Turn[] | undefined {
  const [open, , close] = MARKS
  const turns: Turn[] = []
  let rest = text
  while (rest.startsWith(open)) {
    BETWEEN.lastIndex = open.length
    const between = BETWEEN.exec(rest)
    if (!between) return undefined
    const answer = between.index + between[0].length
    const end = rest.indexOf(close, answer)
    if (end < 0) return undefined
    turns.push({ user: rest.slice(open.length, between.index), assistant: rest.slice(answer, end) })
    rest = rest.slice(end + close.length).replace(/^\n+/, '')
  }
  return rest === '' && turns.length > 0 ? turns : undefined
}

/**
 * The opposite of {@link splitTurns}: a block to put behind an instruction and an empty line, or into a slot of its own.
 *
 * @returns `undefined` where a message holds what marks the end of one.
 * @example
 * writeTurns([{ user: 'Hi', assistant: 'spam' }]) // 'Conversation:\n<user>\nHi\n</user>\n<assistant>\nspam\n</assistant>'
 */
export function writeTurns(turns: readonly Turn[]): string | undefined {
  const [open, between, close] = MARKS
  const text = `${HEADING}${turns.map(({ user, assistant }) => `${open}${user}${between}${assistant}${close}`).join('\n')}`
  return JSON.stringify(splitTurns(text).turns) === JSON.stringify(turns) ? text : undefined
}

/**
 * Whether a text has the beginning of a block whose author meant turns, but is none.
 *
 * @example
 * hasBrokenTurns('Label it.\n\nConversation:\n<user>\nHi\n</user>') // true: nobody answers
 */
export function hasBrokenTurns(text: string): boolean {
  return LIKE_TURNS.test(text) && splitTurns(text).turns.length === 0
}

const LIKE_TURNS = /^[^\S\n]*Conversation:\s*\n\s*<user>/im

/** All that a model is sent. */
export interface Conversation {
  readonly system?: string
  /** What was said before the prompt. */
  readonly turns?: readonly Turn[]
  readonly prompt: string
}

export interface Message {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

/**
 * A conversation as the messages of a chat.
 *
 * @example
 * messagesOf({ prompt: 'Hi', system: 'Be brief.' }).map(({ role }) => role) // ['system', 'user']
 */
export function messagesOf({ system, turns = [], prompt }: Conversation): Message[] {
  return [
    ...(system === undefined ? [] : [{ role: 'system', content: system } as const]),
    ...turns.flatMap(({ user, assistant }) => [
      { role: 'user', content: user } as const,
      { role: 'assistant', content: assistant } as const,
    ]),
    { role: 'user', content: prompt },
  ]
}

/**
 * A conversation as one text for people: the prompt itself where there is nothing else.
 *
 * @example
 * showConversation({ prompt: 'Hi', system: 'Be brief.' }) // 'System:\nBe brief.\n\nUser:\nHi'
 */
export function showConversation(conversation: Conversation): string {
  const messages = messagesOf(conversation)
  if (messages.length === 1) return conversation.prompt
  return messages.map(({ role, content }) => `${role[0]!.toUpperCase()}${role.slice(1)}:\n${content}`).join('\n\n')
}
