import { join, resolve } from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { describe, expect, it } from 'vitest'
import { createBackend } from '../../src/numerics/linalg/index.ts'
import { type ServeOptions, serve } from '../../src/server/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'

const root = resolve(import.meta.dirname, '../..')
const TRIAGE = { name: 'triage', pool: ['Write a poem.', 'Name the label.'], exampleCount: 4 }

/** Runs work with a client of a server on standard input and output. */
async function overStdio(work: (client: Client) => Promise<void>) {
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [join(root, 'src/cli/main.ts'), 'mcp', '--store', 'memory:', '--quiet'],
    }),
  )
  try {
    await work(client)
  } finally {
    await client.close()
  }
}

async function overHttp(
  work: (client: Client, url: string) => Promise<void>,
  options: Partial<ServeOptions> = {},
  sent: Record<string, string> = {},
) {
  const store = createMemoryStore()
  const server = await serve({ store, backend: createBackend(), version: '1', port: 0, logLevel: 'silent', ...options })
  const client = new Client({ name: 'test', version: '1' })
  try {
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`), { requestInit: { headers: sent } }),
    )
    await work(client, server.url)
  } finally {
    await client.close()
    await server.close()
  }
}

// biome-ignore lint/suspicious/noExplicitAny: answers are checked by what is expected of them
async function call(client: Client, name: string, given: Record<string, unknown>): Promise<any> {
  const answer = await client.callTool({ name, arguments: given })
  expect(answer.isError, JSON.stringify(answer.content)).toBeFalsy()
  const text = answer.content.map((part) => (part.type === 'text' ? part.text : '')).join('')
  return answer.structuredContent ?? text
}

async function refused(client: Client, name: string, given: Record<string, unknown>): Promise<string> {
  try {
    const answer = await client.callTool({ name, arguments: given })
    expect(answer.isError).toBe(true)
    return JSON.stringify(answer.content)
  } catch (error) {
    return String(error)
  }
}

describe.each([
  ['standard input and output', overStdio],
  ['HTTP', overHttp],
] as const)('tools for agents over %s', (_, connected) => {
  it('go from creation to the best prompt', { timeout: 30_000 }, async () => {
    await connected(async (client) => {
      const { tools } = await client.listTools()
      expect(tools.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['create_study', 'ask', 'tell', 'rank', 'predict', 'best', 'report']),
      )
      await call(client, 'create_study', { ...TRIAGE, budget: { evaluations: 8 } })
      for (;;) {
        const { actions, status } = await call(client, 'ask', { study: 'triage' })
        if (status === 'done') break
        const results = actions.map((action: { id: number; candidate: { text: string }; examples: number[] }) => ({
          action: action.id,
          scores: action.examples.map(() => action.candidate.text.includes('label')),
        }))
        expect(await call(client, 'tell', { study: 'triage', results })).toEqual({ told: results.length, repeated: 0 })
      }
      expect((await call(client, 'best', { study: 'triage' })).best.candidate.text).toBe('Name the label.')
      const { texts } = await call(client, 'rank', { study: 'triage', texts: ['Sing.', 'Name the label, please.'] })
      expect(texts[0].text).toBe('Name the label, please.')
      expect((await call(client, 'predict', { study: 'triage', texts: ['Sing.'] })).texts).toHaveLength(1)
      const { conclusion } = await call(client, 'conclude', { study: 'triage' })
      expect(conclusion).toMatchObject({ verdict: 'undecided', winner: { candidate: { text: 'Name the label.' } } })
      expect(await call(client, 'report', { study: 'triage' })).toMatch(/^# triage/)
      expect((await call(client, 'list_studies', {})).studies).toHaveLength(1)
    })
  })

  it('refuse bad input with what is wrong, and go on', { timeout: 30_000 }, async () => {
    await connected(async (client) => {
      expect(await refused(client, 'ask', { study: 'nobody' })).toMatch(/there is no study nobody/)
      expect(await refused(client, 'create_study', { ...TRIAGE, exampleCuont: 4 })).toMatch(/exampleCuont/)
      expect(await refused(client, 'create_study', { ...TRIAGE, exampleCount: -4 })).toMatch(/exampleCount/)
      expect(await refused(client, 'create_study', { ...TRIAGE, name: '../etc' })).toMatch(/letters, digits/)
      await call(client, 'create_study', TRIAGE)
      const { actions } = await call(client, 'ask', { study: 'triage' })
      const tell = (scores: unknown) => ({ study: 'triage', results: [{ action: actions[0].id, scores }] })
      expect(await refused(client, 'tell', tell([1, 1, 1, 1, 1, 1, 1]))).toMatch(/7/)
      expect(await refused(client, 'tell', tell(['good']))).toMatch(/scores/)
      expect(await refused(client, 'paint', {})).toMatch(/paint/)
      expect(await call(client, 'tell', tell(actions[0].examples.map(() => null)))).toMatchObject({ told: 1 })
    })
  })
})

describe('tools for agents', () => {
  it('take what the HTTP face takes, and say what it is', async () => {
    await overHttp(async (client, url) => {
      const { tools } = await client.listTools()
      const { schemas } = (await (await fetch(`${url}/openapi.json`)).json()).components
      const created = tools.find(({ name }) => name === 'create_study')!.inputSchema
      expect(Object.keys(created.properties!)).toEqual(Object.keys(schemas.StudyInput.properties))
      const asked = tools.find(({ name }) => name === 'ask')!.inputSchema.properties as Record<string, object>
      expect(asked['count']).toMatchObject(schemas.AskInput.properties.count)
      expect(tools.every(({ description }) => description)).toBe(true)
    })
  })

  it('find what a session before asked for and never told', async () => {
    await overHttp(async (client) => {
      await call(client, 'create_study', { ...TRIAGE, budget: { evaluations: 3 } })
      const { actions } = await call(client, 'ask', { study: 'triage', count: 3 })
      expect(await call(client, 'ask', { study: 'triage' })).toMatchObject({ status: 'wait' })
      expect(await call(client, 'pending', { study: 'triage' })).toEqual({ actions })
      await call(client, 'release', { study: 'triage', action: actions[0].id })
      expect((await call(client, 'pending', { study: 'triage' })).actions).toHaveLength(2)
      expect((await call(client, 'ask', { study: 'triage' })).actions).toHaveLength(1)
    })
  })

  it('share studies with the HTTP face', async () => {
    await overHttp(async (client, url) => {
      await call(client, 'create_study', TRIAGE)
      const study = await (await fetch(`${url}/studies/triage`)).json()
      expect(study).toMatchObject({ name: 'triage', candidates: 2 })
    })
  })

  it('are behind the token', async () => {
    const token = 'a-token-of-sixteen-characters'
    const work = async (client: Client) => void (await call(client, 'list_studies', {}))
    await overHttp(work, { token }, { Authorization: `Bearer ${token}` })
    await expect(overHttp(work, { token })).rejects.toThrow()
  })

  it('come with a skill that names tools that exist', async () => {
    await overHttp(async (client) => {
      const { resources } = await client.listResources()
      const uri = resources.find((resource) => resource.uri.endsWith('SKILL.md'))!.uri
      const [skill] = (await client.readResource({ uri })).contents
      const text = skill && 'text' in skill ? skill.text : ''
      const named = [
        ...text.matchAll(/`(\w+_\w+|ask|tell|pending|release|best|conclude|report|rank|predict|explain)`/g),
      ].map(([, name]) => name)
      const { tools } = await client.listTools()
      // What the skill says of the end.
      const held = { ...TRIAGE, pool: [{ id: 'now', text: 'Write a poem.' }, 'Name the label.'], baseline: 'now' }
      await call(client, 'create_study', { ...held, exampleCount: 2, holdoutCount: 30, budget: { evaluations: 64 } })
      const observations = [0, 1].map((index) => ({ candidate: { index }, example: 0, score: index }))
      await call(client, 'observe', { study: 'triage', observations })
      expect(await call(client, 'report', { study: 'triage' })).toContain('**unfinished**')
      const { actions } = await call(client, 'conclude', { study: 'triage' })
      expect(actions.every(({ holdout }: { holdout?: true }) => holdout)).toBe(true)
      const results = actions.map(({ id, candidate }: { id: number; candidate: { index: number } }) => ({
        action: id,
        scores: Array.from({ length: 30 }, () => candidate.index),
      }))
      await call(client, 'tell', { study: 'triage', results })
      expect(await call(client, 'conclude', { study: 'triage' })).toMatchObject({ conclusion: { verdict: 'improved' } })
      expect(await call(client, 'report', { study: 'triage' })).toContain('**improved**')
      expect(named.length).toBeGreaterThan(5)
      expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(named))
    })
  })
})
