import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openEvaluator } from '../../src/evaluation/open-evaluator.ts'
import { createBackend } from '../../src/numerics/linalg/create-backend.ts'
import { createPriceList } from '../../src/run/prices.ts'
import { runTask } from '../../src/run/run-task.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { defineTask } from '../../src/task/define-task.ts'
import { type ChatServer, startChatServer, testTask } from '../support/chat-server.ts'

let server: ChatServer
let folder = ''
beforeAll(async () => {
  server = await startChatServer()
  folder = mkdtempSync(join(tmpdir(), 'krige-watch-'))
  const code = 'async (c, { input, expected }, { generate }) => (await generate(c.text + input)).includes(expected)'
  writeFileSync(join(folder, 'program.mjs'), `export default ${code}`)
})
afterEach(() => {
  server.fault = undefined
  server.requests.length = 0
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await server.close()
})

function answer(response: ServerResponse, message: object, reason: string): true {
  response.writeHead(200, { 'content-type': 'application/json' }).end(
    JSON.stringify({
      id: 'x',
      object: 'chat.completion',
      created: 1,
      model: 'test',
      choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: reason }],
      usage: { prompt_tokens: 9, completion_tokens: 16, total_tokens: 25 },
    }),
  )
  return true
}

async function run(extra: object = {}, options: object = {}) {
  const written = { ...testTask(server.model, { prompts: 3, search: 12, holdout: 6 }), ...extra }
  const task = defineTask(
    Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined)) as never,
    { folder },
  )
  const evaluator = await openEvaluator(task, { modelsFolder: '.', environment: {} })
  try {
    return await runTask({
      task,
      evaluator,
      embedder: async () => undefined,
      backend: async () => createBackend('js'),
      store: createMemoryStore(),
      priceOf: createPriceList(),
      policy: 'successive-halving',
      ...options,
    })
  } finally {
    await evaluator.close()
  }
}

const TOOL = { content: null, tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }] }

describe('answers that say nothing', () => {
  it.each([
    ['are cut before they begin', { content: '', reasoning_content: 'Let me think' }, 'length'],
    ['are all thinking', { content: '<think>Let me think about it' }, 'length'],
    ['call tools', TOOL, 'tool_calls'],
    ['are empty', { content: ' \n' }, 'stop'],
  ])('stop a search that begins with them, when they %s', async (_, message, reason) => {
    server.fault = (response) => answer(response, message, reason)
    await expect(run()).rejects.toMatchObject({
      code: 'model',
      message: 'the first 8 answers of the model are all empty',
      // They are told already, and remembered.
      remedy: expect.stringMatching(/sampling\.maxOutputTokens \(now 16\).*another study.*--no-cache/),
    })
    expect(server.requests.length).toBeLessThan(20)
  })

  it.each([
    ['a program', { evaluate: './program.mjs', template: undefined, metric: undefined }],
    [
      'a judge of pairs',
      { metric: { name: 'pairwise-judge', model: 'openai-compatible:http://127.0.0.1:9/v1#judge', criteria: 'clear' } },
    ],
  ])('stop a search that begins with them, where %s scores', async (_, extra) => {
    server.fault = (response) => answer(response, { content: '', reasoning_content: 'Let me think' }, 'length')
    const policy = 'metric' in extra && extra.metric ? { policy: undefined } : {}
    await expect(run(extra, policy)).rejects.toMatchObject({
      message: 'the first 8 answers of the model are all empty',
    })
  })

  it('are told of where some are empty, and where some are cut', async () => {
    server.fault = (response, _, index) => index % 3 === 0 && answer(response, { content: '' }, 'length')
    expect((await run()).warnings.join('\n')).toMatch(/\d+ of \d+ answers were empty.*maxOutputTokens \(now 16\)/)
    server.fault = (response, _, index) => index % 3 === 0 && answer(response, { content: 'Well, it may' }, 'length')
    expect((await run()).warnings.join('\n')).toMatch(/\d+ of \d+ answers were cut off.*maxOutputTokens \(now 16\)/)
  })

  it('are told of by stage, with the limit of that stage', async () => {
    server.fault = (response) => answer(response, { content: 'a long thing' }, 'length')
    const template = '{{prompt}}\nTicket: {{input}}'
    const program = {
      template: undefined,
      prompts: [{ id: 'p', slots: { name: 'Name.', label: 'Label.' } }],
      baseline: undefined,
      stages: {
        name: { template, sampling: { maxOutputTokens: 6 } },
        label: { template: '{{prompt}}\nTicket: {{name}}' },
      },
    }
    const { warnings } = await run(program)
    expect(warnings.join('\n')).toMatch(/Stage name was cut off .* in 18 of 18 evaluations; its sampling.* is 6\./)
    expect(warnings.join('\n')).toMatch(/Stage label was cut off .*; its sampling\.maxOutputTokens is 16\./)
    expect(warnings.join('\n')).not.toContain('answers were cut')
  })

  it('are nothing to speak of where a check wants them, or they are rare', async () => {
    server.fault = (response) => answer(response, { content: '' }, 'stop')
    const result = await run({
      metric: { name: 'regex', pattern: '^$' },
      budget: { evaluations: 7 },
      split: { search: 12 },
    })
    expect(result.winner.mean).toBeGreaterThan(0.5)
    server.fault = (response, _, index) => index === 5 && answer(response, { content: '' }, 'length')
    expect((await run()).warnings.join('\n')).not.toMatch(/answers were/)
  })
})
