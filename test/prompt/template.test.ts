import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseTemplate, renderTemplate } from '../../src/prompt/template.ts'
import { writeTurns } from '../../src/prompt/turns.ts'

const example = { id: '1', input: 'INPUT', fields: { hint: 'HINT' } }

describe('templates', () => {
  it('fills slots and example fields, and says how far the shared prefix goes', () => {
    const template = parseTemplate('{{instruction}}\n\n{{demonstrations}}\nTicket: {{input}} ({{hint}})\nLabel:')
    const candidate = { id: 'a', slots: { instruction: 'Label it.', demonstrations: 'Ticket: x\nLabel: bug' } }
    const { text, prefixLength } = renderTemplate(template, candidate, example)
    expect(text).toBe('Label it.\n\nTicket: x\nLabel: bug\nTicket: INPUT (HINT)\nLabel:')
    expect(text.slice(0, prefixLength)).toBe('Label it.\n\nTicket: x\nLabel: bug\nTicket: ')
  })

  it('leaves out a line of empty slots', () => {
    const template = parseTemplate('{{instruction}}\n\n{{demonstrations}}\nTicket: {{input}}')
    const candidate = { id: 'a', slots: { instruction: 'Label it.', demonstrations: '' } }
    expect(renderTemplate(template, candidate, example).text).toBe('Label it.\n\nTicket: INPUT')
  })

  it('gives a text to the first name that no example fills', () => {
    const template = parseTemplate('{{instruction}}\n{{demonstrations}}\n{{input}}')
    expect(renderTemplate(template, { id: 'a', text: 'Label it.' }, example).text).toBe('Label it.\nINPUT')
    expect(renderTemplate(parseTemplate('{{prompt}} {{input}}'), { id: 'a', text: 'T' }, example).text).toBe('T INPUT')
  })

  it('fills a slot that is called like an example field with the slot', () => {
    const template = parseTemplate('{{hint}} {{input}}')
    expect(renderTemplate(template, { id: 'a', slots: { hint: 'own' } }, example).text).toBe('own INPUT')
  })

  it('fills a system message as well, and leaves an empty one out', () => {
    const template = parseTemplate('{{input}}', '{{prompt}}')
    expect(renderTemplate(template, { id: 'a', text: 'Be {{brief}}.' }, example)).toEqual({
      system: 'Be {{brief}}.',
      text: 'INPUT',
      prefixLength: 0,
    })
    expect(renderTemplate(template, { id: 'a', text: ' ' }, example)).toEqual({ text: 'INPUT', prefixLength: 0 })
    const both = parseTemplate('{{instruction}}\n{{input}}', 'You help. {{role}}')
    expect(both.variables).toEqual(['role', 'instruction', 'input'])
    expect(renderTemplate(both, { id: 'a', slots: { role: '', instruction: 'Go.' } }, example)).toEqual({
      system: 'You help. ',
      text: 'Go.\nINPUT',
      prefixLength: 4,
    })
    // Nothing after a message that differs by example is shared.
    const own = parseTemplate('{{prompt}} {{input}}', 'About {{hint}}')
    expect(renderTemplate(own, { id: 'a', text: 'Go.' }, example)).toMatchObject({
      system: 'About HINT',
      prefixLength: 0,
    })
  })

  describe('with a prompt that ends with turns', () => {
    const turns = [
      { user: 'Ticket: A', assistant: 'bug' },
      { user: 'Ticket: B', assistant: 'billing' },
    ]
    const block = writeTurns(turns)!
    const text = `Label it.\n\n${block}`

    it('says what to do in the first message, and shows an example in each', () => {
      const template = parseTemplate('You sort.\n{{prompt}}\n\nTicket: {{input}}\nLabel:')
      expect(renderTemplate(template, { id: 'a', text }, example)).toEqual({
        turns: [{ user: 'You sort.\nLabel it.\n\nTicket: A', assistant: 'bug' }, turns[1]],
        text: 'Ticket: INPUT\nLabel:',
        prefixLength: 8,
      })
      expect(renderTemplate(template, { id: 'a', text: block }, example).turns![0]!.user).toBe('You sort.\n\nTicket: A')
    })

    it('takes them from a slot of their own', () => {
      const template = parseTemplate('{{instruction}}\n\n{{demonstrations}}\nTicket: {{input}}')
      const candidate = { id: 'a', slots: { instruction: 'Label it.', demonstrations: block } }
      expect(renderTemplate(template, candidate, example)).toMatchObject({
        turns: [{ user: 'Label it.\n\nTicket: A' }, { user: 'Ticket: B' }],
        text: 'Ticket: INPUT',
      })
    })

    it('leaves them as they are where prompt and example cannot be parted, or the prompt is a system message', () => {
      const both = parseTemplate('{{prompt}} {{input}}')
      expect(renderTemplate(both, { id: 'a', text }, example)).toMatchObject({ turns, text: 'Label it. INPUT' })
      const system = parseTemplate('{{input}}', '{{prompt}}')
      expect(renderTemplate(system, { id: 'a', text }, example)).toMatchObject({
        system: 'Label it.',
        turns,
        text: 'INPUT',
      })
    })

    it('fills names of an example in the turns of a nested template alone', () => {
      const own = writeTurns([{ user: 'About {{hint}}?', assistant: 'Yes.' }])
      const candidate = { id: 'a', text: `Do {{input}}\n\n${own}` }
      const nested = { ...parseTemplate('{{prompt}}'), nested: true } as const
      expect(renderTemplate(nested, candidate, example)).toMatchObject({
        turns: [{ user: 'About HINT?', assistant: 'Yes.' }],
        text: 'Do INPUT',
      })
      expect(renderTemplate(parseTemplate('{{prompt}}\n{{input}}'), candidate, example).turns![0]!.user).toBe(
        'Do {{input}}\nAbout {{hint}}?',
      )
    })

    it('never takes an example for turns', () => {
      const template = parseTemplate('{{prompt}}\n\n{{input}}')
      expect(renderTemplate(template, { id: 'a', text: 'Label it.' }, { ...example, input: block })).toMatchObject({
        text: `Label it.\n\n${block}`,
      })
    })
  })

  it('lets prompts name keys of an example in either message', () => {
    const template = { ...parseTemplate('{{user}}', '{{system}}'), nested: true } as const
    const candidate = { id: 'a', slots: { system: 'Know {{hint}}.', user: 'Do {{input}}' } }
    const nasty = { ...example, fields: { hint: '{{input}}' } }
    expect(renderTemplate(template, candidate, nasty)).toEqual({
      system: 'Know {{input}}.',
      text: 'Do INPUT',
      prefixLength: 0,
    })
  })

  it('writes literal braces', () => {
    expect(
      renderTemplate(parseTemplate("{{'{{'}}x}} {{prompt}} {{input}}"), { id: 'a', text: 'T' }, example).text,
    ).toBe('{{x}} T INPUT')
  })

  it('shows values that are no text as JSON', () => {
    const object = { ...example, input: { a: [1, 'x'] } }
    expect(renderTemplate(parseTemplate('{{prompt}} {{input}}'), { id: 'a', text: 'T' }, object).text).toBe(
      'T {"a":[1,"x"]}',
    )
  })

  it('never fills anything twice: what is filled in stays as it is', () => {
    const template = parseTemplate('<{{instruction}}|{{input}}>')
    const nasty = fc.string({
      unit: fc.constantFrom('{', '}', '{{input}}', '{{instruction}}', '{% x %}', '$', '`', '\\', '\n', 'é', '🎫', 'ש'),
    })
    fc.assert(
      fc.property(nasty, nasty, (instruction, input) => {
        const { text, prefixLength } = renderTemplate(
          template,
          { id: 'a', slots: { instruction } },
          { ...example, input },
        )
        expect(text).toBe(`<${instruction}|${input}>`)
        expect(prefixLength).toBe(instruction.length + 2)
      }),
    )
  })

  it('does not look at the prototype', () => {
    const template = parseTemplate('{{prompt}} {{input}} {{constructor}}')
    expect(() => renderTemplate(template, { id: 'a', slots: { prompt: 'x' } }, example)).toThrow(
      /nothing for \{\{constructor\}\}/,
    )
  })
})
