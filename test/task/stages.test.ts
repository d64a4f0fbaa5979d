import { describe, expect, it } from 'vitest'
import { InvalidInputError } from '../../src/errors.ts'
import { mostRuns } from '../../src/prompt/program-flow.ts'
import { defineTask } from '../../src/task/define-task.ts'
import type { TaskInput } from '../../src/task/schema.ts'
import { LOOP, TWO_STAGES } from '../support/staged-task.ts'

const { extract, decide } = TWO_STAGES.stages

describe('stages in a task file', () => {
  it('give a candidate a slot per stage, in the order of the program', () => {
    const shuffled = TWO_STAGES.prompts.map(({ id, slots }) => ({
      id,
      slots: Object.fromEntries(Object.entries(slots).reverse()),
    }))
    const { pool, program } = defineTask({ ...TWO_STAGES, prompts: shuffled })
    expect(Object.keys(pool[0]!.slots!)).toEqual(['extract', 'decide', 'decide.hints'])
    expect(program).toMatchObject({ output: 'decide', maxSteps: 20, start: [{ to: 'extract' }] })
    expect(program!.stages[0]!.sampling.maxOutputTokens).toBe(256)
  })

  it('take a baseline with slots and parameters, and a text where there is one slot', () => {
    const [{ slots }] = LOOP.prompts as [(typeof LOOP.prompts)[number]]
    const own = defineTask({ ...LOOP, baseline: { slots: { ...slots, extract: 'What?' }, parameters: { rounds: 2 } } })
    expect(own.pool.at(-1)).toMatchObject({ id: 'baseline', parameters: { rounds: 2 } })
    const { prompts: _, ...rest } = TWO_STAGES
    const one = { extract: { template: 'Name {{input}}.' }, decide: { template: '{{prompt}} {{extract}}' } }
    expect(defineTask({ ...rest, stages: one, baseline: 'Where?' }).pool[0]!.slots).toEqual({ decide: 'Where?' })
  })

  it.each<[string, object, RegExp]>([
    [
      'an unknown name',
      { stages: { extract, decide: { template: '{{prompt}} {{extrct}}' } } },
      /stage decide names \{\{extrct\}\}, which is no stage/,
    ],
    [
      'a later output',
      { stages: { decide: { template: '{{prompt}} {{input}} {{extract}}' }, extract } },
      /stage decide reads \{\{extract\}\}, which is written only after it/,
    ],
    [
      'a circle',
      {
        stages: {
          extract: { template: '{{prompt}} {{input}} {{decide}}' },
          decide: { template: '{{prompt}} {{extract}}' },
        },
      },
      /stages extract and decide read each other's output, a circle/,
    ],
    ['its own output', { stages: { extract, decide: { template: '{{prompt}} {{decide}}' } } }, /written only after it/],
    [
      'nothing of the example',
      { stages: { extract: { template: '{{prompt}}' } } },
      /no stage shows anything of the example/,
    ],
    [
      'nothing of the prompt',
      { stages: { extract: { template: '{{input}}' } } },
      /no stage shows anything of the prompt/,
    ],
    [
      'a slot that is not named',
      { stages: { extract: { ...extract, slots: ['hints'] }, decide } },
      /slot hints that its template does not name/,
    ],
    ['a reserved name', { stages: { extract, end: decide } }, /goes by "end"/],
    [
      'a name of an example key',
      { examples: TWO_STAGES.examples.map((one) => ({ ...one, decide: 1 })) },
      /goes by "decide"/,
    ],
    ['a template beside', { template: '{{prompt}}{{input}}' }, /stages and template do not go together/],
    ['a program beside', { evaluate: './program.ts' }, /program .* does not exist/],
    ['states without stages', { stages: undefined, states: LOOP.states }, /states needs stages/],
    ['start without states', { start: 'extract' }, /start needs states/],
    ['an output nobody writes', { output: 'place' }, /output is place, which no stage writes/],
    [
      'a wrong model',
      { stages: { extract: { ...extract, model: 'smollm2' }, decide } },
      /stages\.extract\.model is "smollm2"/,
    ],
    ['no model', { model: undefined }, /no model/],
    [
      'an unknown key',
      { stages: { extract: { ...extract, tempalte: 'x' }, decide } },
      /unknown key stages\.extract\.tempalte/,
    ],
    ['no stages', { stages: {} }, /stages is empty/],
    ['a list of stages', { stages: [extract, decide] }, /stages is \[.*; expected object, received array/],
    [
      'a judge of pairs',
      { metric: { name: 'pairwise-judge', model: 'gguf:smollm2-135m-instruct', criteria: 'x' }, baseline: { id: 'a' } },
      /pairwise-judge compares single prompts/,
    ],
    [
      'a condition on nothing',
      { stages: { extract: { ...extract, when: { parameter: 'helper', in: ['yes'] } }, decide } },
      /when names helper, which is no parameter/,
    ],
    [
      'a parameter of a stage that is none',
      { parameters: { 'extrct.temperature': { float: [0, 1] } } },
      /parameter extrct\.temperature changes nothing: no stage reads it/,
    ],
    [
      'a parameter that no stage reads',
      { parameters: { rounds: { int: [0, 3] } } },
      /parameter rounds changes nothing/,
    ],
    ['a prompt with a slot too few', { prompts: [{ slots: { extract: 'Name it.' } }] }, /lacks the slot decide/],
    [
      'a prompt with a slot too many',
      { prompts: [{ slots: { ...TWO_STAGES.prompts[0]!.slots, repair: 'x' } }] },
      /has a slot repair, which no stage has/,
    ],
    ['a prompt that is one text', { prompts: ['Where is it?'] }, /is one text, and the stages have 3 slots/],
    ['a baseline that is one text', { baseline: 'Where is it?' }, /baseline is one text/],
    ['a stage twice by another name', { constraints: [{ metric: 'extrct.tokens', atMost: 9 }] }, /extrct\.tokens/],
    [
      'a field that some examples lack',
      {
        examples: [{ ...TWO_STAGES.examples[0], shop: 'x' }, TWO_STAGES.examples[1]],
        stages: { extract: { template: '{{prompt}}{{input}}{{shop}}' }, decide },
      },
      /names \{\{shop\}\}, which example 2 does not have/,
    ],
  ])('refuse %s', (_, changes, message) => {
    const given = { ...TWO_STAGES, ...changes } as unknown as TaskInput
    expect(() => defineTask(given)).toThrow(message)
    expect(() => defineTask(given)).toThrow(InvalidInputError)
  })

  it.each<[string, object, RegExp]>([
    [
      'a transition to nowhere',
      { states: { ...LOOP.states, extract: { next: 'chek' } } },
      /leads to chek, which is no state/,
    ],
    [
      'a state of no stage',
      { states: { ...LOOP.states, mend: { next: 'end' } } },
      /state mend runs mend, which is no stage/,
    ],
    [
      'a state that is never reached',
      { states: { ...LOOP.states, again: { stage: 'check' } } },
      /state again is never reached/,
    ],
    [
      'a circle without an end',
      { states: { extract: { next: 'check' }, check: { next: 'repair' }, repair: { next: 'check' } } },
      /there is no way from here to the end/,
    ],
    [
      'a stage that no state runs',
      { states: { extract: { next: 'check' }, check: {} } },
      /stage repair is run by no state/,
    ],
    [
      'rounds of no parameter',
      { states: { ...LOOP.states, repair: { rounds: 'turns', next: 'check' } } },
      /rounds: turns, which is no integer parameter/,
    ],
    [
      'a transition that can never be taken',
      { states: { ...LOOP.states, extract: { next: [{ when: { parameter: 'rounds', in: [7] }, to: 'check' }] } } },
      /when asks for rounds: 7, which it never is; expected a whole number from 0 to 3/,
    ],
    [
      'a stage that can never run',
      {
        stages: { ...LOOP.stages, check: { ...LOOP.stages.check, when: { parameter: 'rounds', in: [1, 'two'] } } },
      },
      /when asks for rounds: "two", which it never is/,
    ],
    [
      'a wrong expression',
      { states: { ...LOOP.states, check: { next: [{ matches: '(', to: 'end' }, { to: 'repair' }] } } },
      /no regular expression/,
    ],
    [
      'a baseline without a value that decides',
      { baseline: { slots: LOOP.prompts[0]!.slots } },
      /states no value of rounds/,
    ],
    ['too few steps', { maxSteps: 0 }, /maxSteps/],
    [
      'a reference with parameters',
      { baseline: { id: 'r1', parameters: { rounds: 2 } } },
      /names prompt "r1" and has parameters/,
    ],
  ])('refuse %s', (_, changes, message) => {
    expect(() => defineTask({ ...LOOP, ...changes } as unknown as TaskInput)).toThrow(message)
  })

  it('take parameters that a stage samples by, and rounds that only some candidates have', () => {
    const [{ slots }] = LOOP.prompts as [(typeof LOOP.prompts)[number]]
    const task = defineTask({
      ...LOOP,
      parameters: {
        'repair.temperature': { float: [0, 1] },
        mode: { categorical: ['once', 'loop'] },
        rounds: { int: [1, 3], when: { parameter: 'mode', in: ['loop'] } },
      },
      prompts: [{ id: 'a', slots }],
      baseline: { slots, parameters: { mode: 'once', 'repair.temperature': 0 } },
    })
    const mayRepair = task.pool.filter((candidate) => mostRuns(task.program!, candidate).get('repair'))
    expect(mayRepair.every(({ parameters }) => parameters!['mode'] === 'loop')).toBe(true)
    expect(mayRepair).toHaveLength(15)
    expect(task.pool).toHaveLength(20)
  })

  it('end where an outcome is not the one that goes on', () => {
    const states = {
      extract: { next: 'check' },
      check: { next: [{ equals: '', to: 'repair' }] },
      repair: { next: 'check' },
    }
    const { parameters: _, ...rest } = LOOP
    expect(() =>
      defineTask({ ...rest, states, prompts: LOOP.prompts.map(({ id, slots }) => ({ id, slots })).slice(0, 1) }),
    ).not.toThrow()
  })

  it('know the stages in constraints, and belong to what a study is', () => {
    const task = defineTask({
      ...TWO_STAGES,
      constraints: [
        { metric: 'extract.tokens', atMost: 9 },
        { metric: 'steps', atMost: 3 },
      ],
    })
    expect(task.constraints).toHaveLength(2)
    const other = defineTask({ ...TWO_STAGES, stages: { extract, decide: { ...decide, system: 'Be brief.' } } })
    expect(other.fingerprint).not.toBe(task.fingerprint)
  })
})
