import { DatabaseSync } from 'node:sqlite'
import { chainChecksum } from '../../src/store/chain.ts'
import { compact } from '../../src/store/compact.ts'
import { openSqliteStore } from '../../src/store/sqlite-store.ts'
import { createStudy } from '../../src/study/create-study.ts'
import type { StudyEvent } from '../../src/study/events.ts'
import { breadthFirst } from '../study/breadth-first.ts'

const EXAMPLES_PER_ACTION = 10

/** Writes the log that a run at concurrency 1 leaves, which has the most and smallest appends, as study `large`. */
export async function writeLargeStudy(file: string, candidates: number, examples: number): Promise<void> {
  const pool = Array.from({ length: candidates }, (_, index) => ({
    id: `p${index}`,
    text: `Classify the ticket, variant ${index}. `.repeat(6),
  }))
  const study = createStudy({ name: 'large', pool, policy: breadthFirst, exampleCount: examples, keepLog: false })
  const store = openSqliteStore(file)
  const lease = await store.acquire('large')
  const head = study.drain()
  await lease.append(head)
  await lease.release()
  await store.close()
  const database = new DatabaseSync(file)
  database.exec('begin')
  const begun = database.prepare('select checksum from batches order by seq desc limit 1').get()
  const insert = database.prepare(
    'insert into batches (study_id, seq, count, at, payload, checksum) values (1, ?, ?, ?, ?, ?)',
  )
  let seq = head.length
  let checksum = begun!['checksum'] as string
  const append = (events: readonly StudyEvent[]) => {
    const payload = JSON.stringify(events.map(compact)).slice(1, -1)
    const row = { seq, count: events.length, at: 1_700_000_000_000 + seq, payload }
    checksum = chainChecksum(checksum, row)
    insert.run(seq, row.count, row.at, payload, checksum)
    seq += events.length
  }
  let action = 0
  let call = 0
  const cost = { inputTokens: 240, outputTokens: 8, usd: 0.000041 }
  for (let first = 0; first < examples; first += EXAMPLES_PER_ACTION) {
    for (let candidate = 0; candidate < candidates; candidate++) {
      action++
      const asked = Array.from({ length: EXAMPLES_PER_ACTION }, (_, offset) => first + offset)
      const reason = { summary: 'posterior mean among the best' }
      let lead: StudyEvent[] = [{ v: 1, type: 'asked', action, kind: 'evaluate', candidate, examples: asked, reason }]
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
