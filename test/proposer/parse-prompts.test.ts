import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parsePrompts } from '../../src/proposer/parse-prompts.ts'

describe('parsePrompts', () => {
  it.each([
    ['tags', '<idea>a</idea>\n<prompt>Sort it.</prompt> <prompt>Label it.</prompt>', ['Sort it.', 'Label it.']],
    ['a tag that was cut off', '<prompt>Sort it.</prompt>\n<prompt>Label', ['Sort it.', 'Label']],
    [
      'JSON',
      '{"candidates":[{"hypothesis":"h","prompt":"Sort it."},{"prompt":"Label it."}]}',
      ['Sort it.', 'Label it.'],
    ],
    ['fenced JSON', 'Here:\n```json\n["Sort it.", "Label it."]\n```', ['Sort it.', 'Label it.']],
    [
      'JSON cut off',
      '{"candidates":[{"hypothesis":"h","prompt":"Sort \\"it\\"."},{"hypothesis":"h2","pro',
      ['Sort "it".'],
    ],
    ['a numbered list', 'Here are 2 prompts:\n1. Sort it.\n2) Label it.', ['Sort it.', 'Label it.']],
    ['bullets', '- Sort it.\n- Label it.', ['Sort it.', 'Label it.']],
    [
      'one prompt with a list in it',
      'Sort the ticket by these rules:\n1. Be exact.\n2. Be short.',
      ['Sort the ticket by these rules:\n1. Be exact.\n2. Be short.'],
    ],
    ['a fence', 'Sure!\n```\nSort it.\n```', ['Sort it.']],
    ['a chatty start', 'Here is the improved instruction:\n\n"Sort it."', ['Sort it.']],
    ['tags that were misspelled', '<prompt>Sort it.\n< /prompt>\n<>/prompt>', ['Sort it.']],
    ['a tag of its own making', '<_prompt>\nSort it.\n</prompt>\n<response>\n7\n</response>', ['Sort it.']],
    [
      'tags with numbers',
      '<prompt 1>Sort it.</prompt 1> <new_prompt>Label it.</new_prompt>',
      ['Sort it.', 'Label it.'],
    ],
    ['a tag that a prompt is about', '<prompt>Fill in <system_prompt>.</prompt>', ['Fill in <system_prompt>.']],
    ['a score that it hopes for', '<prompt>Score 77:\nSort it.</prompt>', ['Sort it.']],
    ['where it begins', 'Score 10:\n<begin_prompt>\nSort it.\n</begin_prompt>', ['Sort it.']],
    ['where it ends', '<start_prompt>Sort it.<end_prompt>\n<begin_prompt>Label it.', ['Sort it.', 'Label it.']],
    [
      'a letter',
      '<prompt>Instruction C:\nSort it.</prompt> <prompt>**Instruction B:** Label it.</prompt>',
      ['Sort it.', 'Label it.'],
    ],
    ['the question', 'Put each between <prompt> and </prompt>.\n<prompt>Sort it.</prompt>', ['Sort it.']],
    [
      'headings',
      '**Instruction A:**\nSort it.\n\n**Idea:**\nBe short.\n\n**Prompt 2 for both:**\nLabel it.\nOne word.',
      ['Sort it.', 'Label it.\nOne word.'],
    ],
    [
      'a heading of its own',
      '# Instructions\nSort it.\n# Output\nOne word.',
      ['# Instructions\nSort it.\n# Output\nOne word.'],
    ],
    [
      'other brackets',
      '(prompt) Sort it.\n\n(prompt> Label the text (prompt).',
      ['Sort it.', 'Label the text (prompt).'],
    ],
    ['half a tag', '<prompt>Sort it.\nPrompt></prompt>', ['Sort it.']],
    ['several leads', "Here's one that scores higher:\n\n**Score 11:**\nSort it.", ['Sort it.']],
    ['another language', '<prompt>请将工单分类。</prompt>', ['请将工单分类。']],
    ['a refusal', 'I’m sorry, but I can’t help with that.', []],
    ['a refusal in tags', '<prompt>I cannot do that.</prompt>', []],
    ['nothing', ' \n', []],
  ])('reads %s', (_, answer, prompts) => {
    expect(parsePrompts(answer).map(({ prompt }) => prompt)).toEqual(prompts)
  })

  it('keeps the hypothesis of each', () => {
    expect(parsePrompts('<idea>a</idea><prompt>A.</prompt><idea>b</idea><prompt>B.</prompt>')).toEqual([
      { prompt: 'A.', hypothesis: 'a' },
      { prompt: 'B.', hypothesis: 'b' },
    ])
  })

  it('never throws, and takes no time', () => {
    const pieces = [
      '<prompt>',
      '</prompt>',
      '<idea>',
      '{',
      '"prompt":',
      '"',
      '\\',
      '[',
      '```',
      '\n',
      '1. ',
      'a b ',
      '{{x}}',
    ]
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 200 }), (parts) => {
        for (const { prompt } of parsePrompts(parts.join(''))) expect(prompt.trim()).toBe(prompt)
      }),
    )
    const started = performance.now()
    for (const part of ['<prompt>', '"prompt": "', '1. a\n', '```\n', '<idea>', '{"a":['])
      parsePrompts(part.repeat(20_000))
    expect(performance.now() - started).toBeLessThan(2000)
  })
})
