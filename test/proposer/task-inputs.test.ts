import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Embedder } from '../../src/embedding/embedder.ts'
import { openSentenceEncoder } from '../../src/embedding/sentence-encoder.ts'
import type { Candidate } from '../../src/prompt/candidate.ts'
import { splitText } from '../../src/proposer/demonstration-block.ts'
import { createGate } from '../../src/proposer/gate/gate.ts'
import { createTaskView } from '../../src/proposer/task-view.ts'
import { loadTask } from '../../src/task/load-task.ts'

const data = new URL('../../data/tasks/', import.meta.url).pathname

/** Written by Qwen2.5-Coder-1.5B-Instruct, asked for better instructions than "Solve the problem.". */
const WRITTEN = [
  'How much is the sum of 5 and 3 dollars?',
  'Solve the problem: In a store, 4 apples cost $12. How many apples can Sarah buy with $20?',
  'How many dollars are in a bill?',
  'Calculate the total cost of 5 apples if each apple costs $2.',
  'What is the cost of a pack of 10 pencils if each pencil costs $0.50?',
]

describe('drafts that are inputs of the task', () => {
  let embedder: Embedder
  beforeAll(async () => {
    embedder = await openSentenceEncoder()
  })
  afterAll(() => embedder.close())

  async function sort(name: string, texts: readonly string[], baseline: string) {
    const { template, split, examples, description } = loadTask(`${data}${name}`)
    const given: Candidate = { id: 'baseline', text: baseline }
    const task = createTaskView({
      ...(template ? { template } : {}),
      ...(description === undefined ? {} : { description }),
      baseline: given,
      examples: split.search.map((index) => examples[index]!),
      answers: { kind: 'text' },
    })
    const gate = createGate({ task, pool: [given], embed: (all) => embedder.embed(all) })
    const drafts = texts.map((text) => ({
      slots: { [task.mainSlot]: text },
      parents: [0],
      proposer: 'opro',
      metaPrompt: 'opro@1',
    }))
    const { rejected } = await gate.sort(drafts)
    return rejected.filter(({ reason }) => reason === 'task-input').map(({ text }) => text)
  }

  it('are refused', async () => {
    expect(await sort('shop-sums/task-one-prompt.yaml', WRITTEN, 'Solve the problem.')).toEqual(WRITTEN)
  })

  it.each([
    'order-fields',
    'ticket-triage',
    'review-sentiment',
    'request-routing',
    'date-arithmetic',
    'word-relations',
  ])('are told from the instructions of %s', async (name) => {
    const { pool } = loadTask(`${data}${name}/task.yaml`)
    const instructions = pool.map(({ text, slots }) => splitText(text ?? Object.values(slots!)[0]!).instruction)
    const [first, ...others] = [...new Set(instructions.filter((text) => text.trim() !== ''))]
    expect(await sort(`${name}/task.yaml`, others, first!)).toEqual([])
  })
})
