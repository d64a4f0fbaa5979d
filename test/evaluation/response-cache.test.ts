import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeEach, describe, expect, it } from 'vitest'
import { callModel } from '../../src/evaluation/call-model.ts'
import { cacheKeyOf, createMemoryResponseCache } from '../../src/evaluation/response-cache.ts'
import { openSqliteResponseCache } from '../../src/evaluation/sqlite-response-cache.ts'
import { allowed } from '../support/reservations.ts'
import { createScriptedModel } from '../support/scripted-model.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'krige-responses-'))
  file = join(folder, 'responses.sqlite')
  return () => rmSync(folder, { recursive: true, force: true })
})

const request = { prompt: 'Say bug.', sampling: { temperature: 0, maxOutputTokens: 4 } }
const usage = { inputTokens: 3, outputTokens: 1 }

describe('the response cache', () => {
  it('pays for an answer once: a hit asks for no budget and makes no call', async () => {
    const model = createScriptedModel(() => 'bug')
    const cache = await openSqliteResponseCache({ file })
    const ask = () => {
      let reserved = 0
      return callModel(model, request, {
        cache,
        cacheKey: cacheKeyOf(model, request, 0, ''),
        reserve: () => {
          reserved++
          return allowed()
        },
      }).then((outcome) => ({ outcome, reserved }))
    }
    expect(await ask()).toMatchObject({ reserved: 1, outcome: { calls: 1, cached: false } })
    expect(await ask()).toMatchObject({ reserved: 0, outcome: { calls: 0, cached: true, result: { text: 'bug' } } })
    expect(model.requests).toHaveLength(1)
    cache.close()
    const reopened = await openSqliteResponseCache({ file })
    expect(reopened.get(cacheKeyOf(model, request, 0, ''))).toEqual({
      text: 'bug',
      usage: { inputTokens: 8, outputTokens: 3 },
      cut: false,
    })
    reopened.close()
  })

  it.each([
    ['in memory', async () => createMemoryResponseCache()],
    ['on disk', async () => openSqliteResponseCache({ file })],
  ])('tells an answer that is as long as it may be from one that was cut off, %s', async (_, open) => {
    const cache = await open()
    const cutOf = async (prompt: string, answer: object) => {
      const model = { ...createScriptedModel(() => 'x'), generate: async () => ({ kind: 'text', ...answer }) as never }
      const ask = { ...request, prompt }
      const options = { cache, cacheKey: cacheKeyOf(model, ask, 0, '') }
      const outcomes = [await callModel(model, ask, options), await callModel(model, ask, options)]
      return outcomes.map(({ cached, answer }) => [cached, answer?.cut])
    }
    const full = { text: 'bug', usage: { inputTokens: 3, outputTokens: 4 } }
    expect(await cutOf('a', { ...full, reason: 'stop' })).toEqual([
      [false, false],
      [true, false],
    ])
    expect(await cutOf('b', { ...full, reason: 'length' })).toEqual([
      [false, true],
      [true, true],
    ])
    const thinking = { text: 'bug', usage: { inputTokens: 3, outputTokens: 2 }, reason: 'length' }
    expect(await cutOf('c', thinking)).toEqual([
      [false, true],
      [true, true],
    ])
    cache.close()
  })

  it('takes an answer of before for cut where it is as long as it may be: nobody kept it', async () => {
    const model = createScriptedModel(() => 'x')
    const cache = createMemoryResponseCache()
    const cacheKey = cacheKeyOf(model, request, 0, '')
    cache.set(cacheKey, { text: 'bug', usage: { inputTokens: 3, outputTokens: 4 } })
    expect((await callModel(model, request, { cache, cacheKey })).answer?.cut).toBe(true)
  })

  it('never keeps a failure', async () => {
    const model = createScriptedModel(() => ({ kind: 'server', message: 'broken' }))
    const cache = await openSqliteResponseCache({ file })
    const key = cacheKeyOf(model, request, 0, '')
    const outcome = await callModel(model, request, { cache, cacheKey: key, retry: { attempts: 2, delay: 1 } })
    expect(outcome).toMatchObject({ calls: 2, result: { kind: 'failure' } })
    expect(cache.get(key)).toBeUndefined()
    cache.close()
  })

  it('lives as long as the process where no file is wanted', async () => {
    const model = createScriptedModel(() => 'bug')
    const cache = createMemoryResponseCache()
    const cacheKey = cacheKeyOf(model, request, 0, '')
    await callModel(model, request, { cache, cacheKey })
    expect(await callModel(model, request, { cache, cacheKey })).toMatchObject({ calls: 0, result: { text: 'bug' } })
    expect(model.requests).toHaveLength(1)
    cache.close()
    expect(cache.get(cacheKey)).toBeUndefined()
  })

  it('has a key for everything an answer depends on', () => {
    const model = createScriptedModel(() => 'x')
    const other = createScriptedModel(() => 'x', 'other')
    const sampling = request.sampling
    const keys = [
      cacheKeyOf(model, request, 0, ''),
      cacheKeyOf(other, request, 0, ''),
      cacheKeyOf(model, request, 1, ''),
      cacheKeyOf(model, request, 0, 'label-match'),
      cacheKeyOf(model, { ...request, prompt: 'Say bug. ' }, 0, ''),
      cacheKeyOf(model, { ...request, system: 'x' }, 0, ''),
      cacheKeyOf(model, { ...request, sampling: { ...sampling, maxOutputTokens: 5 } }, 0, ''),
      cacheKeyOf(model, { ...request, sampling: { ...sampling, stop: ['\n'] } }, 0, ''),
      cacheKeyOf(model, { ...request, sampling: { ...sampling, temperature: 1, seed: 1 } }, 0, ''),
      cacheKeyOf(model, { ...request, sampling: { ...sampling, temperature: 1, seed: 2 } }, 0, ''),
    ]
    expect(new Set(keys).size).toBe(keys.length)
    expect(cacheKeyOf(model, { ...request, sampling: { ...sampling, seed: 7 } }, 0, '')).toBe(keys[0])
  })

  it('puts a damaged file aside and goes on', async () => {
    writeFileSync(file, 'this is no database, whatever its name says. '.repeat(100))
    const notices: string[] = []
    const cache = await openSqliteResponseCache({ file, onNotice: (notice) => notices.push(notice) })
    cache.set('k', { text: 'x', usage })
    expect(cache.get('k')).toEqual({ text: 'x', usage })
    expect(notices.join()).toMatch(/damaged/)
    expect(readdirSync(folder)).toContain('responses.sqlite.damaged')
    cache.close()
  })

  it('does not believe an answer that was changed', async () => {
    const cache = await openSqliteResponseCache({ file })
    cache.set('k', { text: 'bug', usage })
    cache.close()
    const database = new DatabaseSync(file)
    database.exec("UPDATE response SET text = 'billing'")
    database.close()
    const reopened = await openSqliteResponseCache({ file })
    expect(reopened.get('k')).toBeUndefined()
    reopened.close()
  })

  it('stays within its size and drops what was not used for longest', async () => {
    let time = 0
    const cache = await openSqliteResponseCache({ file, maxBytes: 100_000, now: () => time++ })
    for (let index = 0; index < 600; index++) {
      cache.set(`k${index}`, { text: 'x'.repeat(300), usage })
      cache.get('k0')
    }
    expect(cache.get('k0')).toBeDefined()
    expect(cache.get('k1')).toBeUndefined()
    expect(cache.get('k599')).toBeDefined()
    cache.close()
  })

  it('is no cache at all where nothing can be written, and says so', async () => {
    const notices: string[] = []
    const cache = await openSqliteResponseCache({
      file: join('/dev/null', 'x', 'responses.sqlite'),
      onNotice: (notice) => notices.push(notice),
    })
    cache.set('k', { text: 'x', usage })
    expect(cache.get('k')).toBeUndefined()
    expect(notices.join()).toMatch(/No response cache/)
  })
})
