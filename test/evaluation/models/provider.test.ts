import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openRemoteModel } from '../../../src/evaluation/models/remote-model.ts'
import { Secret } from '../../../src/evaluation/secrets.ts'

const KEY = 'sk-planted-0123456789'

/**
 * A provider as users install it, that answers with the key and settings it was given. `usage` and `reason` differ
 * between versions of the interface.
 */
const provider = (version: string, usage: string, reason: string) => `
  const create = ({ apiKey = process.env.MADE_UP_API_KEY, fetch } = {}) => (modelId) => ({
    specificationVersion: '${version}',
    provider: 'made-up',
    modelId,
    supportedUrls: {},
    async doGenerate({ prompt, temperature, maxOutputTokens, stopSequences, seed }) {
      const said = JSON.stringify({ apiKey: apiKey ?? null, guarded: fetch?.name ?? null, said: prompt.map(({ role, content }) => role + ': ' + (typeof content === 'string' ? content : content[0].text)), temperature, maxOutputTokens, stopSequences, seed })
      return { content: [{ type: 'reasoning', text: 'hm' }, { type: 'text', text: said }], finishReason: ${reason}, usage: ${usage}, warnings: [] }
    },
  })
  export const createMadeUp = create
  export const madeUp = create()
`
const V4 = provider(
  'v4',
  `{ inputTokens: { total: 7 }, outputTokens: { total: 3 } }`,
  `{ unified: 'length', raw: 'max_tokens' }`,
)
const V3 = V4.replace("'v4'", "'v3'")
const V2 = provider('v2', `{ inputTokens: 7, outputTokens: 3, totalTokens: 10 }`, `'length'`)

const folder = mkdtempSync(join(tmpdir(), 'krige-provider-'))
const home = process.cwd()
beforeAll(() => {
  for (const [name, source] of [
    ['made-up', V4],
    ['older', V3.replaceAll('MadeUp', 'Older').replaceAll('madeUp', 'older')],
    ['oldest', V2.replaceAll('MadeUp', 'Oldest').replaceAll('madeUp', 'oldest')],
  ] as const) {
    const place = join(folder, 'node_modules', '@ai-sdk', name)
    mkdirSync(place, { recursive: true })
    writeFileSync(
      join(place, 'package.json'),
      JSON.stringify({ name: `@ai-sdk/${name}`, type: 'module', main: 'index.js' }),
    )
    writeFileSync(join(place, 'index.js'), source)
  }
  process.chdir(folder)
})
afterAll(() => {
  process.chdir(home)
  rmSync(folder, { recursive: true, force: true })
})

const request = {
  prompt: 'Hello',
  system: 'Be brief.',
  turns: [{ user: 'Hi', assistant: 'Ho' }],
  sampling: { temperature: 0.5, maxOutputTokens: 8, stop: ['\n'], seed: 4 },
}

/** What openai makes of an answer of the server that `OPENAI_BASE_URL` names. */
async function failureAt(status: number, body: object) {
  const server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const environment = { OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, OPENAI_API_KEY: KEY }
  Object.assign(process.env, environment)
  try {
    const model = await openRemoteModel('openai:gpt-5-mini', { environment })
    const generation = await model.generate({ prompt: 'Hello', sampling: request.sampling })
    await model.close()
    return generation.kind === 'failure' ? generation.failure : undefined
  } finally {
    delete process.env['OPENAI_BASE_URL']
    delete process.env['OPENAI_API_KEY']
    server.close()
  }
}

describe('a provider that the user installed', () => {
  it.each(['made-up', 'older', 'oldest'])('%s: is asked once, with all settings', async (name) => {
    const model = await openRemoteModel(`${name}:some-model`, { environment: {} })
    const generation = await model.generate(request)
    await model.close()
    expect(generation).toMatchObject({ kind: 'text', reason: 'length', usage: { inputTokens: 7, outputTokens: 3 } })
    expect(JSON.parse(generation.kind === 'text' ? generation.text : '')).toEqual({
      apiKey: null,
      // Redirects are refused and answers end, whoever asks.
      guarded: 'guarded',
      said: ['system: Be brief.', 'user: Hi', 'assistant: Ho', 'user: Hello'],
      temperature: 0.5,
      maxOutputTokens: 8,
      stopSequences: ['\n'],
      seed: 4,
    })
  })

  it('takes a key from a command, and its answers lose it', async () => {
    const model = await openRemoteModel('made-up:some-model', { environment: {}, apiKey: new Secret(KEY) })
    const generation = await model.generate(request)
    await model.close()
    expect(generation.kind === 'text' && JSON.parse(generation.text).apiKey).toBe('[secret]')
  })

  it('takes a key from the environment, and its answers lose it', async () => {
    process.env['MADE_UP_API_KEY'] = KEY
    try {
      const model = await openRemoteModel('made-up:some-model', { environment: { MADE_UP_API_KEY: KEY } })
      const generation = await model.generate(request)
      await model.close()
      expect(generation.kind === 'text' && JSON.parse(generation.text).apiKey).toBe('[secret]')
    } finally {
      delete process.env['MADE_UP_API_KEY']
    }
  })

  it('says how a server of chat completions is named, where OPENAI_BASE_URL names one', async () => {
    const completion = { id: 'x', object: 'chat.completion', model: 'own', choices: [{ message: { content: 'Hi' } }] }
    const hint = expect.stringContaining('has chat completions only, write openai-compatible:URL#name')
    expect(await failureAt(404, { error: { message: 'no such route' } })).toMatchObject({
      kind: 'not-found',
      message: hint,
    })
    expect(await failureAt(200, completion)).toMatchObject({ kind: 'malformed', message: hint })
  })

  it.each([
    ['server_error', 'server'],
    ['rate_limit_exceeded', 'rate-limit'],
    ['invalid_prompt', 'bad-request'],
  ])('is told to have failed in an answer of its own: %s', async (code, kind) => {
    const failed = { id: 'x', status: 'failed', error: { code, type: 'x', message: 'It went wrong.' }, output: [] }
    expect(await failureAt(200, failed)).toMatchObject({ kind, message: expect.stringContaining('It went wrong.') })
  })

  it('is named when it is not installed', async () => {
    await expect(openRemoteModel('mistral:x', { environment: {} })).rejects.toMatchObject({
      code: 'unavailable',
      remedy: 'npm install @ai-sdk/mistral',
    })
    // One that nobody knows may be a mistake, or a package of its own.
    await expect(openRemoteModel('mistrall:x', { environment: {} })).rejects.toMatchObject({
      code: 'invalid-input',
      remedy: expect.stringMatching(/Did you mean mistral\?.*npm install @ai-sdk\/mistrall/),
    })
  })
})
