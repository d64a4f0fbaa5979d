import { describe, expect, it } from 'vitest'
import { parseTemplate } from '../../src/prompt/template.ts'
import { templateMessages, writtenTemplate } from '../../src/prompt/template-messages.ts'
import { writeTurns } from '../../src/prompt/turns.ts'

const example = { id: '1', input: 'It crashes.', expected: 'bug', fields: { shop: 'Oslo', unused: 1 } }
const turns = writeTurns([{ user: 'Ticket: Hi', assistant: 'spam' }])!

describe('the messages of a prompt', () => {
  it('have each name of an example in its braces', () => {
    const written = writtenTemplate(parseTemplate('{{prompt}}\n\n{{shop}}: {{input}}'), example)
    expect(written).toEqual({ user: '{{prompt}}\n\n{{shop}}: {{input}}', fields: ['shop'] })
    expect(templateMessages(written, { id: 'a', text: 'Label it.' })).toEqual([
      { role: 'user', content: 'Label it.\n\n{{shop}}: {{input}}' },
    ])
  })

  it('are a system message, turns and the question', () => {
    const written = writtenTemplate(parseTemplate('Ticket: {{input}}', '{{prompt}}'), example)
    expect(templateMessages(written, { id: 'a', text: `Label it.\n\n${turns}` })).toEqual([
      { role: 'system', content: 'Label it.' },
      { role: 'user', content: 'Ticket: Hi' },
      { role: 'assistant', content: 'spam' },
      { role: 'user', content: 'Ticket: {{input}}' },
    ])
  })

  it('leave out what a slot leaves empty, and show parameters', () => {
    const written = writtenTemplate(parseTemplate('{{instruction}}\n{{demonstrations}}\n{{input}} ({{n}})'), example)
    const candidate = { id: 'a', slots: { instruction: 'Label it.', demonstrations: '' }, parameters: { n: 3 } }
    expect(templateMessages(written, candidate)[0]!.content).toBe('Label it.\n{{input}} (3)')
  })

  it('keep the names in prompts that are templates themselves', () => {
    const written = writtenTemplate({ ...parseTemplate('{{prompt}}'), nested: true }, example)
    expect(written).toEqual({ user: '{{prompt}}', fields: ['shop', 'unused'], nested: true })
    expect(templateMessages(written, { id: 'a', text: 'In {{shop}}: {{input}}' })[0]!.content).toBe(
      'In {{shop}}: {{input}}',
    )
  })
})
