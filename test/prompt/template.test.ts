import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseTemplate, renderTemplate } from '../../src/prompt/template.ts'

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
