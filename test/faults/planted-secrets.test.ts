import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { answerOf, testTask } from '../support/chat-server.ts'
import { type CliResult, startKrige } from '../support/krige-cli.ts'
import { SPELLINGS } from '../support/spellings.ts'

/** Everything a user may keep secret, each where it may be kept. The odd signs have other forms in addresses and JSON. */
const PLANTED = {
  environment: 'sk-env-Zq7+/w"XkT0m1nQ',
  command: 'sk-cmd-9fPq2LrVx8Ty4uWb',
  password: 'pw/Hunter2&Xyz+secret',
  query: 'qk-7d1e5a9c3b8f2046',
  unrelated: 'ghp_unrelated0TokenValue',
} as const

/** How a value looks to whoever finds it: as it is, in an address, in JSON or HTML, in base64 at any offset, in hex. */
function formsOf(value: string): Buffer[] {
  const bytes = Buffer.from(value)
  const encoded = encodeURIComponent(value)
  const base64 = [0, 1, 2].flatMap((offset) => {
    const shifted = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
    const own = shifted.slice(offset === 0 ? 0 : offset + 1, Math.floor(((bytes.length + offset) * 8) / 6))
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')]
  })
  const escaped = value.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
  return [
    ...[value, encoded, encoded.toLowerCase(), JSON.stringify(value).slice(1, -1), escaped],
    ...base64,
    bytes.toString('hex'),
    ...Object.values(SPELLINGS).map((spell) => spell(value)),
  ].map((form) => Buffer.from(form))
}

const FORMS = Object.entries(PLANTED).map(([name, value]) => [name, formsOf(value)] as const)

/** Names of the secrets that stand in some bytes, in any form. */
const found = (bytes: Buffer) =>
  FORMS.flatMap(([name, forms]) => (forms.some((form) => bytes.includes(form)) ? [name] : []))

/** Files that the user wrote, which hold what the user put there. */
const OWN = new Set(['task.yaml', 'key.txt', 'metric.mjs', 'program.mjs'])

function leaksIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !(entry.parentPath === folder && OWN.has(entry.name)))
    .flatMap((entry) => found(readFileSync(join(entry.parentPath, entry.name))).map((name) => `${entry.name}: ${name}`))
}

const leaksOf = ({ stdout, stderr }: CliResult) => [
  ...found(Buffer.from(stdout)).map((name) => `stdout: ${name}`),
  ...found(Buffer.from(stderr)).map((name) => `stderr: ${name}`),
]

/** `answering`: every answer is one, and repeats what it was sent with: whether a metric is ever called is no accident. */
type Mode = 'mixed' | 'answering' | 'refusing'

/** Repeats whatever it was sent, wherever it can. */
async function startParrot() {
  let mode: Mode = 'mixed'
  let requests = 0
  let repeated = 0
  const respond = (request: IncomingMessage, response: ServerResponse, body: string) => {
    const index = requests++
    const { authorization = '' } = request.headers
    const credentials = authorization.replace(/^\w+ /, '')
    const query = new URL(request.url ?? '', 'http://localhost').searchParams.get('k') ?? ''
    const login = authorization.startsWith('Basic ') ? Buffer.from(credentials, 'base64').toString('utf8') : ''
    const password = login.slice(login.indexOf(':') + 1)
    const spell = Object.values(SPELLINGS)[index % Object.keys(SPELLINGS).length]!
    const spelled = [credentials, password, query].filter((value) => value !== '').map(spell)
    const echo = [
      ...spelled,
      `Incorrect key ${credentials}`,
      login,
      password,
      `for ${request.url}`,
      encodeURIComponent(credentials),
      encodeURIComponent(password),
      Buffer.from(`x${credentials}`).toString('base64'),
      query,
      // Never sent, but in the environment: an answer may have it from elsewhere.
      Buffer.from(PLANTED.unrelated).toString('base64url'),
    ].join(' | ')
    const headers = {
      'content-type': 'application/json',
      'x-your-key': encodeURIComponent(credentials),
      'retry-after-ms': '5',
    }
    const refuse = (status: number) => {
      repeated++
      response
        .writeHead(status, headers)
        .end(JSON.stringify({ error: { message: `${'.'.repeat(index % 160)}${echo}` } }))
    }
    if (mode === 'refusing') return refuse(401)
    const kind = mode === 'answering' ? 2 : index % 7
    if (kind === 1) return refuse(500)
    if (kind === 3) return refuse(400)
    if (kind === 5) {
      repeated++
      response.writeHead(200, { 'content-type': 'text/html' }).end(`<!doctype html><p>${echo}</p>`)
      return
    }
    const { messages }: { messages: { content: string | { text: string }[] }[] } = JSON.parse(body)
    const content = messages.at(-1)?.content ?? ''
    const message = typeof content === 'string' ? content : content.map((part) => part.text).join('')
    // An answer, too, may repeat what was sent with it.
    const said =
      kind === 2 ? `${answerOf(message)} (${credentials} ${query} ${password} ${spelled.join(' ')})` : answerOf(message)
    if (kind === 2) repeated++
    const choice = { index: 0, message: { role: 'assistant', content: said }, finish_reason: 'stop' }
    const usage = { prompt_tokens: 20, completion_tokens: 2, total_tokens: 22 }
    const reply = { id: 'x', object: 'chat.completion', created: 1, model: 'test', choices: [choice], usage }
    response.writeHead(200, headers).end(JSON.stringify(reply))
  }
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => respond(request, response, Buffer.concat(pieces).toString('utf8')))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    address: `127.0.0.1:${port}`,
    get requests() {
      return requests
    },
    get repeated() {
      return repeated
    },
    set mode(wanted: Mode) {
      mode = wanted
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

const root = mkdtempSync(join(tmpdir(), 'krige-secrets-'))
let parrot: Awaited<ReturnType<typeof startParrot>>
beforeAll(async () => {
  parrot = await startParrot()
})
afterAll(async () => {
  await parrot.close()
  rmSync(root, { recursive: true, force: true })
})

const TASK = { prompts: 5, search: 16, holdout: 8, budget: { evaluations: 70, calls: 400 } }

function folderFor(name: string, changes: object): string {
  const folder = join(root, name)
  mkdirSync(folder)
  writeFileSync(join(folder, 'key.txt'), `${PLANTED.command}\n`)
  writeFileSync(join(folder, 'task.yaml'), JSON.stringify({ ...testTask('', TASK), ...changes }))
  return folder
}

/** No secret of the machine the test runs on is looked for, only those planted here. */
const environment = (more: Readonly<Record<string, string>> = {}) => ({
  KRIGE_API_KEY: '',
  OPENAI_API_KEY: '',
  SOME_OTHER_TOKEN: PLANTED.unrelated,
  ...more,
})

const PRINT_KEY = [process.execPath, '-p', "require('fs').readFileSync('key.txt','utf8')"]

describe('secrets planted in a run, and repeated by the server in whatever it says', () => {
  it('are found by the search that follows, in every form', () => {
    for (const [name, value] of Object.entries(PLANTED)) {
      const forms = [
        value,
        JSON.stringify({ value }),
        encodeURIComponent(value),
        ...['', 'x', 'xy'].map((before) => Buffer.from(`${before}${value}:`).toString('base64')),
      ]
      for (const form of forms) expect(found(Buffer.from(form)), form).toContain(name)
    }
  })

  it.each([
    ['environment', () => `http://${parrot.address}/v1#test`, { KRIGE_API_KEY: PLANTED.environment }, undefined],
    ['command', () => `http://${parrot.address}/v1#test`, { KRIGE_API_KEY: PLANTED.environment }, PRINT_KEY],
    [
      'address',
      () =>
        `http://me:${encodeURIComponent(PLANTED.password)}@${parrot.address}/v1?k=${PLANTED.query}&api-version=1#test`,
      {},
      undefined,
    ],
  ])(
    '%s: stand in no file, stream, report or export',
    { timeout: 120_000 },
    async (name, address, variables, apiKeyCommand) => {
      parrot.mode = 'mixed'
      const model = `openai-compatible:${address()}`
      const folder = folderFor(name, { model: { name: model, ...(apiKeyCommand ? { apiKeyCommand } : {}) } })
      const run = (...args: string[]) => startKrige(folder, args, environment(variables))
      const before = [parrot.requests, parrot.repeated] as const
      const leaks: string[] = []
      const note = async (what: string, result: Promise<CliResult>) => {
        const finished = await result
        leaks.push(...leaksOf(finished).map((leak) => `${what}: ${leak}`))
        return finished
      }

      await note('dry run', run('run', 'task.yaml', '--dry-run').done)
      // Killed in the middle, so that the write-ahead logs are there to be searched.
      const killed = run('run', 'task.yaml', '--concurrency', '4', '--json')
      while (parrot.requests < before[0] + 25) await new Promise((resolve) => setTimeout(resolve, 2))
      killed.child.kill('SIGKILL')
      await note('killed run', killed.done)
      expect(readdirSync(join(folder, '.krige')).some((file) => file.endsWith('-wal'))).toBe(true)
      leaks.push(...leaksIn(folder))

      const result = await note('run', run('run', 'task.yaml', '--concurrency', '4', '--json', '--model', model).done)
      // The command line goes into the report; a model given there has no command.
      const finished = apiKeyCommand
        ? await note('run', run('run', 'task.yaml', '--concurrency', '4', '--json').done)
        : result
      expect(finished.code, finished.stderr).toBe(0)
      expect(JSON.parse(finished.stdout).verdict).toBeTypeOf('string')
      // What is stored is looked through whatever the way a key came; how it is shown is the same for all.
      for (const format of name === 'environment' ? ['csv', 'prompt', 'typescript'] : []) {
        const exported = await note(format, run('export', 'tickets', '--format', format).done)
        expect(exported.code, exported.stderr).toBe(0)
      }
      for (const command of ['report', 'doctor']) {
        const done = await note(command, run(command, 'tickets').done)
        expect(done.code, done.stderr).toBe(0)
      }
      const exported = await note('jsonl', run('export', 'tickets', '--format', 'jsonl').done)
      expect(exported.code, exported.stderr).toBe(0)
      // Errors were stored, with their text: that they hold no secret is no accident.
      expect(exported.stdout).toContain('[secret]')

      parrot.mode = 'refusing'
      const refused = await note('refused run', run('run', 'task.yaml', '--study', 'refused', '--no-cache').done)
      expect(refused.code).toBe(1)
      expect(refused.stderr).toContain('401')
      leaks.push(...leaksIn(folder))
      expect(leaks).toEqual([])
      expect(parrot.repeated - before[1], 'answers that repeated a secret').toBeGreaterThan(10)
    },
  )

  it('are not shown when the command fails, or an address or a price is wrong', async () => {
    parrot.mode = 'mixed'
    const model = `http://me:${encodeURIComponent(PLANTED.password)}@${parrot.address}/v1?k=${PLANTED.query}`
    const failing = folderFor('failing', {
      model: {
        name: `openai-compatible:${model}#test`,
        apiKeyCommand: [
          process.execPath,
          '-e',
          `console.log('${PLANTED.command}'); console.error('${PLANTED.command}'); process.exit(1)`,
        ],
      },
    })
    const unnamed = folderFor('unnamed', { model: `openai-compatible:${model}` })
    // More of them: test/evaluation/models/model-name.test.ts.
    const mistyped = ['htp://', ''].map((scheme, index) =>
      folderFor(`mistyped-${index}`, { model: `openai-compatible:${model.replace('http://', scheme)}#test` }),
    )
    const priced = folderFor('priced', {
      model: `openai-compatible:${model.replace('127.0.0.1', 'example.invalid')}#test`,
      budget: { usd: 1 },
    })
    for (const [folder, code] of [
      [failing, 1],
      [unnamed, 2],
      [priced, 2],
      ...mistyped.map((folder) => [folder, 2] as const),
    ] as const) {
      const result = await startKrige(folder, ['run', 'task.yaml'], environment()).done
      expect(result.code, result.stderr).toBe(code)
      expect(result.stderr.length).toBeGreaterThan(20)
      expect([...leaksOf(result), ...leaksIn(folder)]).toEqual([])
    }
  })

  it.each([
    ['metric', { metric: './metric.mjs' }],
    ['program', { evaluate: './program.mjs', metric: undefined, template: undefined }],
  ])('are hidden when a %s of the user’s puts one into its errors, answers and feedback', async (name, changes) => {
    parrot.mode = 'answering'
    const folder = folderFor(name, { model: `openai-compatible:http://${parrot.address}/v1#test`, ...changes })
    const source = `export default (given, { input }, context) => {
      const key = process.env.SOME_OTHER_TOKEN
      if (/number [0-4] /.test(input ?? context.input)) throw new Error('no access with ' + key)
      return { score: 0.5, feedback: ['read ' + key, { text: key, slot: 'instruction' }], output: 'said ' + key }
    }`
    writeFileSync(join(folder, `${name}.mjs`), source)
    const shown = async (...args: string[]) => startKrige(folder, args, environment()).done
    const result = await shown('run', 'task.yaml', '--json')
    const log = await shown('export', 'tickets')
    const others = [
      await shown('answers', 'tickets'),
      await shown('answers', 'tickets', '--json'),
      await shown('export', 'tickets', '--format', 'csv'),
    ]
    expect(log.stdout).toContain('no access with [secret]')
    for (const { stdout } of [log, ...others]) expect(stdout).toContain('read [secret]')
    expect([result, log, ...others].flatMap(leaksOf)).toEqual([])
    expect(leaksIn(folder)).toEqual([])
  })
})
