import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Asker, askInit } from '../../src/cli/ask-init.ts'
import { lookAround } from '../../src/cli/look-around.ts'
import { loadTask } from '../../src/task/load-task.ts'
import { startKrige } from '../support/krige-cli.ts'
import { krige } from '../support/krige-here.ts'

let folder = ''
let server: Server
let port = 0
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'krige-asking-'))
  mkdirSync(join(folder, 'cache/models'), { recursive: true })
  writeFileSync(join(folder, 'cache/models/SmolLM2.Q4_1.gguf'), '')
  const rows = Array.from({ length: 12 }, (_, index) => `ticket ${index},${index % 2 ? 'bug' : 'billing'}`)
  writeFileSync(join(folder, 'tickets.csv'), ['input,expected', ...rows].join('\n'))
  writeFileSync(join(folder, 'promptfooconfig.yaml'), '')
  const data = ['llama3.2:3b', 'nomic-embed-text', 'evil\u001b[2J', 7].map((id) => ({ id }))
  server = createServer((_, response) => response.end(JSON.stringify({ data })))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

const MODELS = [
  { model: 'openai-compatible:http://127.0.0.1:8080/v1#llama', from: 'llama.cpp' },
  { model: 'gguf:small', from: 'on this machine' },
]

/** Gives the answers in order; `undefined` leaves. Keeps what was asked. */
function scripted(answers: readonly (string | undefined)[]) {
  const asked: { message: string; values?: string[] }[] = []
  const next = () => answers[asked.length - 1]
  const asker: Asker = {
    async select(message, options) {
      asked.push({ message, values: options.map(({ value }) => value) })
      return next()
    },
    async text(message) {
      asked.push({ message })
      return next()
    },
  }
  return { asker, asked }
}

describe('what is here', () => {
  it('is found: servers, models, data and configurations', async () => {
    const modelsFolder = join(folder, 'cache/models')
    const closed = { port: 9, name: 'nothing' }
    expect(await lookAround({ folder, modelsFolder, servers: [closed, { port, name: 'Some server' }] })).toEqual({
      models: [
        { model: `openai-compatible:http://127.0.0.1:${port}/v1#llama3.2:3b`, from: 'Some server' },
        { model: 'gguf:SmolLM2.Q4_1', from: 'on this machine' },
      ],
      data: ['tickets.csv'],
      promptfoo: 'promptfooconfig.yaml',
    })
  })
})

describe('krige init on a terminal', () => {
  it('makes a task of a prompt and a file', async () => {
    const { asker, asked } = scripted(['tickets.csv', 'Classify.', MODELS[0]!.model, 'mine'])
    const found = { models: MODELS, data: ['tickets.csv'], promptfoo: 'promptfooconfig.yaml' }
    expect(await askInit(asker, found, 'gguf:default')).toEqual({
      kind: 'data',
      from: 'tickets.csv',
      prompt: 'Classify.',
      model: MODELS[0]!.model,
      folder: 'mine',
    })
    expect(asked[0]!.values).toEqual(['promptfooconfig.yaml', 'tickets.csv', 'other', 'example'])
    expect(asked[2]!.values).toEqual([...MODELS.map(({ model }) => model), 'gguf:default', 'other'])
  })

  it('takes files and models it did not find, and asks for no folder that was named', async () => {
    const { asker, asked } = scripted(['other', 'data/a.b.csv', 'Classify.', 'other', 'openai:x'])
    expect(await askInit(asker, { models: [], data: [], promptfoo: undefined }, 'gguf:default', 'here')).toEqual({
      kind: 'data',
      from: 'data/a.b.csv',
      prompt: 'Classify.',
      model: 'openai:x',
      folder: 'here',
    })
    expect(asked).toHaveLength(5)
  })

  it('imports a promptfoo configuration, or writes an example', async () => {
    const found = { models: MODELS, data: [], promptfoo: 'promptfooconfig.yaml' }
    expect(await askInit(scripted(['promptfooconfig.yaml', 'out']).asker, found, 'gguf:small')).toEqual({
      kind: 'promptfoo',
      config: 'promptfooconfig.yaml',
      folder: 'out',
    })
    expect(await askInit(scripted(['example', 'gguf:small', 'out']).asker, found, 'gguf:small')).toMatchObject({
      kind: 'example',
      model: 'gguf:small',
    })
  })

  it.each([0, 1, 2, 3])('writes nothing for whoever leaves at question %i', async (at) => {
    const answers = ['tickets.csv', 'Classify.', 'gguf:small', 'mine'].slice(0, at)
    const found = { models: MODELS, data: ['tickets.csv'], promptfoo: undefined }
    expect(await askInit(scripted([...answers, undefined]).asker, found, 'gguf:small')).toBeUndefined()
  })
})

describe('krige init --yes', () => {
  it('asks nothing, and takes the model and the file that are here', async () => {
    // KRIGE_CACHE is the folder cache; what listens on this machine's usual ports comes first.
    const { code, stderr } = await krige(folder, 'init', 'auto', '--yes', '--prompt', 'Classify.')
    expect(stderr).toContain('Wrote auto/task.yaml')
    expect(code).toBe(0)
    const task = loadTask(join(folder, 'auto/task.yaml'))
    expect(task.examples).toHaveLength(12)
    expect(task.model).toMatch(/^(gguf:SmolLM2\.Q4_1|openai-compatible:http:\/\/127\.0\.0\.1.*)$/)
  })

  it('writes an example with a model that was named', async () => {
    expect((await krige(folder, 'init', 'named', '--model', 'openai:gpt-5-mini')).code).toBe(0)
    expect(readFileSync(join(folder, 'named/task.yaml'), 'utf8')).toContain('\nmodel: "openai:gpt-5-mini"\n')
  })

  it('says which file it cannot choose', async () => {
    writeFileSync(join(folder, 'more.csv'), 'input,expected\na,b\n')
    const { code, stderr } = await startKrige(folder, ['init', 'two', '--yes', '--prompt', 'Classify.']).done
    expect(code).toBe(2)
    expect(stderr).toContain('several files may hold the examples: more.csv, tickets.csv')
    expect(stderr).toContain('--from FILE')
  })
})
