import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { logImprovement } from '../../src/acquisition/log-expected-improvement.ts'
import { createBackend } from '../../src/numerics/linalg/index.ts'
import { createServerApp, type ServerApp, serve } from '../../src/server/index.ts'
import { createMemoryStore, openStore, type Store } from '../../src/store/index.ts'

const backend = createBackend()
const cleanUp: (() => unknown)[] = []
afterEach(async () => {
  for (const each of cleanUp.splice(0).reverse()) await each()
})

interface Reply {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: bodies are checked by what is expected of them
  readonly body: any
  readonly headers: Headers
}

function client(app: ServerApp, headers: Record<string, string> = {}) {
  return async (method: string, path: string, body?: unknown, more: Record<string, string> = {}): Promise<Reply> => {
    const response = await app.fetch(
      new Request(`http://localhost${path}`, {
        method,
        headers: { 'Content-Type': 'application/json', ...headers, ...more },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    )
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('application/json')
    return { status: response.status, body: isJson ? JSON.parse(text) : text, headers: response.headers }
  }
}

function start(options: Partial<Parameters<typeof createServerApp>[0]> = {}) {
  const app = createServerApp({ store: createMemoryStore(), backend, version: '1.2.3', ...options })
  cleanUp.push(() => app.close())
  return { app, call: client(app) }
}

const TRIAGE = {
  name: 'triage',
  pool: ['Classify.', 'Which team?', { id: 'c', slots: { instruction: 'Label it.' } }],
  exampleCount: 4,
}

describe('studies over HTTP', () => {
  it('take a list of results whole, or nothing of it', async () => {
    const { call } = start()
    await call('POST', '/studies', TRIAGE)
    const { actions } = (await call('POST', '/studies/triage/ask', { count: 3 })).body
    const [a, b, c] = actions.map(({ id }: { id: number }) => id)
    const tell = (...results: unknown[]) => call('POST', '/studies/triage/tell', { results })
    const one = (action: number, score: unknown = 1) => ({ action, scores: [score] })
    for (const bad of [one(99), { action: b, scores: [1, 1] }, { action: b }, one(a, 0)]) {
      expect((await tell(one(a), bad)).status).toBeGreaterThanOrEqual(400)
      expect((await call('GET', '/studies/triage')).body).toMatchObject({ observations: 0, pendingActions: 3 })
    }
    expect((await tell(one(a), one(b), one(a))).body).toEqual({ told: 2, repeated: 1 })
    expect((await tell(one(a), one(c))).body).toEqual({ told: 1, repeated: 1 })
    expect((await tell(one(a, 0), one(c))).status).toBe(409)
  })

  it('end with a verdict, by examples that the search never saw', async () => {
    const store = createMemoryStore()
    const first = start({ store })
    const study = { ...TRIAGE, baseline: '1', holdoutCount: 30, budget: { evaluations: 72 } }
    type Asked = { id: number; candidate: { index: number }; examples: number[]; holdout?: true }
    const measure = (actions: Asked[]) => ({
      results: actions.map(({ id, candidate, examples }) => ({
        action: id,
        scores: examples.map(() => candidate.index === 2),
      })),
    })
    expect((await first.call('POST', '/studies', study)).body).toMatchObject({ holdoutCount: 30, verdict: null })
    expect(await first.call('POST', '/studies/triage/conclude', {})).toMatchObject({
      status: 409,
      body: { error: { message: 'nothing has a score, so there is no winner' } },
    })
    for (;;) {
      const asked = (await first.call('POST', '/studies/triage/ask', { count: 3 })).body
      if (asked.status === 'done') break
      const open = await first.call('POST', '/studies/triage/conclude', {})
      expect(open.status, 'the search is not over').toBe(409)
      await first.call('POST', '/studies/triage/tell', measure(asked.actions))
    }
    const concluding = (await first.call('POST', '/studies/triage/conclude', {})).body
    expect(concluding.conclusion).toBeNull()
    expect(concluding.actions).toMatchObject([
      { candidate: { index: 2 }, holdout: true },
      { candidate: { index: 0 }, holdout: true },
    ])
    // Another server takes it up: what was asked for is still open, and asked for once.
    await first.app.close()
    const { call } = start({ store })
    expect((await call('GET', '/studies/triage/pending')).body.actions).toEqual(concluding.actions)
    expect((await call('POST', '/studies/triage/conclude', {})).body).toEqual(concluding)
    await call('POST', '/studies/triage/tell', measure(concluding.actions))
    const { body } = await call('POST', '/studies/triage/conclude', { relevantDifference: 0.1 })
    expect(body).toMatchObject({
      actions: [],
      conclusion: {
        verdict: 'improved',
        winner: { candidate: { id: 'c' }, holdout: { mean: 1, count: 30 } },
        baseline: { candidate: { id: '1' }, holdout: { mean: 0, count: 30 } },
        difference: { mean: 1, count: 30 },
        warnings: [],
      },
    })
    const { body: said } = await call('GET', '/studies/triage')
    expect(said).toMatchObject({ verdict: 'improved', evaluationsLeft: 0 })
    await call('POST', '/studies/triage/conclude', { relevantDifference: 0.1 })
    expect((await call('GET', '/studies/triage')).body.events, 'said once').toBe(said.events)
    expect((await call('GET', '/studies/triage/report?format=md')).body).toContain('improved')
    expect((await call('GET', '/studies/triage/report')).body).toContain('0.000 → 1.000')
    expect((await call('POST', '/studies/triage/conclude', { relevantDifference: -1 })).status).toBe(400)
  })

  it('go from creation to the best prompt', async () => {
    const { call } = start()
    const created = await call('POST', '/studies', { ...TRIAGE, budget: { evaluations: 12 } })
    expect(created).toMatchObject({
      status: 201,
      body: { name: 'triage', policy: 'krige', candidates: 3, evaluationsLeft: 12 },
    })
    expect((await call('GET', '/studies/triage/best')).body).toEqual({ best: null })
    for (;;) {
      const asked = (await call('POST', '/studies/triage/ask', { count: 2 })).body
      if (asked.status === 'done') break
      const results = asked.actions.map((action: { id: number; candidate: { index: number }; examples: number[] }) => ({
        action: action.id,
        scores: action.examples.map(() => action.candidate.index === 2),
      }))
      expect((await call('POST', '/studies/triage/tell', { results })).body).toEqual({
        told: results.length,
        repeated: 0,
      })
    }
    const { body } = await call('GET', '/studies/triage/best')
    expect(body.best.candidate).toMatchObject({ id: 'c', index: 2 })
    expect(body.best.mean).toBeGreaterThan(0.5)
    const { candidates } = (await call('GET', '/studies/triage/posterior')).body
    expect(candidates).toHaveLength(3)
    const [first, second, best] = candidates
    expect(best.expectedImprovement).toBe(0)
    for (const other of [first, second]) {
      expect(other.expectedImprovement).toBeGreaterThan(0)
      // As if they were independent: an upper bound of what they are together.
      const apart = Math.hypot(other.standardDeviation, best.standardDeviation)
      const z = (other.mean - best.mean) / apart
      expect(other.expectedImprovement).toBeLessThan(apart * Math.exp(logImprovement(z).value) + 1e-12)
    }
    expect((await call('GET', '/studies/triage/report')).body).toContain('<!doctype html>')
    expect((await call('GET', '/studies/triage/export')).body.split('\n')[0]).toContain('"created"')
    expect((await call('GET', '/studies/triage')).body.spent.evaluations).toBe(12)
  })

  it('propose points of a space', async () => {
    const { call } = start()
    await call('POST', '/studies', {
      name: 'x',
      space: { x: { float: [0, 1] } },
      budget: { evaluations: 3 },
      direction: 'minimize',
    })
    const { actions } = (await call('POST', '/studies/x/ask', {})).body
    expect(actions[0].candidate.parameters.x).toBeGreaterThanOrEqual(0)
    const impossible = await call('POST', '/studies', { name: 'y', space: { x: { float: [1, 0] } } })
    expect(impossible).toMatchObject({ status: 400, body: { error: { code: 'invalid-argument' } } })
  })

  it('are created once, whoever repeats the request, and not as something else', async () => {
    const { call } = start()
    expect((await call('POST', '/studies', TRIAGE)).status).toBe(201)
    expect((await call('POST', '/studies', TRIAGE)).status).toBe(200)
    expect(await call('POST', '/studies', { ...TRIAGE, seed: 2 })).toMatchObject({
      status: 409,
      body: { error: { code: 'conflict', message: expect.stringContaining('another seed') } },
    })
    expect((await call('POST', '/studies', { ...TRIAGE, pool: ['Classify!'] })).status).toBe(409)
  })

  it('have names that an address can hold', async () => {
    const { call } = start()
    for (const name of ['.', '..', 'a/b', '', 'ä']) {
      const { status, body } = await call('POST', '/studies', { ...TRIAGE, name })
      expect([status, body.error.message]).toEqual([400, expect.stringContaining('name: expected 1 to 120 letters')])
    }
    expect((await call('POST', '/studies', { ...TRIAGE, name: '.a-2_b.' })).status).toBe(201)
  })

  it('that are refused leave nothing behind, and can be created rightly', async () => {
    const store = createMemoryStore()
    const { app, call } = start({ store })
    const study = (x: [number, number]) => ({ name: 'x', space: { x: { float: x } } })
    expect((await call('POST', '/studies', study([1, 0]))).status).toBe(400)
    expect((await call('GET', '/studies')).body).toEqual({ studies: [] })
    // As one does whose process died before its first event.
    await (await store.acquire('x')).release()
    expect((await call('POST', '/studies', study([1, 0]))).status).toBe(400)
    expect((await call('POST', '/studies', study([0, 1]))).status).toBe(201)
    expect((await call('GET', '/studies')).body.studies).toMatchObject([{ name: 'x', events: 1 }])
    await app.close()
    expect((await call('POST', '/studies', study([0, 1]))).status).toBe(200)
  })

  it('are taken up with another budget, which applies from then on', async () => {
    const { call } = start()
    const create = async (more: object) => (await call('POST', '/studies', { ...TRIAGE, ...more })).body
    const ask = async () => (await call('POST', '/studies/triage/ask', { count: 9 })).body
    await create({ budget: { evaluations: 2 } })
    const { actions } = await ask()
    expect(actions).toHaveLength(2)
    const results = actions.map(({ id }: { id: number }) => ({ action: id, scores: [1] }))
    await call('POST', '/studies/triage/tell', { results })
    expect(await ask()).toMatchObject({ status: 'done' })
    const { events } = await create({})
    expect(await create({ budget: { evaluations: 2 } })).toMatchObject({ evaluationsLeft: 0, events })
    expect(await create({ budget: { evaluations: 5 } })).toMatchObject({ evaluationsLeft: 3 })
    expect((await ask()).actions).toHaveLength(3)
    expect(await create({})).toMatchObject({ evaluationsLeft: 0 })
  })

  it('are the same also where the policy that was asked for made way for another', async () => {
    const { call } = start()
    const space = { name: 'x', space: { x: { float: [0, 1] } }, policy: 'krige' }
    expect(await call('POST', '/studies', space)).toMatchObject({ status: 201, body: { policy: 'gp' } })
    expect(await call('POST', '/studies', space)).toMatchObject({ status: 200, body: { policy: 'gp' } })
    expect((await call('POST', '/studies', { ...space, policy: 'tpe' })).status).toBe(409)
    await call('POST', '/studies', { ...TRIAGE, policy: 'krige' })
    expect((await call('POST', '/studies', { ...TRIAGE, policy: 'krige' })).status).toBe(200)
    expect((await call('POST', '/studies', { ...TRIAGE, policy: 'gp' })).status).toBe(409)
  })

  it('give ids that are free to what brings none', async () => {
    const { call } = start()
    const study = { name: 'ids', pool: ['First.', { id: '1', text: 'Second.' }, { text: 'Third.' }], exampleCount: 2 }
    expect((await call('POST', '/studies', study)).status).toBe(201)
    expect((await call('POST', '/studies', study)).status).toBe(200)
    const { candidates } = (await call('GET', '/studies/ids/posterior')).body
    expect(candidates.map(({ candidate }: { candidate: { id: string } }) => candidate.id)).toEqual(['1-2', '1', '3'])
  })

  it.each<[string, object, string]>([
    ['', { name: 'q', pool: [5] }, 'pool.0: expected a text, or { id, text, slots, parameters }'],
    ['', { name: 'q', pool: [{ txt: 'a' }] }, 'pool.0: Unrecognized key: "txt"'],
    [
      '/triage/tell',
      { results: [{ action: 1, scores: ['1'] }] },
      'results.0.scores.0: expected a number, true or false',
    ],
    [
      '/triage/observe',
      { observations: [{ candidate: 'Classify.', score: 1 }] },
      'observations.0.candidate: expected { id }, { index } or { text }, one of them',
    ],
    [
      '/triage/observe',
      { observations: [{ candidate: { index: 0 }, score: '1' }] },
      'observations.0.score: expected a number, true or false, or null for a failed call',
    ],
    [
      '/triage/observe',
      { observations: [{ candidate: JSON.parse('{ "slots": { "__proto__": "Classify." } }'), score: 1 }] },
      'a key is called "__proto__"',
    ],
  ])('say what they expect: %s %j', async (path, body, message) => {
    const { call } = start()
    await call('POST', '/studies', TRIAGE)
    expect(await call('POST', `/studies${path}`, body)).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining(message) } },
    })
  })

  it('count a repeated result once, and refuse another one for the same cells', async () => {
    const { call } = start()
    await call('POST', '/studies', TRIAGE)
    const [action] = (await call('POST', '/studies/triage/ask', {})).body.actions
    const scores = action.examples.map(() => 1)
    const tell = (value: number[]) =>
      call('POST', '/studies/triage/tell', { results: [{ action: action.id, scores: value }] })
    expect((await tell(scores)).body).toEqual({ told: 1, repeated: 0 })
    expect((await tell(scores)).body).toEqual({ told: 0, repeated: 1 })
    expect((await tell(scores.map(() => 0))).status).toBe(409)
    expect((await call('GET', '/studies/triage')).body.observations).toBe(scores.length)
  })

  it.each<[string, object]>([
    ['an unknown candidate', { candidate: { text: 'Nobody knows me.' }, score: 1 }],
    ['no example', { candidate: { index: 0 }, example: 4, score: 1 }],
    ['a cell with another score', { candidate: { index: 1 }, example: 2, score: 0 }],
    ['a cell beside it with another score', { candidate: { index: 0 }, example: 0, score: 1 }],
    ['an example and several', { candidate: { index: 0 }, example: 3, score: 1, count: 4 }],
  ])('take none of the observations where one is of %s', async (_, wrong) => {
    const { call } = start()
    await call('POST', '/studies', TRIAGE)
    const observe = (observations: object[]) => call('POST', '/studies/triage/observe', { observations })
    await observe([{ candidate: { index: 1 }, example: 2, score: 1 }])
    const mean = { candidate: { index: 0 }, score: 0.5, count: 4 }
    const cell = { candidate: { index: 0 }, example: 0, score: 0 }
    expect((await observe([mean, cell, wrong])).status).toBeGreaterThanOrEqual(400)
    expect((await call('GET', '/studies/triage')).body.observations).toBe(1)
    expect((await observe([mean, cell, cell])).body).toEqual({ observed: 2, repeated: 1 })
  })

  it('find repeated observations in time that grows with their number', async () => {
    const { call } = start()
    await call('POST', '/studies', { name: 'x', pool: ['a', 'b'], exampleCount: 20_000 })
    const observations = [0, 1].flatMap((index) =>
      Array.from({ length: 20_000 }, (_, example) => ({ candidate: { index }, example, score: example % 2 })),
    )
    const observe = async () => {
      const started = performance.now()
      const { body } = await call('POST', '/studies/x/observe', { observations })
      return { body, milliseconds: performance.now() - started }
    }
    const first = await observe()
    expect(first.body).toEqual({ observed: 40_000, repeated: 0 })
    const again = await observe()
    expect(again.body).toEqual({ observed: 0, repeated: 40_000 })
    // One at a time through the log it took 50 times as long.
    expect(again.milliseconds).toBeLessThan(5 * first.milliseconds + 500)
  })

  it('answer a repeated request with the same key as before', async () => {
    const { call } = start()
    await call('POST', '/studies', TRIAGE)
    const ask = (key: string, body: object = {}) =>
      call('POST', '/studies/triage/ask', body, { 'Idempotency-Key': key })
    const [first, again, other] = [await ask('a'), await ask('a'), await ask('b')]
    expect(again.body).toEqual(first.body)
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(other.body.actions[0].id).not.toBe(first.body.actions[0].id)
    expect((await ask('a', { count: 3 })).status).toBe(409)
  })

  it('take candidates, observations, wishes and give-backs', async () => {
    const { call } = start()
    await call('POST', '/studies', TRIAGE)
    const added = (await call('POST', '/studies/triage/candidates', { candidates: ['New one.', 'Classify.'] })).body
    expect(added).toMatchObject({ added: 1, candidates: [{ index: 3, text: 'New one.' }, { index: 0 }] })
    const observations = [{ candidate: { text: 'New one.' }, example: 0, score: true }]
    expect((await call('POST', '/studies/triage/observe', { observations })).body).toEqual({ observed: 1, repeated: 0 })
    expect((await call('POST', '/studies/triage/observe', { observations })).body).toEqual({ observed: 0, repeated: 1 })
    await call('POST', '/studies/triage/enqueue', { candidate: { id: 'c' }, examples: [3] })
    const [action] = (await call('POST', '/studies/triage/ask', {})).body.actions
    expect(action).toMatchObject({ candidate: { id: 'c' }, examples: [3], reason: 'enqueued' })
    expect((await call('GET', '/studies/triage/pending')).body.actions).toHaveLength(1)
    await call('POST', '/studies/triage/release', { action: action.id })
    expect((await call('GET', '/studies/triage/pending')).body.actions).toEqual([])
    expect((await call('POST', '/studies/triage/enqueue', { candidate: { id: 'zz' }, examples: [0] })).status).toBe(400)
  })

  it('rank and predict texts without adding them', async () => {
    const { call } = start()
    const good = ['Name the label.', 'Name the label of it.', 'Name one label.']
    const bad = ['Write a poem.', 'Write a long poem.', 'Write a poem on it.']
    await call('POST', '/studies', { ...TRIAGE, pool: [...good, ...bad] })
    const texts = ['Write a short poem.', { slots: { instruction: 'Name the label now.' } }, 'Write a poem.']
    expect((await call('POST', '/studies/triage/rank', { texts })).body).toEqual({ texts: null })
    const observations = [...good, ...bad].flatMap((text, place) =>
      [0, 1, 2, 3].map((example) => ({ candidate: { text }, example, score: place < 3 !== (place === example) })),
    )
    const scored = observations.map((each) => ({ ...each, score: Number(each.score) }))
    await call('POST', '/studies/triage/observe', { observations: scored })
    const before = (await call('GET', '/studies/triage')).body
    const ranked = (await call('POST', '/studies/triage/rank', { texts })).body.texts
    expect(ranked.map(({ index }: { index: number }) => index)[0]).toBe(1)
    expect(ranked[0].expectedImprovement).toBeGreaterThan(ranked[2].expectedImprovement)
    const predicted = (await call('POST', '/studies/triage/predict', { texts })).body.texts
    expect(predicted[1]).toMatchObject({ index: 1, text: 'Name the label now.', measured: 0 })
    expect(predicted[2]).toMatchObject({ index: 2, candidate: '4', measured: 4 })
    expect(predicted[1].mean).toBeGreaterThan(predicted[0].mean)
    expect((await call('GET', '/studies/triage')).body).toEqual(before)
    for (const wrong of [{}, { texts: [] }, { texts: [''] }, { texts: [3] }, { texts: ['a'], k: 1 }]) {
      expect((await call('POST', '/studies/triage/rank', wrong)).status).toBe(400)
    }
    expect((await call('POST', '/studies/none/predict', { texts })).status).toBe(404)
  })

  it('explain a candidate by its outcomes, its text and its neighbors', async () => {
    const { call } = start()
    const pool = ['Name the label.', 'Name the label of it.', 'Write a poem.', 'Write a long poem.']
    await call('POST', '/studies', { ...TRIAGE, pool })
    const path = '/studies/triage/explain'
    const asked = { candidate: { text: 'Name the label.' } }
    expect((await call('POST', path, asked)).body).toEqual({ explanation: null })
    const observations = pool.flatMap((text, place) =>
      [0, 1, 2, 3].map((example) => ({ candidate: { text }, example, score: place < 2 ? 1 : 0 })),
    )
    await call('POST', '/studies/triage/observe', { observations })
    const { explanation } = (await call('POST', path, asked)).body
    expect(explanation).toMatchObject({ candidate: { index: 0 }, own: { scored: 4, mean: 1 }, byText: { measured: 0 } })
    expect(explanation.posterior).toMatchObject({ measured: 4 })
    expect(explanation.nearest[0].candidate).toMatchObject({ index: 1, text: 'Name the label of it.' })
    for (const wrong of [{}, { candidate: { index: 9 } }, { candidate: { id: 'x' } }, { ...asked, k: 1 }]) {
      expect((await call('POST', path, wrong)).status).toBe(400)
    }
  })

  it('are held by hand: paused they wait, stopped they are done, and both go on', async () => {
    const { call } = start()
    await call('POST', '/studies', TRIAGE)
    const say = (command: string) => call('POST', '/studies/triage/control', { command })
    const ask = async () => (await call('POST', '/studies/triage/ask', {})).body
    expect((await say('pause')).body).toEqual({ state: 'paused' })
    expect(await ask()).toEqual({ actions: [], status: 'wait', reason: 'the study is paused' })
    expect((await say('stop')).body).toEqual({ state: 'stopped' })
    expect(await ask()).toEqual({ actions: [], status: 'done', reason: 'the study was stopped' })
    expect((await call('GET', '/studies/triage')).body.state).toBe('stopped')
    await say('resume')
    expect((await ask()).actions).toHaveLength(1)
    expect((await say('hurry')).status).toBe(400)
  })

  it('take comparisons by hand where the policy compares', async () => {
    const { call } = start()
    await call('POST', '/studies', {
      ...TRIAGE,
      name: 'pairs',
      pool: ['a b', 'c d'],
      policy: 'comparison',
      exampleCount: 1,
    })
    const { pair } = (await call('GET', '/studies/pairs/pair')).body
    expect(pair).toMatchObject({ left: { text: 'a b' }, right: { text: 'c d' }, example: 0 })
    const compared = { candidate: { index: 1 }, rival: { index: 0 }, example: 0, outcome: 1 }
    expect((await call('POST', '/studies/pairs/compare', compared)).status).toBe(200)
    expect((await call('POST', '/studies/pairs/compare', compared)).status).toBe(400)
    expect((await call('GET', '/studies/pairs/pair')).body).toEqual({ pair: null })
    expect((await call('GET', '/studies/pairs/best')).body.best.candidate.index).toBe(1)
    await call('POST', '/studies', TRIAGE)
    expect((await call('POST', '/studies/triage/compare', compared)).body.error.message).toContain('has scores')
  })

  it('give a report as what changed since a version', async () => {
    const { call } = start()
    await call('POST', '/studies', { ...TRIAGE, pool: ['One.', 'Two.'] })
    const first = (await call('GET', '/studies/triage/live/report')).body
    expect(first.order).toEqual([0, 1])
    expect(first.rows).toHaveLength(2)
    expect(first.parts[0].html).toContain('unfinished')
    const observations = [{ candidate: { index: 1 }, example: 0, score: 1 }]
    await call('POST', '/studies/triage/observe', { observations })
    await new Promise((resolve) => setTimeout(resolve, first.again))
    const second = (await call('GET', `/studies/triage/live/report?have=${first.version}`)).body
    expect(second.order).toEqual([1, 0])
    expect(second.rows.map(({ index }: { index: number }) => index)).toEqual([1])
    expect(second.parts.find(({ id }: { id: string }) => id === 'all')).toEqual({ id: 'all' })
    const third = (await call('GET', `/studies/triage/live/report?have=${second.version}`)).body
    expect(third).toMatchObject({ rows: [], version: second.version })
    expect(third.order).toBeUndefined()
  })

  it('are not told by pages of other sites', async () => {
    const { call } = start()
    const from = (origin: string) => call('POST', '/studies', TRIAGE, { Origin: origin, Host: 'localhost:8787' })
    expect((await from('https://evil.example')).status).toBe(403)
    expect((await from('null')).status).toBe(403)
    expect((await from('http://localhost:8787')).status).toBe(201)
  })

  it('have pages that hold nothing of theirs, so that they need no token', async () => {
    const { call } = start({ token: 'a-token-of-some-length' })
    for (const path of ['/', '/studies/secret-name/live']) {
      const { status, body, headers } = await call('GET', path)
      expect(status).toBe(200)
      expect(body).not.toContain('secret-name')
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    }
    for (const path of ['/studies/triage/live/report', '/studies/triage/pair']) {
      expect((await call('GET', path)).status).toBe(401)
    }
  })

  it('name what is wrong with a request', async () => {
    const { call } = start()
    await call('POST', '/studies', TRIAGE)
    for (const [method, path, body, status, message] of [
      ['GET', '/studies/none', undefined, 404, 'there is no study none'],
      ['POST', '/studies/none/ask', {}, 404, 'there is no study none'],
      ['POST', '/studies', { name: 'a b' }, 400, 'name'],
      ['POST', '/studies', { name: 'z', policy: 'krieg', pool: ['a'] }, 400, 'krieg'],
      ['POST', '/studies', { name: 'z', bugdet: {} }, 400, 'bugdet'],
      ['POST', '/studies', '{"name": ', 400, 'JSON'],
      ['POST', '/studies/triage/ask', { count: 0 }, 400, 'count'],
      ['POST', '/studies/triage/tell', { results: [{ action: 99, scores: [1] }] }, 400, 'action 99'],
      ['POST', '/studies/triage/tell', { results: [{ action: 1 }] }, 400, 'scores or a summary'],
      ['GET', '/nowhere', undefined, 404, 'no such path'],
    ] as const) {
      const reply = await call(method, path, body)
      expect([path, reply.status, reply.body.error.message]).toEqual([path, status, expect.stringContaining(message)])
    }
  })

  it('take JSON alone, and say so', async () => {
    const { call } = start()
    const reply = await call('POST', '/studies', TRIAGE, { 'Content-Type': 'text/plain' })
    expect([reply.status, reply.body.error.remedy]).toEqual([415, expect.stringContaining('application/json')])
  })

  it('survive the server: what was told is there for the next one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'krige-server-'))
    cleanUp.push(() => rmSync(folder, { recursive: true, force: true }))
    const open = (): Promise<Store> => openStore(join(folder, 'studies.db'))
    let store = await open()
    let app = createServerApp({ store, backend, version: '1' })
    let call = client(app)
    await call('POST', '/studies', TRIAGE)
    const [action] = (await call('POST', '/studies/triage/ask', {})).body.actions
    const results = [{ action: action.id, scores: action.examples.map(() => 1) }]
    await call('POST', '/studies/triage/tell', { results })
    const before = (await call('GET', '/studies/triage')).body
    await app.close()
    await store.close()

    store = await open()
    app = createServerApp({ store, backend, version: '1' })
    cleanUp.push(
      () => store.close(),
      () => app.close(),
    )
    call = client(app)
    expect((await call('GET', '/studies/triage')).body).toEqual(before)
    // The answer was lost, so the client repeats: it counts once.
    expect((await call('POST', '/studies/triage/tell', { results })).body).toEqual({ told: 0, repeated: 1 })
    expect((await call('DELETE', '/studies/triage')).status).toBe(204)
    expect((await call('GET', '/studies')).body).toEqual({ studies: [] })
  })

  it('give no proposal twice to clients that ask at once', async () => {
    const { call } = start()
    await call('POST', '/studies', {
      name: 'many',
      space: { x: { float: [0, 1] } },
      policy: 'tpe',
      budget: { evaluations: 64 },
    })
    const replies = await Promise.all(Array.from({ length: 64 }, () => call('POST', '/studies/many/ask', {})))
    const ids = replies.map(({ body }) => body.actions[0].id)
    expect(new Set(ids).size).toBe(64)
    const points = replies.map(({ body }) => body.actions[0].candidate.parameters.x)
    expect(new Set(points).size).toBe(64)
  })
})

describe('the server', () => {
  it('describes itself in OpenAPI 3.1, and every path answers as described', async () => {
    const { call } = start()
    const { body } = await call('GET', '/openapi.json')
    expect(body.openapi).toBe('3.1.0')
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining(['/studies', '/studies/{name}/ask', '/studies/{name}/tell', '/studies/{name}/events']),
    )
    expect(body.components.schemas.StudyInput.properties.name).toBeDefined()
    for (const [path, { post }] of Object.entries<{ post?: { parameters?: { name: string }[] } }>(body.paths)) {
      if (post)
        expect([path, post.parameters?.map(({ name }) => name)]).toEqual([
          path,
          expect.arrayContaining(['idempotency-key']),
        ])
    }
    const elsewhere = await call('GET', '/studies', undefined, { Origin: 'https://elsewhere.example' })
    expect(Object.keys(body.paths['/studies'].get.responses)).toContain(String(elsewhere.status))
  })

  it('answers only who knows the token', async () => {
    const { app, call } = start({ token: 'sixteen-characters-at-least' })
    expect((await call('GET', '/studies')).status).toBe(401)
    expect((await call('GET', '/studies', undefined, { Authorization: 'Bearer wrong' })).status).toBe(401)
    expect((await call('GET', '/metrics')).status).toBe(401)
    expect((await call('GET', '/health')).status).toBe(200)
    const knowing = client(app, { Authorization: 'Bearer sixteen-characters-at-least' })
    expect((await knowing('GET', '/studies')).status).toBe(200)
  })

  it('answers no name but this machine’s without a token, and no machine but this one', async () => {
    const { call } = start()
    expect((await call('GET', '/studies', undefined, { Host: 'evil.example' })).status).toBe(403)
    const open = serve({ store: createMemoryStore(), backend, version: '1', host: '0.0.0.0', port: 0 })
    await expect(open).rejects.toThrow('a token is needed')
  })

  it('turns away what is too large, too much or too late', async () => {
    const { app, call } = start({ limits: { bodyBytes: 1000, requestsPerSecond: 4 }, now: () => 0 })
    expect((await call('POST', '/studies', { name: 'a', pool: ['x'.repeat(2000)] })).status).toBe(413)
    const announced = await app.fetch(
      new Request('http://localhost/studies', { method: 'POST', body: '{}', headers: { 'Content-Length': '1001' } }),
    )
    expect(announced.status).toBe(413)
    await call('GET', '/studies')
    await call('GET', '/studies')
    const refused = await call('GET', '/studies')
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
    app.drain()
    expect((await call('GET', '/studies')).status).toBe(503)
    expect((await call('GET', '/health')).body).toEqual({ status: 'draining', version: '1.2.3' })
  })

  it('counts requests without telling the names of studies', async () => {
    const { call } = start()
    await call('GET', '/studies/secret-study')
    const { body } = await call('GET', '/metrics')
    expect(body).toContain('krige_http_requests_total{method="GET",route="/studies/:name",status="404"} 1')
    expect(body).not.toContain('secret-study')
  })

  it('streams the log, from where the reader was', async () => {
    const lines: string[] = []
    const logTo = { write: (line: string) => lines.push(line) > 0 } as unknown as NodeJS.WritableStream
    const server = await serve({ store: createMemoryStore(), backend, version: '1', port: 0, logTo })
    cleanUp.push(() => server.close())
    const post = (path: string, body: unknown) =>
      fetch(`${server.url}${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'Content-Type': 'application/json' },
      })
    await post('/studies', { ...TRIAGE, pool: ['a secret prompt', 'another'] })
    const response = await fetch(`${server.url}/studies/triage/events?from=1`)
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    let seen = ''
    const until = async (text: string) => {
      while (!seen.includes(text)) seen += (await reader.read()).value ?? ''
    }
    await until('event: candidates')
    expect(seen).not.toContain('event: created')
    await post('/studies/triage/ask', {})
    await until('event: asked')
    await reader.cancel()
    const after = (last: string) => fetch(`${server.url}/studies/triage/events`, { headers: { 'Last-Event-ID': last } })
    const next = (await after('1')).body!.pipeThrough(new TextDecoderStream()).getReader()
    seen = ''
    while (!seen.includes('id: 2')) seen += (await next.read()).value ?? ''
    expect(seen).not.toContain('event: candidates')
    await next.cancel()
    for (const wrong of ['-7', '1.5', 'x']) expect((await after(wrong)).status).toBe(400)
    await server.close()
    expect(lines.join('')).toContain('"path":"/studies/triage/ask"')
    expect(lines.join('')).not.toContain('secret prompt')
  })
})
