import { KrigeError } from '../errors.ts'
import type { TraceRecord } from '../history/trace.ts'
import { exportJsonLines, importJsonLines, loadStudy, type Store, type TraceQuery } from '../store/index.ts'
import type { StudyEvent } from '../study/events.ts'
import { createStudy } from '../study/index.ts'
import { type ConformanceCheck, require } from './conformance.ts'

/**
 * What every store of studies owes. Whole appends are read back exactly and in order, and there is one writer at a
 * time. Studies do not mix, and deletion, export and import lose nothing. Each check opens a new, empty store and
 * closes it.
 *
 * @example
 * for (const { name, run } of storeConformance(() => createMemoryStore())) it(name, run)
 */
export function storeConformance(open: () => Store | Promise<Store>): ConformanceCheck[] {
  const check = (name: string, work: (store: Store) => Promise<void>): ConformanceCheck => ({
    name,
    async run() {
      const store = await open()
      try {
        await work(store)
      } finally {
        await store.close()
      }
    },
  })
  return [
    check('reads back exactly what was appended, in whole appends', async (store) => {
      const lease = await store.acquire('a')
      const all = sampleEvents()
      await lease.append(all.slice(0, 2), [], 1000)
      await lease.append([])
      await lease.append(all.slice(2), [], 2000)
      const expected = [
        { at: 1000, events: all.slice(0, 2) },
        { at: 2000, events: all.slice(2) },
      ]
      requireSame('what is read', await readAll(store, 'a'), expected)
      const listed = await store.list()
      requireSame(
        'what is listed',
        listed.map(({ name, length }) => ({ name, length })),
        [{ name: 'a', length: all.length }],
      )
      require(Number.isFinite(listed[0]?.createdAt), `createdAt is ${listed[0]?.createdAt}; expected a time`)
      requireSame('observations', (await loadStudy(store, 'a'))?.state.observations.length, 3)
    }),
    check('reads on from any event', async (store) => {
      const lease = await store.acquire('a')
      const all = sampleEvents(4)
      for (const [from, to] of [
        [0, 3],
        [3, 4],
        [4, all.length],
      ] as const)
        await lease.append(all.slice(from, to))
      for (let from = 0; from <= all.length + 1; from++) {
        const read = (await collect(store.read('a', { from }))).flat().flatMap((batch) => batch.events)
        requireSame(`the log from ${from}`, read, all.slice(from))
      }
    }),
    check('keeps text of any kind', async (store) => {
      const lease = await store.acquire('texte — نص')
      const text = `😀 \u0000 \u2028 \u202e "quotes" {{input}} </script> ${'x'.repeat(50_000)}`
      const added: StudyEvent = { v: 1, type: 'candidates', candidates: [{ id: 'ü', text }] }
      await lease.append([...sampleEvents(), added])
      requireSame('the text', (await readAll(store, 'texte — نص'))[0]?.events.at(-1), added)
    }),
    check('keeps traces with their results, and gives them back by action and by candidate', async (store) => {
      const lease = await store.acquire('a')
      await lease.append(sampleEvents(), [trace(3, 0, 1), trace(1, 0, 0)])
      await lease.append([], [{ action: 2, position: 1, trace: { calls: [] } }, trace(1, 1, 0)])
      const of = async (query?: TraceQuery) => (await collect(store.traces('a', query))).flat()
      const generation = { action: 2, position: 1, trace: { calls: [] } }
      requireSame('all traces', await of(), [trace(1, 0, 0), trace(1, 1, 0), generation, trace(3, 0, 1)])
      requireSame('traces of action 2', await of({ action: 2 }), [generation])
      requireSame('traces of candidate 0', await of({ candidate: 0 }), [trace(1, 0, 0), trace(1, 1, 0)])
      await store.acquire('b')
      requireSame('traces of another study', (await collect(store.traces('b'))).flat(), [])
      await requireRejects(async () => collect(store.traces('c')), 'there is no study "c"')
      await lease.release()
      await store.delete('a')
      const anew = await store.acquire('a')
      await anew.append(sampleEvents())
      requireSame('traces of a study that was deleted', await of(), [])
    }),
    check('keeps more traces than it reads at once', async (store) => {
      const lease = await store.acquire('a')
      const many = Array.from({ length: 1_203 }, (_, index) =>
        trace(1 + Math.floor(index / 100), index % 100, index % 7),
      )
      await lease.append(sampleEvents(), many)
      requireSame('the traces', (await collect(store.traces('a'))).flat(), many)
    }),
    check('refuses a second writer with the pid of the first, until the first releases', async (store) => {
      const first = await store.acquire('a')
      await requireRejects(() => store.acquire('a'), `pid ${process.pid}`)
      await store.acquire('b')
      await first.release()
      await first.release()
      await requireRejects(() => first.append(sampleEvents()), 'not held any more')
      await store.acquire('a')
    }),
    check('appends of two studies do not mix', async (store) => {
      const leases = await Promise.all(['a', 'b'].map((name) => store.acquire(name)))
      const log = sampleEvents(5)
      await Promise.all(log.flatMap((event) => leases.map((lease) => lease.append([event]))))
      for (const name of ['a', 'b']) {
        const read = (await readAll(store, name)).flatMap((batch) => batch.events)
        requireSame(`the log of ${name}`, read, log)
      }
    }),
    check('deletes, and refuses to delete what is being written', async (store) => {
      const lease = await store.acquire('a')
      await lease.append(sampleEvents())
      await requireRejects(() => store.delete('a'), 'being written')
      await lease.release()
      await store.delete('a')
      requireSame('what is listed', await store.list(), [])
      await requireRejects(() => readAll(store, 'a'), 'there is no study "a"')
      await requireRejects(() => store.delete('a'), 'there is no study "a"')
    }),
    check('exports and imports without loss', async (store) => {
      const lease = await store.acquire('a')
      const all = sampleEvents(4)
      for (const [index, event] of all.entries()) await lease.append([event], [], 1000 + Math.floor(index / 3))
      await lease.append([], [trace(1, 0, 0), trace(2, 0, 1)])
      const exported = (await collect(exportJsonLines(store, 'a'))).join('')
      const pieces = exported.match(/[\s\S]{1,7}/g) ?? []
      requireSame('imported events', await importJsonLines(store, 'copy', pieces), all.length)
      requireSame('the copy', (await collect(exportJsonLines(store, 'copy'))).join(''), exported)
      await requireRejects(() => importJsonLines(store, 'copy', [exported]), 'study "copy" exists already')
      await requireRejects(() => importJsonLines(store, 'broken', [exported, '{"x":1}\n']), 'is no event: {"x":1}')
      await requireRejects(() => importJsonLines(store, 'broken', [exported, exported]), 'created twice')
      requireSame('the broken import', await store.find('broken'), undefined)
    }),
  ]
}

/** A trace with text of any kind. */
function trace(action: number, position: number, candidate: number): TraceRecord {
  const usage = { inputTokens: 3, outputTokens: 1 }
  const call = { role: 'task', model: 'm', prompt: 'Text 😀 \u0000 \u2028', text: 'bug', usage, cached: false } as const
  const feedback = [{ text: 'expected "billing"', from: 'label-match' }]
  return { action, position, candidate, example: position, trace: { calls: [call], output: 'bug', feedback } }
}

/** The log of a small study with calls and one observation a round, five rounds at most. */
function sampleEvents(rounds = 3): StudyEvent[] {
  const pool = Array.from({ length: 5 }, (_, i) => ({ id: `p${i}`, text: `Prompt number ${i}.` }))
  const study = createStudy({ pool, policy: 'random', exampleCount: 1, name: 'sample', seed: 3 })
  for (let round = 0; round < rounds; round++) {
    const call = study.reserveCall({ inputTokens: 3, outputTokens: 4, usd: 0.001 })
    require(call !== undefined, 'a study without a budget refuses a call')
    const { id } = study.ask()
    call.settle({ inputTokens: 3, outputTokens: 1, usd: 0.0005 })
    study.tell(id, [round % 2])
  }
  return study.drain()
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = []
  for await (const item of items) collected.push(item)
  return collected
}

const readAll = async (store: Store, name: string) => (await collect(store.read(name))).flat()

/** Equal as JSON: what a store keeps is JSON. */
function requireSame(what: string, actual: unknown, expected: unknown): void {
  const [found, wanted] = [canonical(actual), canonical(expected)]
  require(found === wanted, `${what} is ${found?.slice(0, 500)}; expected ${wanted?.slice(0, 500)}`)
}

/** JSON with sorted keys. */
function canonical(value: unknown): string | undefined {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  )
}

async function requireRejects(work: () => Promise<unknown>, message: string): Promise<void> {
  try {
    await work()
  } catch (error) {
    require(KrigeError.isInstance(error), `threw ${error}; expected a KrigeError`)
    return require(error.message.includes(message), `threw "${error.message}"; expected "${message}" in it`)
  }
  require(false, `threw nothing; expected "${message}"`)
}
