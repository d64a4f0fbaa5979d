import { describe, expect, it } from 'vitest'
import { parseTemplate } from '../../src/prompt/template.ts'
import { createGate } from '../../src/proposer/gate/gate.ts'
import type { Draft } from '../../src/proposer/proposer.ts'
import { createTaskView } from '../../src/proposer/task-view.ts'

const examples = [
  'My garage door opener stopped answering the app after the last update of the firmware.',
  'Please send the invoice for March to my new address in Lyon.',
  'How do I cancel the plan before the trial of thirty days ends?',
].map((input, index) => ({
  id: String(index),
  input,
  expected: ['bug', 'billing', 'cancellation'][index]!,
  fields: {},
}))
const TEMPLATE = '{{instruction}}\n\n{{demonstrations}}\nTicket: {{input}}\nLabel:'
const baseline = { id: 'baseline', slots: { instruction: 'Classify the ticket.', demonstrations: '' } }
const task = createTaskView({
  template: parseTemplate(TEMPLATE),
  baseline,
  examples,
  answers: { kind: 'labels', labels: ['billing', 'bug', 'cancellation'] },
  preserve: ['ACME'],
})
const draft = (instruction: string, demonstrations = '', more: Partial<Draft> = {}): Draft => ({
  slots: { instruction, demonstrations },
  parents: [0],
  proposer: 'mutate',
  metaPrompt: 'mutate@1',
  ...more,
})
const reasons = async (drafts: readonly Draft[], options = {}) => {
  const { passed, rejected } = await createGate({ task, pool: [baseline], ...options }).sort(drafts)
  return { passed, reasons: rejected.map(({ reason }) => reason) }
}

describe('gate', () => {
  it.each([
    ['lost-text', 'Classify the ticket of the company.'],
    ['too-long', `ACME ${'rule '.repeat(2000)}`],
    ['copied-example', 'ACME: if the garage door opener stopped answering the app after an update, say bug.'],
    ['repetition', 'ACME: which queue is it? Which queue is it for? Which queue is it for?\nWhich queue is it for?'],
    ['empty', '   '],
    ['empty', "I'm sorry, but I cannot write prompts for ACME."],
    ['template-syntax', 'ACME: classify {{ticket}} now.'],
  ] as const)('refuses for %s', async (reason, text) => {
    expect((await reasons([draft(text)])).reasons).toEqual([reason])
  })

  it('refuses what the pool or an earlier draft says, whatever case and punctuation', async () => {
    const drafts = [draft('ACME: name the queue!'), draft('ACME — name the QUEUE')]
    expect(await reasons(drafts)).toMatchObject({ passed: [{}], reasons: ['duplicate'] })
  })

  it('lets drafts repeat what a prompt of the task repeats', async () => {
    const text = 'ACME: name the queue of the ticket. Name the queue of the ticket!\nName the queue of the ticket.'
    const emphatic = { id: 'b', text: `${text} ${text}` }
    expect(await reasons([draft(`${text} ${text} Now.`)], { pool: [emphatic] })).toMatchObject({ reasons: [] })
  })

  it('refuses an answer where an instruction is wanted', async () => {
    const { reasons: found } = await reasons([draft('Billing.'), draft('ACME billing?')], {
      task: createTaskView({ baseline, examples, answers: task.answers, template: parseTemplate(TEMPLATE) }),
    })
    expect(found).toEqual(['copied-example'])
  })

  it('refuses what means the same by embedding, unless it is an edit made on purpose', async () => {
    const vectors: Record<string, number[]> = { 'Classify the ticket.': [1, 0], 'ACME: sort it.': [0.999, 0.0447] }
    const embed = async (texts: readonly string[]) => texts.map((text) => Float64Array.from(vectors[text] ?? [0, 1]))
    const { metaPrompt: _, ...edited } = draft('ACME: sort it.')
    expect((await reasons([draft('ACME: sort it.')], { embed })).reasons).toEqual(['duplicate'])
    expect((await reasons([edited], { embed })).reasons).toEqual([])
    expect((await reasons([draft('ACME: sort it.', 'Ticket: a\nLabel: bug')], { embed })).reasons).toEqual([])
  })

  it('finds the examples that demonstrations show, whether declared or not', async () => {
    const shown = task.demonstrate(examples[1]!, 'billing')
    expect(shown).toBe('Ticket: Please send the invoice for March to my new address in Lyon.\nLabel: billing')
    const { passed } = await reasons([draft('ACME: sort.', shown), draft('ACME: sort them.', shown, { shows: [0] })])
    expect(passed.map(({ shows }) => shows)).toEqual([[1], [0, 1]])
  })

  it('lets demonstrations share sentences with examples that they do not show, where many are put alike', async () => {
    const alike = ['5 cards', '5 apples', '7 pens', '9 stamps', '6 shells', '8 coins', '2 hats', '3 keys'].map(
      (what, index) => ({
        id: String(index),
        input: `There are ${what} on the table and ${index} in the box. How many are there?`,
        expected: String(index),
        fields: {},
      }),
    )
    const sums = createTaskView({
      template: parseTemplate('{{instruction}}\n\n{{demonstrations}}\nProblem: {{input}}\nAnswer:'),
      baseline,
      examples: [...alike.slice(0, 2), ...examples],
      answers: { kind: 'text' },
    })
    const gate = createGate({ task: sums, pool: [baseline] })
    const { passed, rejected } = await gate.sort([
      draft('Add.', sums.demonstrate(alike[0]!, '5')),
      draft('Add up.', `${sums.demonstrate(alike[0]!, '5')}\nProblem: ${examples[0]!.input.slice(3)}`),
      draft(`Add. ${alike[0]!.input}`),
    ])
    expect(passed.map(({ shows }) => shows)).toEqual([[0]])
    expect(rejected.map(({ reason }) => reason)).toEqual(['copied-example', 'copied-example'])
  })

  it('lets labels, the description and the baseline be repeated', async () => {
    expect(
      (await reasons([draft('ACME. Classify the ticket. Answer with billing, bug, cancellation.')])).reasons,
    ).toEqual([])
  })
})
