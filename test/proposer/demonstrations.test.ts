import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/numerics/random/random.ts'
import { parseTemplate, renderTemplate } from '../../src/prompt/template.ts'
import { splitTurns, writeTurns } from '../../src/prompt/turns.ts'
import { createGate } from '../../src/proposer/gate/gate.ts'
import { createProposer } from '../../src/proposer/registry.ts'
import { createTaskView, slotsOf } from '../../src/proposer/task-view.ts'

const examples = ['It hangs.', 'Pay me back.', 'It is red.', 'More of it.'].map((input, index) => ({
  id: String(index),
  input,
  expected: ['bug', 'billing', 'bug', 'feature'][index]!,
  fields: { channel: ['mail', 'phone'][index % 2]! },
}))
const answers = { kind: 'labels', labels: ['bug', 'billing', 'feature'] } as const
const viewOf = (template: ReturnType<typeof parseTemplate>, baseline: { id: string; text: string }) =>
  createTaskView({ template, examples, answers, baseline })
const ask = async (task: ReturnType<typeof viewOf>, candidate: { id: string; text: string }, name: string, count = 8) =>
  createProposer(name).propose({
    parents: [{ index: 0, candidate, outcomes: [] }],
    pool: [{ index: 0, candidate, outcomes: [] }],
    task,
    count,
    random: createRandom(1),
  })
const plain = { id: 'a', text: 'Label it.' }

describe('demonstrations', () => {
  it.each([
    ['behind the prompt', parseTemplate('{{prompt}}\n\nTicket ({{channel}}): {{input}}\nLabel:')],
    ['alone, where the prompt is a system message', parseTemplate('({{channel}}) {{input}}', '{{prompt}}')],
  ])('are turns that look as the example to be answered does: %s', async (_, template) => {
    const drafts = await ask(viewOf(template, plain), plain, 'demonstrations')
    expect(drafts.length).toBeGreaterThan(4)
    for (const { slots, shows } of drafts) {
      const text = slots['prompt']!
      const { turns } = splitTurns(text)
      expect(text.startsWith('Label it.\n\n')).toBe(true)
      expect(turns.length).toBe(shows!.length)
      const sent = renderTemplate(template, { id: 'b', text }, examples[0]!)
      for (const position of shows!) {
        const own = renderTemplate(template, { id: 'b', text }, examples[position]!).text
        expect(turns).toContainEqual({ user: own, assistant: examples[position]!.expected })
      }
      expect(sent.turns).toHaveLength(turns.length)
    }
  })

  it.each([
    [
      'prompts name the input themselves',
      { ...parseTemplate('{{prompt}}'), nested: true as const },
      'Label {{input}}.',
    ],
    ['prompt and example share a line', parseTemplate('{{prompt}} {{input}}'), 'Label it.'],
  ])('are a text where %s', async (_, template, text) => {
    const [draft] = await ask(viewOf(template, { id: 'a', text }), { id: 'a', text }, 'demonstrations')
    expect(draft!.slots['prompt']).toMatch(/^Label .*\n\nExamples:\nInput: .*\nOutput: /)
  })

  it.each([
    [parseTemplate('{{prompt}}\n\nTicket: {{input}}'), 'Label it.'],
    [{ ...parseTemplate('{{prompt}}'), nested: true as const }, 'Label {{input}}.'],
  ])('show braces of an example as they are', async (template, text) => {
    const braced = examples.map((example) => ({ ...example, input: `${example.input} {{input}} {{name}} {{{` }))
    const task = createTaskView({ template, examples: braced, answers, baseline: { id: 'a', text } })
    const drafts = await ask(task, { id: 'a', text }, 'demonstrations')
    const { passed, rejected } = await createGate({ task, pool: [{ id: 'a', text }] }).sort(drafts)
    expect(passed.length).toBeGreaterThan(0)
    expect(rejected.filter(({ reason }) => reason !== 'duplicate')).toEqual([])
    for (const { slots, shows } of passed) {
      const { text: sent, turns = [] } = renderTemplate(template, { id: 'b', text: slots['prompt']! }, examples[0]!)
      const all = [sent, ...turns.map(({ user }) => user)].join('\n')
      for (const position of shows!) expect(all).toContain(braced[position]!.input)
    }
    const open = { slots: { prompt: `${text} {% if` }, parents: [0], proposer: 'edit' }
    const { rejected: refused } = await createGate({ task, pool: [{ id: 'a', text }] }).sort([open])
    expect(refused.map(({ reason }) => reason)).toEqual('nested' in template ? ['template-syntax'] : [])
  })

  it('keep what stands before their turns when something else is edited', async () => {
    const task = viewOf(parseTemplate('{{prompt}}\n\n{{input}}'), plain)
    const block = writeTurns([
      { user: 'Hi', assistant: 'spam' },
      { user: 'Ho', assistant: 'ham' },
    ])
    const text = `Label it. Be brief.\n\nExamples:\nInput: Hello\nOutput: spam\n\n${block}`
    const drafts = await ask(task, { id: 'a', text }, 'edit')
    expect(drafts.length).toBeGreaterThan(2)
    for (const { slots } of drafts) {
      expect(slots['prompt']).toContain('\n\nExamples:\nInput: Hello\nOutput: spam\n\nConversation:\n')
    }
  })

  it('stay turns where they stand in the slot of the instruction', async () => {
    const template = parseTemplate('{{instruction}}\n\n{{demonstrations}}\nTicket: {{input}}')
    const said = writeTurns([{ user: 'One? Two? Three.', assistant: 'spam' }])!
    const baseline = { id: 'a', slots: { instruction: `Label it. Be brief.\n\n${said}`, demonstrations: '' } }
    const task = createTaskView({ template, examples, answers, baseline })
    const drafts = await createProposer('edit').propose({
      parents: [{ index: 0, candidate: baseline, outcomes: [] }],
      pool: [{ index: 0, candidate: baseline, outcomes: [] }],
      task,
      count: 6,
      random: createRandom(1),
    })
    expect(drafts.length).toBeGreaterThan(2)
    for (const { slots } of drafts) {
      expect(slots).toMatchObject({ demonstrations: said, instruction: expect.not.stringContaining('One?') })
      const { turns } = renderTemplate(template, { id: 'b', slots }, examples[0]!)
      expect(turns).toEqual([{ user: expect.stringMatching(/One\? Two\? Three\.$/), assistant: 'spam' }])
    }
  })

  it('have the slot of a chat, whose prompt is what its baseline fills', () => {
    const template = { ...parseTemplate('{{turns}}\n{{user}}', '{{system}}'), nested: true as const }
    const view = (system: string) =>
      createTaskView({
        template,
        examples,
        answers,
        baseline: { id: 'a', slots: { system, turns: '', user: 'Label {{input}}.' } },
      })
    expect(view('Be brief.')).toMatchObject({ mainSlot: 'system', demonstrationSlot: 'turns' })
    expect(view('')).toMatchObject({ mainSlot: 'user', demonstrationSlot: 'turns' })
  })

  it('of a prompt stay turns when they are edited, and go whole when it is shortened', async () => {
    const task = viewOf(parseTemplate('{{prompt}}\n\nTicket: {{input}}'), plain)
    const turns = [0, 1, 2].map((position) => ({
      user: task.ask(examples[position]!)!,
      assistant: examples[position]!.expected,
    }))
    const shown = { id: 'a', text: `Label it.\n\n${writeTurns(turns)}` }
    const kept = (await ask(task, shown, 'edit')).map(({ slots }) => splitTurns(slots['prompt']!))
    expect(kept.length).toBeGreaterThan(2)
    for (const { text, turns: left } of kept) {
      expect(text).toBe('Label it.')
      expect(left.length).toBeGreaterThanOrEqual(2)
      for (const turn of left) expect(turns).toContainEqual(turn)
    }
    const [short] = await ask(task, shown, 'shorten')
    expect(short!.slots).toEqual({ prompt: 'Label it.' })
  })

  it('may be as long as they are sent: marks between turns count for nothing', async () => {
    const task = viewOf(parseTemplate('{{prompt}}\n\nTicket: {{input}}'), plain)
    const turns = Array.from({ length: 30 }, (_, index) => ({ user: `Ticket: ${index}?`, assistant: 'bug' }))
    const text = `Name the queue.\n\n${writeTurns(turns)}`
    const gate = createGate({ task, pool: [plain] })
    const { passed } = await gate.sort([{ slots: slotsOf({ id: 'b', text }, task), parents: [0], proposer: 'mutate' }])
    expect(passed).toHaveLength(1)
  })

  it('of a hand-written prompt are known to the gate, however short', async () => {
    const task = viewOf(parseTemplate('{{prompt}}\n\nTicket: {{input}}'), plain)
    const text = `Name the queue.\n\n${writeTurns([{ user: 'Ticket: It is red.', assistant: 'bug' }])}`
    const gate = createGate({ task, pool: [plain] })
    const slots = slotsOf({ id: 'b', text }, task)
    const { passed } = await gate.sort([{ slots, parents: [0], proposer: 'mutate' }])
    expect(passed).toMatchObject([{ shows: [2] }])
  })
})
