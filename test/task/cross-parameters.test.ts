import { describe, expect, it } from 'vitest'
import type { Evaluator } from '../../src/evaluation/evaluator.ts'
import { createBackend } from '../../src/numerics/linalg/create-backend.ts'
import type { PolicyFactory } from '../../src/policy/policy.ts'
import { createPriceList } from '../../src/run/prices.ts'
import { runTask } from '../../src/run/run-task.ts'
import { defineSpace } from '../../src/space/parameter.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { createStudy } from '../../src/study/create-study.ts'
import { crossParameters } from '../../src/task/cross-parameters.ts'
import { defineTask } from '../../src/task/define-task.ts'
import type { TaskInput } from '../../src/task/schema.ts'
import { breadthFirst } from '../study/breadth-first.ts'

const TASK = {
  name: 'crossed',
  examples: Array.from({ length: 24 }, (_, index) => ({ input: `q${index}`, expected: 'a' })),
  split: { search: 12, holdout: 12 },
  template: '{{prompt}} {{input}}',
  metric: 'exact-match',
  model: 'openai-compatible:http://127.0.0.1:9/v1#test',
  prompts: [
    { id: 'short', text: 'Answer.' },
    { id: 'long', text: 'Think, then answer.' },
  ],
  parameters: { temperature: { categorical: [0, 0.7] } },
  embedder: 'none',
}
const define = (changes: object = {}) => defineTask({ ...TASK, ...changes } as TaskInput)
const ids = (changes: object = {}) => define(changes).pool.map(({ id }) => id)

describe('parameters beside prompts', () => {
  it('make a candidate of every combination, the same each time', () => {
    expect(ids()).toEqual([
      'short@temperature=0',
      'short@temperature=0.7',
      'long@temperature=0',
      'long@temperature=0.7',
    ])
    expect(define().pool[1]).toMatchObject({ text: 'Answer.', parameters: { temperature: 0.7 } })
  })

  it('leave what a prompt states, and what its condition rules out', () => {
    const parameters = {
      style: { categorical: ['terse', 'formal'] },
      length: { int: [1, 3], when: { parameter: 'style', in: ['formal'] } },
    }
    const template = '{{prompt}} {{style}} {{length}} {{input}}'
    const space = defineSpace(parameters as never)
    const cross = (own?: Record<string, string>) =>
      crossParameters({ id: 'p', text: 'x', ...(own ? { parameters: own } : {}) }, space).map(({ id }) => id)
    expect(cross()).toEqual([
      'p@style=terse',
      'p@style=formal,length=1',
      'p@style=formal,length=2',
      'p@style=formal,length=3',
    ])
    expect(cross({ style: 'terse' })).toEqual(['p'])
    expect(cross({ style: 'formal' })).toEqual(['p@length=1', 'p@length=2', 'p@length=3'])
    expect(() => define({ parameters: { ...parameters, lenght: { int: [0, 1] } }, template })).toThrow(
      'parameter lenght changes nothing',
    )
  })

  it('take five values of a long range, both ends and its own scale kept', () => {
    const valuesOf = (parameter: object) =>
      crossParameters({ id: 'p', text: 'x' }, defineSpace({ v: parameter } as never)).map(
        ({ parameters }) => parameters!['v'],
      )
    expect(valuesOf({ float: [0, 1] })).toEqual([0, 0.25, 0.5, 0.75, 1])
    expect(valuesOf({ float: [0.1, 0.3], step: 0.1 })).toEqual([0.1, 0.2, 0.3])
    expect(valuesOf({ int: [0, 8] })).toEqual([0, 2, 4, 6, 8])
    expect(valuesOf({ int: [1, 2] })).toEqual([1, 2])
    expect(valuesOf({ float: [1e-4, 1], log: true })).toEqual([1e-4, 0.001, 0.01, 0.1, 1])
    expect(valuesOf({ float: [0.3, 0.3] })).toEqual([0.3])
  })

  it('keep the baseline as it is in use: by what applies where nothing is stated', () => {
    const of = (changes: object) => {
      const { pool, baseline } = define(changes)
      return [pool.length, pool[baseline!]!.id]
    }
    expect(of({ baseline: 'Answer.' })).toEqual([4, 'short@temperature=0'])
    expect(of({ baseline: { id: 'long' } })).toEqual([4, 'long@temperature=0'])
    expect(of({ baseline: { id: 'long@temperature=0.7' } })).toEqual([4, 'long@temperature=0.7'])
    expect(of({ baseline: 'Answer.', sampling: { temperature: 0.7 } })).toEqual([4, 'short@temperature=0.7'])
    expect(of({ baseline: 'Answer.', sampling: { temperature: 0.5 } })).toEqual([5, 'baseline'])
    expect(of({ baseline: 'Say it.' })).toEqual([6, 'baseline@temperature=0'])
    expect(of({ baseline: { text: 'Say it.', parameters: { temperature: 0.7 } } })).toEqual([5, 'baseline'])
    expect(of({ prompts: undefined, baseline: 'Say it.', proposers: 'none' })).toEqual([2, 'baseline@temperature=0'])
  })

  it('refuse more candidates than a search is for, with the remedy', () => {
    const wide = Object.fromEntries(['temperature', 'topP', 'a', 'b', 'c'].map((name) => [name, { float: [0, 1] }]))
    expect(() => define({ parameters: wide, template: '{{prompt}} {{a}} {{b}} {{c}} {{input}}' })).toThrow(
      /3125 combinations, which makes 6250 candidates of 2 prompts; expected at most 2000/,
    )
  })

  it('pass from a prompt to those that are written from it, so that a template finds them', () => {
    const policy: PolicyFactory = (context) => ({
      ...breadthFirst(context),
      next: () => ({ kind: 'act', action: { kind: 'generate', proposer: 'auto', parents: [1], count: 3 } }),
    })
    const study = createStudy({ pool: define().pool, policy, exampleCount: 2 })
    const [first, second] = study.tellCandidates(study.ask().id, [
      { text: 'Reply.' },
      { text: 'Say.', parameters: { temperature: 0 } },
      { text: ' ' },
    ])
    expect(study.state.candidates[first!]!.parameters).toEqual({ temperature: 0.7 })
    expect(study.state.candidates[second!]!.parameters).toEqual({ temperature: 0 })
    expect(study.state.candidates).toHaveLength(6)
  })

  it('are searched end to end: the winner has the better value', async () => {
    const task = define({ baseline: { id: 'short' }, budget: { evaluations: 72 } })
    const evaluator: Evaluator = {
      id: 'fake',
      concurrency: 1,
      random: false,
      estimate: () => ({ calls: 1, inputTokens: 1, outputTokens: 1 }),
      async evaluate({ candidate, example }) {
        const good = candidate.parameters?.['temperature'] === 0.7 && candidate.text!.startsWith('Think')
        const score = good || Number(example.input!.toString().slice(1)) % 3 === 0 ? 1 : 0
        return { score, usage: { inputTokens: 1, outputTokens: 1 }, calls: 1, cached: false, milliseconds: 0 }
      },
      async close() {},
    }
    const result = await runTask({
      task,
      evaluator,
      embedder: async () => undefined,
      backend: async () => createBackend('js'),
      store: createMemoryStore(),
      priceOf: createPriceList(),
    })
    expect(result.winner).toMatchObject({ id: 'long@temperature=0.7', parameters: { temperature: 0.7 } })
    expect(result.verdict).toBe('improved')
  })
})
