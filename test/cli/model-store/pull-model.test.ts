import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CATALOG, type CatalogModel } from '../../../src/cli/model-store/catalog.ts'
import { pullModel } from '../../../src/cli/model-store/pull-model.ts'
import { DEFAULT_MODELS } from '../../../src/cli/models.ts'
import { PULLABLE_MODELS } from '../../../src/evaluation/models/known-names.ts'
import { startKrige } from '../../support/krige-cli.ts'
import { krige } from '../../support/krige-here.ts'

const content = Buffer.alloc(300_000, 'weights ')
const file = {
  path: 'tiny/model.bin',
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
  hub: 'tiny/model.bin',
  parts: [],
}
const model: CatalogModel = {
  name: 'tiny',
  kind: 'language-model',
  summary: 'a tiny one',
  license: 'Apache-2.0',
  licenseUrl: '',
  use: 'gguf:tiny',
  memory: 1,
  speed: 'at once',
  files: [file],
}

let folder: string
let hub: string
const ranges: (string | undefined)[] = []
let serve: (request: IncomingMessage, response: ServerResponse) => void
const server = createServer((request, response) => {
  ranges.push(request.headers.range)
  serve(request, response)
})

const whole = (_: IncomingMessage, response: ServerResponse) => void response.writeHead(200).end(content)
const resumable = (request: IncomingMessage, response: ServerResponse) => {
  const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
  response.writeHead(from > 0 ? 206 : 200).end(content.subarray(from))
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  hub = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'krige-models-'))
  ranges.length = 0
  serve = whole
  return () => rmSync(folder, { recursive: true, force: true })
})

const pull = () => pullModel(model, { modelsFolder: folder, hub, allowPackages: false })

describe('pullModel', () => {
  it('fetches, checks, and fetches nothing the second time', async () => {
    expect(await pull()).toEqual([{ path: join(folder, file.path), source: 'hub' }])
    expect(readFileSync(join(folder, file.path)).equals(content)).toBe(true)
    expect(await pull()).toEqual([{ path: join(folder, file.path), source: 'present' }])
    expect(ranges).toHaveLength(1)
    expect(existsSync(join(folder, '.downloads'))).toBe(false)
  })

  it('finds a model that is there several times at once', async () => {
    await pull()
    const found = await Promise.all([pull(), pull(), pull()])
    expect(found.flat().map(({ source }) => source)).toEqual(['present', 'present', 'present'])
  })

  it('goes on where the line was cut', async () => {
    serve = (_, response) => {
      response.writeHead(200, { 'content-length': content.length })
      response.write(content.subarray(0, 100_000))
      setTimeout(() => response.destroy(), 300)
    }
    await expect(pull()).rejects.toMatchObject({ code: 'unavailable' })
    serve = resumable
    await pull()
    expect(ranges[1]).toMatch(/^bytes=\d+-$/)
    expect(Number(/\d+/.exec(ranges[1]!)![0])).toBeGreaterThan(0)
    expect(readFileSync(join(folder, file.path)).equals(content)).toBe(true)
  })

  it('starts again where a server cannot resume', async () => {
    mkdirSync(join(folder, '.downloads', 'tiny'), { recursive: true })
    writeFileSync(join(folder, '.downloads', 'tiny', `${file.sha256}.part`), 'rubbish from before')
    await pull()
    expect(readFileSync(join(folder, file.path)).equals(content)).toBe(true)
  })

  it('never puts a wrong file in place', async () => {
    serve = (_, response) => void response.writeHead(200).end(Buffer.alloc(content.length, 'x'))
    await expect(pull()).rejects.toThrow(/cannot be had from the hub|SHA-256/)
    expect(existsSync(join(folder, file.path))).toBe(false)
    serve = whole
    await pull()
    expect(readFileSync(join(folder, file.path)).equals(content)).toBe(true)
  })

  it('replaces a file that was damaged later', async () => {
    await pull()
    writeFileSync(join(folder, file.path), 'damaged')
    expect((await pull())[0]!.source).toBe('hub')
    expect(readFileSync(join(folder, file.path)).equals(content)).toBe(true)
  })
})

describe('krige models', () => {
  it('lists what there is, for people and machines', async () => {
    const { code, stdout } = await startKrige(folder, ['models', 'list', '--json']).done
    expect(code).toBe(0)
    const listed = JSON.parse(stdout).models
    expect(listed.map((entry: { name: string }) => entry.name)).toEqual(CATALOG.map((entry) => entry.name))
    expect(listed.every((entry: { here: boolean; license: string }) => !entry.here && entry.license.length > 0)).toBe(
      true,
    )
  })

  it('refuses a model it does not know', async () => {
    const { code, stderr } = await startKrige(folder, ['models', 'pull', 'gpt-9']).done
    expect(code).toBe(2)
    expect(stderr).toMatch(/"gpt-9" is unknown\n {2}Known models: all-minilm-l6-v2/)
  })
})

it('brings without a name what the quickstart and krige init run', async () => {
  const { stdout } = await krige(folder, 'quickstart', '--help')
  const [, named = ''] = /recorded answers of\s+(\S+?)\.\s/.exec(stdout) ?? []
  expect(DEFAULT_MODELS).toContain(named)
  await krige(folder, 'init', 'example')
  expect(readFileSync(join(folder, 'example/task.yaml'), 'utf8')).toContain(`\nmodel: gguf:${named}\n`)
  const known = CATALOG.map(({ name }) => name)
  for (const name of DEFAULT_MODELS) expect(known).toContain(name)
})

it('says of every model how a task names it', () => {
  for (const { kind, use, files, name } of CATALOG) {
    if (kind === 'language-model') expect(use).toBe(`model: gguf:${name}`)
    // The name of its folder: that is where an embedder of this name is looked for.
    else expect(use).toBe(`embedder: ${files[0]!.path.split('/')[0]}`)
  }
})

it('knows by name what a typo of a model is compared with', () => {
  const models = CATALOG.filter(({ kind }) => kind === 'language-model').map(({ name }) => name)
  expect([...PULLABLE_MODELS].sort()).toEqual(models.sort())
})
