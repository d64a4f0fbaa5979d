import { expect, it } from 'vitest'
import { InvalidArgumentError } from '../../src/errors.ts'
import { createBackend } from '../../src/numerics/linalg/create-backend.ts'
import { makePlan } from '../../src/run/plan.ts'
import { createPriceList } from '../../src/run/prices.ts'
import { type RunTaskOptions, runTask } from '../../src/run/run-task.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { openStore } from '../../src/store/open-store.ts'
import { defineTask } from '../../src/task/define-task.ts'
import { testTask } from '../support/chat-server.ts'

const evaluator = {
  id: 'mine',
  evaluate: async () => ({}),
  estimate: () => ({ calls: 1, inputTokens: 1, outputTokens: 1 }),
}
const fine = {
  task: defineTask(testTask('openai-compatible:http://127.0.0.1:9/v1#test')),
  evaluator,
  embedder: async () => undefined,
  backend: async () => createBackend('js'),
  store: createMemoryStore(),
  priceOf: createPriceList(),
}

it.each<readonly [object, string]>([
  [{ polcy: 'gp' }, 'Did you mean policy?'],
  [{ concurrency: 0 }, 'concurrency is 0'],
  [{ policyOptions: 'fast' }, 'policyOptions is "fast"'],
  [{ seed: 1.5 }, 'seed is 1.5'],
  [{ name: '' }, 'name is ""'],
  [{ store: 'studies.db' }, 'store is "studies.db"; expected an object with acquire'],
  [{ task: 'task.yaml' }, 'task is "task.yaml"'],
  [{ embedder: 'auto' }, 'embedder is "auto"; expected a function'],
  [{ evaluator: { ...evaluator, id: undefined } }, 'evaluator.id is missing; expected a text'],
  [{ evaluator: { ...evaluator, id: ' ' } }, 'evaluator.id is " "; expected a text'],
  [{ evaluator: { ...evaluator, id: 3 } }, 'evaluator.id is 3; expected a text'],
  [{ evaluator: { ...evaluator, concurrency: 0 } }, 'evaluator.concurrency is 0; expected a whole number'],
])('runTask refuses %j', async (options, message) => {
  await expect(runTask({ ...fine, ...options } as unknown as RunTaskOptions)).rejects.toThrow(message)
})

it.each<readonly [string, readonly unknown[], string]>([
  [
    'an empty task',
    [{}, fine.evaluator, fine.priceOf],
    'task is {}; expected a task, as defineTask or loadTask give it',
  ],
  ['no task', [null, fine.evaluator, fine.priceOf], 'task is null; expected a task'],
  ['no evaluator', [fine.task, {}, fine.priceOf], 'evaluator is {}; expected an object with estimate'],
  ['a price for a price list', [fine.task, fine.evaluator, 3], 'priceOf is 3; expected a function'],
])('makePlan refuses %s', (_, given, message) => {
  const plan = makePlan as (...parts: readonly unknown[]) => unknown
  expect(() => plan(...given)).toThrow(InvalidArgumentError)
  expect(() => plan(...given)).toThrow(message)
})

it('stores refuse what is no address, option or name', async () => {
  await expect(openStore(3 as never)).rejects.toThrow('address is 3')
  await expect(openStore('memory:', { readonly: true } as never)).rejects.toThrow('Did you mean readOnly?')
  await expect(createMemoryStore().acquire(3 as never)).rejects.toThrow('the name of a study is 3; expected a text')
})
