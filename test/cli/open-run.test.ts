import { expect, it } from 'vitest'
import { openEstimator } from '../../src/cli/open-run.ts'
import { defineTask } from '../../src/task/define-task.ts'

const taskOf = (model: string) =>
  defineTask({
    ...{ model, metric: 'exact-match', baseline: 'Sort it.', template: '{{prompt}}\n\nTicket: {{input}}\nLabel:' },
    examples: ['The app crashes.', 'Where is my parcel?'].map((input) => ({ input, expected: 'bug' })),
    budget: { evaluations: 10 },
  })

it('a plan without the package of its provider counts what the run will reserve', async () => {
  const counted = async (model: string) => {
    const task = taskOf(model)
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
})
