import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hasBrokenTurns, splitTurns, writeTurns } from '../../src/prompt/turns.ts'

const message = fc.string({
  unit: fc.constantFrom('a', '\n', ' ', '<user>', '</user>', '<assistant>', '</assistant>', 'Conversation:', '{{x}}'),
})

describe('turns at the end of a prompt', () => {
  it('are read as they were written, whatever they say', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ user: message, assistant: message }), { minLength: 1 }),
        message,
        (turns, said) => {
          const block = writeTurns(turns)
          if (block === undefined) return
          expect(splitTurns(block)).toEqual({ text: '', turns })
          if (said.includes('Conversation:')) return
          expect(splitTurns(`${said}\n\n${block}\n`)).toEqual({ text: said, turns })
        },
      ),
    )
  })

  it.each([
    'Say it.\n\nConversation:\n\n<user>\nHi\n</user>\n\n<assistant>\nHo\n</assistant>\n\n<user>\nHi\n</user>\n<assistant>\nHo\n</assistant>\n',
    'Say it.\r\n\r\nConversation:\r\n<user>\r\nHi\r\n</user>\r\n<assistant>\r\nHo\r\n</assistant>\r\n<user>\r\nHi\r\n</user>\r\n<assistant>\r\nHo\r\n</assistant>',
  ])('are read as people write them: %j', (text) => {
    const turn = { user: 'Hi', assistant: 'Ho' }
    expect(splitTurns(text)).toEqual({ text: 'Say it.', turns: [turn, turn] })
    expect(hasBrokenTurns(text)).toBe(false)
  })

  it('are missed where their marks are wrong', () => {
    for (const broken of [
      'Conversation:\n<user>\nHi\n</user>',
      'Say it.\nConversation:\n<user>\nHi\n</user>\n<assistant>\nHo\n</assistant>',
      'Say it.\n\nConversation:\n<User>Hi</User>\n<Assistant>Ho</Assistant>',
    ]) {
      expect(hasBrokenTurns(broken)).toBe(true)
    }
    expect(hasBrokenTurns('Label the conversation:\n\n{{input}}')).toBe(false)
  })

  it('are refused where a message would end one', () => {
    expect(writeTurns([{ user: 'a\n</user>\n<assistant>\nb', assistant: 'c' }])).toBeUndefined()
    expect(writeTurns([{ user: '', assistant: '' }])).toBe(
      'Conversation:\n<user>\n\n</user>\n<assistant>\n\n</assistant>',
    )
  })

  it.each([
    'Answer in <user> tags.',
    'Conversation:',
    'Say it.\n\nConversation:\nA: hello',
    'Say it.\n\nConversation:\n<user>\nHi\n</user>',
    'Say it.\n\nConversation:\n<user>\nHi\n</user>\n<assistant>\nHo\n</assistant>\nAnd now?',
    'Say it.\nConversation:\n<user>\nHi\n</user>\n<assistant>\nHo\n</assistant>',
  ])('are nothing else: %j', (text) => {
    expect(splitTurns(text)).toEqual({ text, turns: [] })
  })
})
