import { expect, it } from 'vitest'
import { openEstimator } from '../../src/cli/open-run.ts'
import { defineTask } from '../../src/task/define-task.ts'
import type { TaskInput } from '../../src/task/schema.ts'

const examples = ['The app crashes.', 'Where is my parcel?'].map((input) => ({ input, expected: 'bug' }))
const shared = { examples, budget: { evaluations: 10 } }
const TASKS: Record<string, (model: string) => TaskInput> = {
  'a template': (model) => ({
    ...{ ...shared, model, metric: 'exact-match', baseline: 'Sort it.' },
    template: '{{prompt}}\n\nTicket: {{input}}\nLabel:',
  }),
  'a judge': (model) => ({
    ...{ ...shared, model, baseline: 'Answer it.', template: '{{prompt}}\n\nTicket: {{input}}' },
    metric: { name: 'judge', model, criteria: 'It is polite.', repeats: 3 },
  }),
  stages: (model) => ({
    ...{ ...shared, model, metric: 'exact-match', baseline: { slots: { extract: 'Name it.', decide: 'Sort it.' } } },
    stages: { extract: { template: '{{prompt}}\n{{input}}' }, decide: { template: '{{prompt}}\n{{extract}}' } },
  }),
}

it.each(Object.keys(TASKS))(
  'a plan without the package of its provider counts what the run will reserve: %s',
  async (kind) => {
    const counted = async (model: string) => {
      const task = defineTask(TASKS[kind]!(model))
      const { estimator, notice, close } = await openEstimator(task, { warmStart: [] }, undefined)
      const estimate = await estimator.estimate(task.pool[0]!, task.examples[0]!)
      await close()
      return { ...estimate, notice }
    }
    const known = await counted('openai-compatible:http://127.0.0.1:9/v1#name')
    expect(await counted('cohere:command-a')).toEqual({
      ...known,
      notice: expect.stringMatching(/^Tokens are estimated from characters: .*npm install @ai-sdk\/cohere/),
    })
  },
)
