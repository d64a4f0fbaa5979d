import { describe, expect, it } from 'vitest'
import type { Trace } from '../../src/history/trace.ts'
import { createRandom } from '../../src/numerics/random/random.ts'
import { createGate } from '../../src/proposer/gate/gate.ts'
import { passBack } from '../../src/proposer/pass-back.ts'
import { createProposer } from '../../src/proposer/registry.ts'
import { runningStages, stagePlan, stageView } from '../../src/proposer/stage-view.ts'
import { createTaskView } from '../../src/proposer/task-view.ts'
import { defineSpace } from '../../src/space/parameter.ts'
import { defineTask } from '../../src/task/define-task.ts'
import { TWO_STAGES } from '../support/staged-task.ts'

const call = (stage: string, text: string) =>
  ({
    role: 'task',
    stage,
    model: 'm',
    prompt: 'p',
    text,
    usage: { inputTokens: 1, outputTokens: 1 },
    cached: false,
  }) as const
const trace: Trace = {
  calls: ['plan', 'search', 'read', 'write'].map((stage) => call(stage, `${stage}s`)),
  output: 'writes',
  feedback: [
    { text: 'The answer is wrong.', from: 'metric' },
    { text: 'Too few words.', from: 'judge', stage: 'search' },
    { text: 'Read the wrong page.', from: 'judge', slot: 'read.hints' },
  ],
}

describe('feedback passed back to a stage', () => {
  it('is that on the stage, and on those behind it, as far as they are near', () => {
    const search = passBack(trace, 'search')
    expect(search.output).toBe('searchs')
    expect(search.feedback.map(({ text }) => text)).toEqual([
      'Too few words.',
      'After it read answered "reads", then write answered "writes". It was said: The answer is wrong. of read: Read the wrong page.',
    ])
    expect(passBack(trace, 'write').feedback.map(({ text }) => text)).toEqual(['The answer is wrong.'])
  })

  it('is cut off after a number of stages, and empty for a stage that did not run', () => {
    // Three stages followed: the verdict on the whole does not reach so far, that on a near one does.
    const plan = passBack(trace, 'plan').feedback.map(({ text }) => text)
    expect(plan).toHaveLength(1)
    expect(plan[0]).not.toContain('The answer is wrong.')
    expect(plan[0]).toContain('Read the wrong page.')
    expect(passBack(trace, 'plan', 3).feedback[0]!.text).toContain('The answer is wrong.')
    expect(passBack(trace, 'plan', 0).feedback).toEqual([])
    expect(passBack(trace, 'repair')).toEqual({ feedback: [] })
  })
})

describe('a stage as its proposers see it', () => {
  const task = defineTask(TWO_STAGES)
  const view = createTaskView({
    examples: task.examples,
    answers: { kind: 'labels', labels: ['x'] },
    baseline: task.pool[0]!,
  })
  const plan = stagePlan(task.program, undefined)!

  it('has its own slots, and what the whole should answer only at the end', () => {
    const first = stageView(view, plan, 'extract')
    expect(first).toMatchObject({ mainSlot: 'extract', demonstrationSlot: 'extract', answers: { kind: 'text' } })
    expect(first.examples.every(({ expected }) => expected === undefined)).toBe(true)
    expect(first.description).toContain('stage extract')
    const last = stageView(view, plan, 'decide')
    expect(last).toMatchObject({ mainSlot: 'decide', answers: { kind: 'labels' } })
    expect(last.examples[0]!.expected).toBe('a broom here')
  })

  it('shows demonstrations as its template does, with what earlier stages answered', () => {
    const runs = new Map([[0, { calls: [call('extract', ' a broom\n'), call('decide', 'x')] }]])
    const last = stageView(view, plan, 'decide', runs)
    expect(last.demonstrate(task.examples[0]!, 'here')).toBe('Thing: a broom\nPlace: here')
    expect(stageView(view, plan, 'extract').demonstrate(task.examples[0]!, 'a broom')).toBe(
      'Customer: I want a broom.\nThing: a broom',
    )
  })

  it('lets a child keep the demonstrations of other stages, and knows which examples those show', async () => {
    const inputs = ['I want the long red broom over there.', 'I want the small grey mitten for winter.']
    const examples = inputs.map((input, index) => ({ id: String(index), input, expected: 'here', fields: {} }))
    const plain = { extract: 'Name it.', decide: 'Where is it?', 'decide.hints': '' }
    const demonstrated = (text: string) => ({ ...plain, decide: `${plain.decide}\n\nExamples:\n${text}` })
    const origin = { by: 'proposer', parents: [0] } as const
    const pool = [
      { id: 'a', slots: plain },
      { id: 'b', slots: demonstrated('Thing: a broom\nPlace: here'), shows: [0], origin },
      { id: 'c', slots: demonstrated(`Customer: ${inputs[1]}\nPlace: here`), shows: [1], origin },
    ]
    const whole = createTaskView({ examples, answers: { kind: 'text' }, baseline: pool[0]! })
    const gate = createGate({ task: stageView(whole, plan, 'extract'), pool })
    const child = (parent: number, text: string) => ({
      slots: { ...pool[parent]!.slots, extract: text },
      parents: [parent],
      proposer: 'mutate',
    })
    const copied = { ...plain, decide: `Where is it, if somebody says: ${inputs[1]}` }
    const { passed, rejected } = await gate.sort([
      child(0, 'Say what it is.'),
      child(1, 'Say what it is.'),
      child(2, 'Say what it is.'),
      { ...child(0, 'Say it.'), slots: { ...copied, extract: 'Say it.' } },
    ])
    expect(passed.map(({ shows }) => shows)).toEqual([undefined, [0], [1]])
    expect(rejected.map(({ reason }) => reason)).toEqual(['copied-example'])
  })

  it('demonstrates examples that it has run on, and of those that look alike to it one', async () => {
    const examples = Array.from({ length: 16 }, (_, at) => ({ ...task.examples[at % 4]!, id: String(at) }))
    const runs = new Map(['a broom', 'a broom', 'a trap'].map((text, at) => [at, { calls: [call('extract', text)] }]))
    const parent = { index: 0, candidate: task.pool[0]!, outcomes: [] }
    const propose = (known: typeof runs) =>
      createProposer('demonstrations').propose({
        parents: [parent],
        pool: [parent],
        task: stageView({ ...view, examples }, plan, 'decide', known),
        count: 12,
        random: createRandom(1),
      })
    const drafts = await propose(runs)
    expect(new Set(drafts.flatMap(({ shows }) => shows))).toEqual(new Set([0, 2]))
    for (const { slots } of drafts) {
      expect(slots['decide']).toMatch(/Thing: a (broom|trap)\nPlace:/)
      expect(slots['decide']).not.toContain('Input:')
    }
    expect(await propose(new Map())).toEqual([])
  })

  it('that is passed by is not rewritten: its text makes no difference', async () => {
    const helped = defineTask({
      ...TWO_STAGES,
      parameters: { helper: { categorical: ['none', 'use'] } },
      stages: {
        use: { when: { parameter: 'helper', in: ['use'] }, template: '{{prompt}}\n{{input}}' },
        decide: { template: '{{prompt}}\n{{use}}\n{{input}}' },
      },
      prompts: [{ id: 'a', slots: { use: 'What for?', decide: 'Where?' }, parameters: { helper: 'none' } }],
    })
    const [baseline] = helped.pool
    const helpedPlan = stagePlan(helped.program, undefined)!
    expect(runningStages(helpedPlan, baseline!)).toEqual(['decide'])
    expect(runningStages(helpedPlan, { ...baseline!, parameters: { helper: 'use' } })).toEqual(['use', 'decide'])
    const whole = createTaskView({ examples: helped.examples, answers: { kind: 'text' }, baseline: baseline! })
    const gate = createGate({ task: stageView(whole, helpedPlan, 'use'), pool: helped.pool })
    const draft = { slots: { ...baseline!.slots, use: 'What is it for?' }, parents: [0], proposer: 'edit' }
    const { passed, rejected } = await gate.sort([draft, { ...draft, parameters: { helper: 'use' } }])
    expect(rejected.map(({ reason }) => reason)).toEqual(['duplicate'])
    expect(passed).toMatchObject([{ parameters: { helper: 'use' } }])
  })

  it('is known of a TypeScript program by the slots of its prompts', () => {
    expect(stagePlan(undefined, ['extract', 'decide', 'decide.hints'])?.rewritable).toEqual(['extract', 'decide'])
    expect(stagePlan(undefined, ['instruction', 'demonstrations'])).toBeUndefined()
    expect(stagePlan(undefined, ['prompt'])).toBeUndefined()
  })
})

describe('the proposer of parameters', () => {
  const space = defineSpace({
    helper: { categorical: ['none', 'search'] },
    pages: { int: [1, 5], when: { parameter: 'helper', in: ['search'] } },
    rounds: { int: [0, 3] },
    temperature: { float: [0, 1] },
  })
  const candidate = { id: 'a', text: 'Answer.', parameters: { helper: 'none', rounds: 1, temperature: 0.5 } }
  const view = createTaskView({ examples: [], answers: { kind: 'text' }, baseline: candidate, space })
  const member = { index: 0, candidate, outcomes: [] }
  const propose = (count: number, task = view) =>
    createProposer('parameters').propose({ parents: [member], pool: [member], task, count, random: createRandom(3) })

  it('changes one at a time, within its range, with those that depend on it', async () => {
    const drafts = await propose(60)
    expect(drafts).toHaveLength(60)
    for (const { parameters: values = {}, slots } of drafts) {
      expect(slots).toEqual({ prompt: 'Answer.' })
      expect('pages' in values).toBe(values['helper'] === 'search')
      const changed = Object.entries(candidate.parameters).filter(([name, value]) => values[name] !== value)
      expect(changed).toHaveLength(1)
      expect([0, 1, 2, 3]).toContain(values['rounds'])
      expect(values['temperature']).toBeGreaterThanOrEqual(0)
      expect(values['temperature']).toBeLessThanOrEqual(1)
    }
    expect(new Set(drafts.map(({ hypothesis }) => hypothesis?.split(':')[0])).size).toBe(3)
  })

  it('has nothing to say without parameters', async () => {
    expect(await propose(4, { ...view, space: {} })).toEqual([])
  })

  it('passes a gate that holds texts alike for duplicates only with the same parameters', async () => {
    const gate = createGate({ task: view, pool: [candidate] })
    const draft = { slots: { prompt: 'Answer.' }, parents: [0], proposer: 'parameters' }
    const { passed, rejected } = await gate.sort([
      { ...draft, parameters: { ...candidate.parameters, rounds: 2 } },
      { ...draft, parameters: { ...candidate.parameters, rounds: 2 } },
      draft,
    ])
    expect(passed).toHaveLength(1)
    expect(rejected.map(({ reason }) => reason)).toEqual(['duplicate', 'duplicate'])
  })
})
