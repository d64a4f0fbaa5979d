import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, it } from 'vitest'
import { createJournal } from '../../src/runner/journal.ts'
import { runSearch } from '../../src/runner/search.ts'
import { compact } from '../../src/store/compact.ts'
import { openSqliteStore } from '../../src/store/sqlite-store.ts'
import { createStudy } from '../../src/study/create-study.ts'
import type { StudyEvent } from '../../src/study/events.ts'
import { breadthFirst } from '../study/breadth-first.ts'

const folder = mkdtempSync(join(tmpdir(), 'krige-large-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const CANDIDATES = 10_000
const EXAMPLES = 100
const EXAMPLES_PER_ACTION = 10

/** The log a run at concurrency 1 leaves, which has the most and smallest appends. */
async function writeLargeStudy(file: string): Promise<void> {
  const pool = Array.from({ length: CANDIDATES }, (_, index) => ({
    id: `p${index}`,
    text: `Classify the ticket, variant ${index}. `.repeat(6),
  }))
  const study = createStudy({ name: 'large', pool, policy: breadthFirst, exampleCount: EXAMPLES, keepLog: false })
  const store = openSqliteStore(file)
  const lease = await store.acquire('large')
  const head = study.drain()
  await lease.append(head)
  await lease.release()
  await store.close()
  const database = new DatabaseSync(file)
  database.exec('begin')
  const insert = database.prepare('insert into batches (study_id, seq, count, at, payload) values (1, ?, ?, ?, ?)')
  let seq = head.length
  const append = (events: readonly StudyEvent[]) => {
    insert.run(seq, events.length, 1_700_000_000_000 + seq, JSON.stringify(events.map(compact)).slice(1, -1))
    seq += events.length
  }
  let action = 0
  let call = 0
  const cost = { inputTokens: 240, outputTokens: 8, usd: 0.000041 }
  for (let first = 0; first < EXAMPLES; first += EXAMPLES_PER_ACTION) {
    for (let candidate = 0; candidate < CANDIDATES; candidate++) {
      action++
      const examples = Array.from({ length: EXAMPLES_PER_ACTION }, (_, offset) => first + offset)
      const reason = { summary: 'posterior mean among the best' }
      let lead: StudyEvent[] = [{ v: 1, type: 'asked', action, kind: 'evaluate', candidate, examples, reason }]
      for (let position = 0; position < EXAMPLES_PER_ACTION; position++) {
        call++
        append([...lead, { v: 1, type: 'reserved', call, ...cost }])
        lead = []
        append([
          { v: 1, type: 'settled', call, ...cost, outputTokens: 3 },
          { v: 1, type: 'told', action, position, score: (candidate + position) % 2 },
        ])
      }
    }
  }
  database.exec('commit')
  database.close()
}

describe('size and speed', () => {
  it('opens 10,000 candidates and 1,000,000 outcomes in 3 s of processor time and 500 MB', {
    timeout: 300_000,
  }, async () => {
    const file = join(folder, 'large.db')
    await writeLargeStudy(file)
    const child = join(import.meta.dirname, '../support/open-large-study.ts')
    const opened = JSON.parse(execFileSync(process.execPath, [child, file], { encoding: 'utf8' }))
    process.stderr.write(`${JSON.stringify(opened)}\n`)
    expect(opened).toMatchObject({ outcomes: 1_000_000, candidates: CANDIDATES })
    // Processor time grows, too, where other work shares the caches: the goal is 3 s, the alarm at twice that.
    expect(opened.processorMilliseconds).toBeLessThan(6_000)
    expect(opened.megabytes).toBeLessThan(500)
  })

  it('adds at most half a millisecond to a call at concurrency 32', { timeout: 120_000 }, async () => {
    const study = createStudy({
      pool: Array.from({ length: 50 }, (_, index) => ({ id: `p${index}`, text: `Prompt ${index}.` })),
      policy: 'random',
      exampleCount: 100,
      keepLog: false,
    })
    const store = openSqliteStore(join(folder, 'fast.db'))
    const lease = await store.acquire('fast')
    const before = process.cpuUsage()
    const started = performance.now()
    await runSearch({
      study,
      journal: createJournal(study, lease),
      concurrency: 32,
      evaluate: async ({ reserve, settle }) => {
        const call = await reserve({ inputTokens: 100, outputTokens: 8, usd: 0 })
        await new Promise((resolve) => setTimeout(resolve, 1))
        settle(call!, { inputTokens: 100, outputTokens: 2, usd: 0 })
        return { kind: 'score', score: 1 }
      },
    })
    const { user, system } = process.cpuUsage(before)
    const { evaluations } = study.spent
    const perSecond = (1000 * evaluations) / (performance.now() - started)
    process.stderr.write(`${Math.round(perSecond)} evaluations/s\n`)
    expect(evaluations).toBeGreaterThan(1_000)
    expect((user + system) / 1000 / evaluations).toBeLessThan(0.5)
    await lease.release()
    await store.close()
  })
})
