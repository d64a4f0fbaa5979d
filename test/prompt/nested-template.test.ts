import { describe, expect, it } from 'vitest'
import { parseTemplate, renderTemplate } from '../../src/prompt/template.ts'
import { defineTask } from '../../src/task/define-task.ts'

const nested = (source: string) => ({ ...parseTemplate(source), nested: true as const })
const example = { id: '1', input: 'INPUT {{hint}}', fields: { hint: 'HINT', prompt: 'FIELD' } }

describe('prompts that are templates', () => {
  it('fill the names of examples, and nothing inside what an example holds', () => {
    const { text, prefixLength } = renderTemplate(
      nested('{{prompt}}'),
      { id: 'a', text: 'Do: {{input}} ({{hint}})' },
      example,
    )
    expect(text).toBe('Do: INPUT {{hint}} (HINT)')
    expect(text.slice(0, prefixLength)).toBe('Do: ')
  })

  it('do not contain themselves', () => {
    expect(renderTemplate(nested('{{prompt}}'), { id: 'a', text: '[{{prompt}}]' }, example).text).toBe('[FIELD]')
  })

  it('leave out empty slots, and keep literal braces', () => {
    const candidate = { id: 'a', slots: { instruction: "Fill {{'{{'}}x}} with {{hint}}.", demonstrations: '' } }
    expect(renderTemplate(nested('{{instruction}}\n{{demonstrations}}\n{{input}}'), candidate, example).text).toBe(
      'Fill {{x}} with HINT.\nINPUT {{hint}}',
    )
  })

  const task = {
    examples: [
      { input: 'a', expected: 'x', tone: 'warm' },
      { input: 'b', expected: 'y', tone: 'curt' },
    ],
    promptVariables: true,
    metric: 'exact-match',
    model: 'gguf:none',
  }
  it('are checked against every example before anything is spent', () => {
    const { template, pool, examples } = defineTask({
      ...task,
      prompts: ['Say {{input}}, {{tone}}.', '{{tone}}: {{input}}'],
    })
    expect(renderTemplate(template!, pool[1]!, examples[1]!).text).toBe('curt: b')
    expect(() => defineTask({ ...task, prompts: ['Say {{input}}, {{mood}}.'] })).toThrow(/nothing for \{\{mood\}\}/)
    expect(() => defineTask({ ...task, prompts: ['Say it.'] })).toThrow(/prompt 1 shows nothing of the example/)
    const examples2 = [...task.examples, { input: 'c', expected: 'z' }]
    expect(() => defineTask({ ...task, examples: examples2, prompts: ['{{tone}} {{input}}'] })).toThrow(
      /prompt 1 names \{\{tone\}\}, which example 3 does not have/,
    )
  })

  it('are another task than prompts that are not', () => {
    const prompts = ['{{input}}']
    const plain = { ...task, template: '{{prompt}}\n{{input}}', promptVariables: false, prompts: ['p'] }
    expect(defineTask({ ...task, template: '{{prompt}}\n{{input}}', prompts }).fingerprint).not.toBe(
      defineTask(plain).fingerprint,
    )
  })
})
