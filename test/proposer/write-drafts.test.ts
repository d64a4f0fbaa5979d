import { expect, it } from 'vitest'
import { createRandom } from '../../src/numerics/random/random.ts'
import { parseTemplate } from '../../src/prompt/template.ts'
import { builtInMetaPrompt } from '../../src/proposer/meta-prompt.ts'
import type { Member } from '../../src/proposer/proposer.ts'
import { createTaskView } from '../../src/proposer/task-view.ts'
import { writeDrafts } from '../../src/proposer/write-drafts.ts'

/** What comes of an answer of the generator to a crossover of two prompts. */
async function crossed(answer: string, ...texts: readonly [string, string]) {
  const pool = texts.map(
    (text, index): Member => ({
      index,
      candidate: { id: String(index), slots: { prompt: text } },
      mean: 0.5,
      standardDeviation: 0.1,
      outcomes: [],
    }),
  )
  const task = createTaskView({
    template: parseTemplate('{{prompt}}\n{{input}}'),
    baseline: pool[0]!.candidate,
    examples: [],
    answers: { kind: 'text' },
  })
  const [parent, other] = pool as [Member, Member]
  const request = { parents: pool, pool, task, count: 2, random: createRandom(1), ask: async () => answer }
  const values = { prompt: texts[0], other: texts[1] }
  const metaPrompt = builtInMetaPrompt('crossover')
  const drafts = await writeDrafts(request, {
    proposer: 'crossover',
    metaPrompt,
    values,
    parent,
    others: [other],
    count: 2,
  })
  return drafts.map(({ slots }) => slots['prompt'])
}

it('takes no prompt that repeats how prompts were shown to the generator', async () => {
  const answer =
    '<prompt>\n<first>\nSort it.\n</first>\n<second>\nLabel it.\n</second>\n</prompt>\n<prompt>Say which.</prompt>'
  expect(await crossed(answer, 'Sort it.', 'Label it.')).toEqual(['Say which.'])
  expect(await crossed(answer, 'Read <first> before <second>.', 'Label it.')).toHaveLength(2)
})

it('takes no heading of the question into a prompt', async () => {
  const heading = 'Two good instructions for this task:'
  const answer = `<prompt>\n${heading}\n\nSay which.\n</prompt>\n<prompt>${heading}</prompt>`
  expect(await crossed(answer, 'Sort it.', 'Label it.')).toEqual(['Say which.', ''])
  expect(await crossed(answer, `${heading} A and B.`, 'Label it.')).toHaveLength(2)
})

it('takes no prompt that repeats what the generator was told to do', async () => {
  const told = 'Combine the best parts of both into one instruction, then change its wording a little.'
  const answer = `<prompt>Sort it. ${told}</prompt>\n<prompt>Say which.</prompt>`
  expect(await crossed(answer, 'Sort it.', 'Label it.')).toEqual(['Say which.'])
  expect(await crossed(answer, `Sort it. ${told}`, 'Label it.')).toHaveLength(2)
  const reworded = '<prompt>combine the best parts of both into a prompt</prompt>\n<prompt>Say which.</prompt>'
  expect(await crossed(reworded, 'Sort it.', 'Label it.')).toEqual(['Say which.'])
})
