import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createJournal } from '../../src/engine/journal.ts'
import { runSearch } from '../../src/engine/search.ts'
import { createRandom } from '../../src/numerics/random/random.ts'
import { examineStudy } from '../../src/store/doctor.ts'
import { loadStudy } from '../../src/store/load-study.ts'
import { openSqliteStore } from '../../src/store/sqlite-store.ts'
import { createStudy } from '../../src/study/create-study.ts'
import type { StudyEvent } from '../../src/study/events.ts'
import type { Study } from '../../src/study/study.ts'
import { writeLargeStudy } from '../support/large-study.ts'

const folder = mkdtempSync(join(tmpdir(), 'krige-large-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** How fast all this is says `npm run bench:engine`. */
describe('size', () => {
  it('opens 2,000 candidates and 100,000 outcomes whole, and finds nothing wrong with them', async () => {
    const file = join(folder, 'large.db')
    await writeLargeStudy(file, 2_000, 50)
    const store = openSqliteStore(file)
    try {
      const { state } = (await loadStudy(store, 'large'))!
      expect(state.candidates).toHaveLength(2_000)
      expect(state.observations).toHaveLength(100_000)
      expect(state.ledger.spent).toMatchObject({ evaluations: 100_000, calls: 100_000, inputTokens: 24_000_000 })
      expect(state.pendingCount).toBe(0)
      // The end of a log, and a new writer, take no pass over all of it.
      const { length } = (await store.find('large'))!
      expect(length).toBe(310_002)
      const before = process.cpuUsage()
      const tail: StudyEvent[] = []
      for await (const batches of store.read('large', { from: length - 10 })) {
        tail.push(...batches.flatMap(({ events }) => events))
      }
      await (await store.acquire('large')).release()
      const { user, system } = process.cpuUsage(before)
      expect(tail).toHaveLength(10)
      expect((user + system) / 1000).toBeLessThan(400)
      const findings = await examineStudy(store, 'large')
      expect(findings.filter(({ level }) => level === 'problem')).toEqual([])
    } finally {
      await store.close()
    }
  })

  it('asks for one of 10,000 prompts in less than 200 ms of work, and for one of a million examples', {
    timeout: 120_000,
  }, () => {
    const words = 'classify the ticket with care answer briefly think first name one folder never guess'.split(' ')
    const random = createRandom(1)
    const text = () => Array.from({ length: 12 }, () => words[random.integer(words.length)]).join(' ')
    const many = createStudy({
      pool: Array.from({ length: 10_000 }, (_, index) => `${text()} ${index}`),
      policy: 'krige',
      exampleCount: 100,
      budget: { evaluations: 20_000 },
      keepLog: false,
    })
    const long = createStudy({
      pool: ['One.', 'Two.'],
      policy: 'krige',
      exampleCount: 1e6,
      budget: { evaluations: 99 },
    })
    const work = (study: Study, asks: number) =>
      Array.from({ length: asks }, () => {
        const before = process.cpuUsage()
        const { id } = study.ask()
        const { user, system } = process.cpuUsage(before)
        study.tell(id, [random.integer(2)])
        return (user + system) / 1000
      })
    const [first, ...others] = work(many, 400)
    // Once per pool; comparing all pairs took ten times as long, and 800 MB a view.
    expect(first).toBeLessThan(20_000)
    expect(others.reduce((sum, ask) => sum + ask, 0) / others.length).toBeLessThan(200)
    const [begun, ...later] = work(long, 10)
    // Inserting one example after the other took a minute.
    expect(begun).toBeLessThan(10_000)
    expect(Math.min(...later)).toBeLessThan(500)
  })

  it('measures 5,000 cells at concurrency 32, each once, with appends shared', async () => {
    const study = createStudy({
      pool: Array.from({ length: 50 }, (_, index) => ({ id: `p${index}`, text: `Prompt ${index}.` })),
      policy: 'random',
      exampleCount: 100,
      keepLog: false,
    })
    const store = openSqliteStore(join(folder, 'fast.db'))
    const lease = await store.acquire('fast')
    const measured = new Set<string>()
    let [appends, inFlight, most] = [0, 0, 0]
    const append = (events: readonly StudyEvent[]) => {
      appends++
      return lease.append(events)
    }
    await runSearch({
      study,
      journal: createJournal(study, { append }),
      concurrency: 32,
      evaluate: async ({ index, example, reserve }) => {
        most = Math.max(most, ++inFlight)
        const call = await reserve({ inputTokens: 100, outputTokens: 8, usd: 0 })
        await new Promise((resolve) => setTimeout(resolve, 1))
        call!.settle({ inputTokens: 100, outputTokens: 2, usd: 0 })
        measured.add(`${index}/${example}`)
        inFlight--
        return { score: 1 }
      },
    })
    expect(study.spent).toMatchObject({ evaluations: 5_000, calls: 5_000, outputTokens: 10_000 })
    expect(measured.size).toBe(5_000)
    expect(most).toBe(32)
    // One append to reserve and one to receive would be 10,000; each waits for the disk.
    expect(appends).toBeLessThan(2_500)
    await lease.release()
    const { state } = (await loadStudy(store, 'fast'))!
    expect(state.observations).toHaveLength(5_000)
    expect(state.ledger.openCalls().size).toBe(0)
    await store.close()
  })
})
