import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { defaultReportPath, writeReport } from '../../src/cli/report-file.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { openSqliteStore } from '../../src/store/sqlite-store.ts'
import { createStudy } from '../../src/study/create-study.ts'

const NAMES = [
  ...['a b', 'a-b', 'a/b', 'a\\b', 'a:b', 'a\u0000b', '-a-b', '.a-b', 'a-b.', '..', '...', '../x', 'con', 'COM1.x', ''],
  ...[
    'é',
    'e\u0301',
    '\u{1f600}',
    '\u{1f601}',
    'x'.repeat(300),
    `${'x'.repeat(299)}y`,
    'é'.repeat(200),
    `${'é'.repeat(199)}x`,
  ],
]

it('a report names the store where an export would not find it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'krige-report-'))
  const store = openSqliteStore(join(folder, 'quickstart.db'))
  const study = createStudy({ name: 'tickets', pool: ['Label it.'], policy: 'random' })
  study.observe({ candidate: 0, example: 0, score: 1 })
  const lease = await store.acquire('tickets')
  await lease.append(study.drain())
  await lease.release()
  const page = readFileSync(await writeReport(store, 'tickets', join(folder, 'report.html')), 'utf8')
  expect(page).toContain(`krige export tickets --format jsonl --store ${store.location}`)
  await store.close()
  rmSync(folder, { recursive: true })
})

describe('the place of a report', () => {
  it('is another one for every study, and a name every file system takes', () => {
    const places = NAMES.map((name) => defaultReportPath(createMemoryStore(), name))
    expect(new Set(places).size).toBe(NAMES.length)
    for (const place of places) {
      expect(place).toMatch(/^\.krige[/\\][\p{L}\p{N}_][\p{L}\p{N}._-]*\.html$/u)
      expect(Buffer.byteLength(place)).toBeLessThan(200)
      expect(place).not.toMatch(/[/\\](con|com\d)\./i)
    }
  })

  it('is the name itself where that is one', () => {
    for (const name of ['tickets', 'triage-2', 'v1.2', 'Übung_3']) {
      expect(defaultReportPath(createMemoryStore(), name)).toMatch(new RegExp(`[/\\\\]${name}\\.html$`))
    }
  })
})
