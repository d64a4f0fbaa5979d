import { describe, expect, it } from 'vitest'
import { exactMatch } from '../../src/evaluation/metrics/exact-match.ts'
import { createStageEvaluator } from '../../src/evaluation/stages/stage-evaluator.ts'
import type { TextModel } from '../../src/evaluation/text-model.ts'
import { mostRuns } from '../../src/prompt/program-flow.ts'
import { defineTask } from '../../src/task/define-task.ts'
import type { TaskInput } from '../../src/task/schema.ts'
import { allowed } from '../support/reservations.ts'
import { createScriptedModel } from '../support/scripted-model.ts'
import { LOOP, openStaged, TWO_STAGES } from '../support/staged-task.ts'

const thing = (prompt: string) => /I want (.*?)\./.exec(prompt)?.[1] ?? ''
/** Names the thing, then says it is here. */
const clerk = ({ prompt }: { prompt: string }) =>
  prompt.includes('Customer:') ? ` ${thing(prompt)}\n` : `${/Thing: (.*)/.exec(prompt)![1]} here`

describe('stages', () => {
  it('run one after the other, each a counted call with its own slots', async () => {
    const { evaluator, cell, model } = openStaged(TWO_STAGES, clerk)
    const reserved: (string | undefined)[] = []
    const result = await evaluator.evaluate({
      ...cell(1),
      reserve: (estimate) => {
        reserved.push(estimate.stage)
        return allowed()
      },
    })
    expect(result).toMatchObject({ score: 1, calls: 2, output: 'a broom here', cached: false })
    expect(reserved).toEqual(['extract', 'decide'])
    expect(result.traces?.map(({ stage }) => stage)).toEqual(['extract', 'decide'])
    expect(model.requests.map(({ prompt }) => prompt)).toEqual([
      'Name it.\nCustomer: I want a broom.\nThing:',
      'Say where.\nLook around.\nThing: a broom\nPlace:',
    ])
    expect(result.metrics).toMatchObject({ steps: 2, savedCalls: 0, calls: 2, 'extract.calls': 1, 'decide.calls': 1 })
    expect(result.metrics!['extract.tokens']! + result.metrics!['decide.tokens']!).toBe(result.metrics!['tokens'])
  })

  it.each([true, false])('do not pay for a stage that did not change (cache: %s)', async (cached) => {
    const { evaluator, cell, model } = openStaged(TWO_STAGES, clerk, cached)
    await evaluator.evaluate(cell(0))
    const second = await evaluator.evaluate(cell(1))
    expect(second).toMatchObject({ score: 1, calls: 1, cached: false, metrics: { savedCalls: 1, steps: 2, calls: 2 } })
    expect(second.traces?.map((call) => call.cached)).toEqual([true, false])
    expect(model.requests).toHaveLength(3)
  })

  it('have a batch of cells in flight where one is asked in batches', () => {
    const task = defineTask(TWO_STAGES)
    const alone = { ...createScriptedModel(() => 'x'), concurrency: 8 }
    const evaluatorOf = (decides: TextModel) =>
      createStageEvaluator({
        program: task.program!,
        modelOf: ({ name }) => (name === 'decide' ? decides : alone),
        metric: exactMatch(),
      })
    expect(evaluatorOf({ ...alone, concurrency: 50, batch: 50 })).toMatchObject({ concurrency: 50, batch: 50 })
    expect(evaluatorOf({ ...alone, concurrency: 2 }).concurrency).toBe(2)
    expect(evaluatorOf(alone).batch).toBeUndefined()
  })

  it('share a call that is on its way, and ask again where it failed', async () => {
    let failing = 1
    const { evaluator, cell, model } = openStaged(TWO_STAGES, ({ prompt }) =>
      prompt.includes('Customer:') && failing-- > 0 ? { kind: 'bad-request', message: 'no' } : clerk({ prompt }),
    )
    const [first, second] = await Promise.all([evaluator.evaluate(cell(0)), evaluator.evaluate(cell(1))])
    expect(first).toMatchObject({ failure: { kind: 'bad-request', message: 'stage extract: no' } })
    expect(second).toMatchObject({ score: 1, calls: 2 })
    failing = 0
    const [third, fourth] = await Promise.all([evaluator.evaluate(cell(0, 1)), evaluator.evaluate(cell(1, 1))])
    expect(third.calls! + fourth.calls!).toBe(3)
    expect(model.requests.filter(({ prompt }) => prompt.includes('mitten'))).toHaveLength(3)
  })

  it('draw alike for candidates that share a stage, and otherwise for every repeat', async () => {
    const { evaluator, cell, model } = openStaged({ ...TWO_STAGES, sampling: { temperature: 1 } }, clerk)
    expect(evaluator.random).toBe(true)
    await evaluator.evaluate(cell(0))
    await evaluator.evaluate(cell(1))
    await evaluator.evaluate({ ...cell(1), repeat: 1 })
    const seeds = model.requests
      .filter(({ prompt }) => prompt.includes('Customer:'))
      .map(({ sampling }) => sampling.seed)
    expect(new Set(seeds).size).toBe(seeds.length)
    expect(seeds).toHaveLength(2)
  })

  it.each<[string, Parameters<typeof openStaged>[1], RegExp]>([
    ['always fails', () => ({ kind: 'bad-request', message: 'HTTP 400' }), /^stage extract: HTTP 400$/],
    ['returns 50 kB', () => 'x'.repeat(50_000), /^stage extract answered 50,000 characters; expected at most 20,000$/],
  ])('end with the reason where one %s', async (_, script, reason) => {
    const { evaluator, cell, model } = openStaged(TWO_STAGES, script)
    const result = await evaluator.evaluate(cell(0))
    expect(result.failure?.message).toMatch(reason)
    expect(result.score).toBeUndefined()
    expect(model.requests).toHaveLength(1)
  })

  it('stop at maxSteps where they loop for ever', async () => {
    const states = { ...LOOP.states, repair: { next: 'check' } }
    const { evaluator, cell, model } = openStaged(
      {
        ...LOOP,
        states,
        maxSteps: 6,
        parameters: {},
        prompts: [LOOP.prompts[0]!].map(({ id, slots }) => ({ id, slots })),
      },
      () => 'no',
    )
    const result = await evaluator.evaluate(cell(0))
    expect(result.failure?.message).toBe(
      'no end after 6 steps (maxSteps): extract → check → repair → check → repair → check',
    )
    expect(model.requests.length).toBeLessThanOrEqual(6)
    expect(evaluator.estimate(cell(0).candidate, cell(0).example).calls).toBe(6)
  })

  it('follow outcomes, and repair no more often than a parameter says', async () => {
    const { evaluator, cell, task } = openStaged(LOOP, ({ prompt }) =>
      prompt.startsWith('Is it right')
        ? prompt.includes('third')
          ? 'ok'
          : 'no'
        : prompt.startsWith('Mend')
          ? prompt.includes('second')
            ? 'third'
            : 'second'
          : 'first',
    )
    const outputs = []
    for (const prompt of [0, 1, 2]) {
      const { output, metrics } = await evaluator.evaluate(cell(prompt))
      outputs.push([output, metrics!['steps'], metrics!['repair.calls']])
      expect(metrics!['repair.tokens']! > 0).toBe(prompt > 0)
      const most = [...mostRuns(task.program!, cell(prompt).candidate).values()].reduce((a, b) => a + b)
      expect(metrics!['steps']).toBeLessThanOrEqual(most)
      expect(evaluator.estimate(cell(prompt).candidate, cell(prompt).example).calls).toBe(most)
    }
    expect(outputs).toEqual([
      ['first', 2, 0],
      ['second', 4, 1],
      ['third', 6, 2],
    ])
  })

  it('are passed by, and change places, where a parameter says so', async () => {
    const task = {
      ...TWO_STAGES,
      parameters: { helps: { categorical: ['yes', 'no'] }, first: { categorical: ['a', 'b'] } },
      stages: {
        helper: { template: 'Help: {{input}}', when: { parameter: 'helps', in: ['yes'] } },
        a: { template: '{{prompt}}{{b}}{{input}}{{helper}}' },
        b: { template: '{{prompt}}{{a}}{{input}}' },
      },
      states: {
        helper: { next: [{ when: { parameter: 'first', in: ['a'] }, to: 'a' }, { to: 'b' }] },
        a: { next: [{ when: { parameter: 'first', in: ['a'] }, to: 'b' }, { to: 'end' }] },
        b: { next: [{ when: { parameter: 'first', in: ['b'] }, to: 'a' }, { to: 'end' }] },
      },
      prompts: [
        { id: 'x', slots: { a: 'A', b: 'B' }, parameters: { helps: 'yes', first: 'a' } },
        { id: 'y', slots: { a: 'A', b: 'B' }, parameters: { helps: 'no', first: 'b' } },
      ],
    } satisfies TaskInput
    const { evaluator, cell, task: defined } = openStaged(task, ({ prompt }) => prompt[0]!.toLowerCase())
    const first = await evaluator.evaluate(cell(0))
    expect(first.traces?.map(({ stage, prompt }) => [stage, prompt])).toEqual([
      ['helper', 'Help: I want a broom.'],
      ['a', 'AI want a broom.h'],
      ['b', 'BaI want a broom.'],
    ])
    const second = await evaluator.evaluate(cell(1))
    expect(second.traces?.map(({ stage }) => stage)).toEqual(['b', 'a'])
    expect([...mostRuns(defined.program!, cell(1).candidate).keys()]).not.toContain('helper')
  })

  it('tell two programs apart, and not two passwords', () => {
    const idOf = (changes: object) => openStaged({ ...TWO_STAGES, ...changes }, clerk).evaluator.id
    const { extract, decide } = TWO_STAGES.stages
    expect(idOf({})).toBe(idOf({}))
    expect(idOf({ stages: { extract: { ...extract, system: 'Be brief.' }, decide } })).not.toBe(idOf({}))
    const at = (login: string) => ({
      stages: { extract: { ...extract, model: `openai-compatible:http://${login}h/v1#m` }, decide },
    })
    expect(idOf(at('me:one@'))).toBe(idOf(at('me:two@')))
  })
})
