import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { renderReport } from '../../src/report/render-report.ts'
import { examineStudy } from '../../src/store/doctor.ts'
import { exportJsonLines, importJsonLines } from '../../src/store/jsonl.ts'
import { loadStudy } from '../../src/store/load-study.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { openSqliteStore } from '../../src/store/sqlite-store.ts'
import type { StudyState } from '../../src/study/state.ts'

/**
 * Files that a released version wrote. They are never regenerated: what they hold must open for ever. A new version of
 * the format adds fixtures of its own.
 */
const FIXTURES = join(import.meta.dirname, 'fixtures')
const folder = mkdtempSync(join(tmpdir(), 'krige-old-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function expectSample({ config, candidates, observations, holdout, ledger, conclusion, failures, length }: StudyState) {
  expect(config).toMatchObject({ name: 'sample', seed: 3, exampleCount: 5, holdoutCount: 6, baseline: 'p0' })
  expect(candidates).toHaveLength(4)
  expect([observations.length, holdout.length, length]).toEqual([19, 12, expect.any(Number)])
  expect(observations.score(1)).toBe(0.5)
  expect([...failures.keys()].sort()).toEqual([1, 2])
  expect(ledger.limits).toEqual({ evaluations: 30, usd: 1 })
  expect(ledger.spent).toMatchObject({ evaluations: 30, calls: 29, inputTokens: 145 })
  expect(ledger.spent.usd).toBeCloseTo(0.15)
  expect(conclusion?.verdict).toBe('undecided')
}

describe('version 1', () => {
  it('opens as a database', async () => {
    const file = join(folder, 'store.db')
    copyFileSync(join(FIXTURES, 'store-1.db'), file)
    const store = openSqliteStore(file)
    expectSample((await loadStudy(store, 'sample'))!.state)
    expect((await examineStudy(store, 'sample')).filter((finding) => finding.level === 'problem')).toEqual([])
    await store.close()
  })

  it('opens as an export, and goes out again byte by byte', async () => {
    const text = readFileSync(join(FIXTURES, 'events-1.jsonl'), 'utf8')
    const store = createMemoryStore()
    await importJsonLines(store, 'sample', [text])
    const { state } = (await loadStudy(store, 'sample'))!
    expectSample(state)
    let again = ''
    for await (const piece of exportJsonLines(store, 'sample')) again += piece
    expect(again).toBe(text)
    expect(renderReport({ state })).toContain('undecided')
  })
})

describe('examineStudy', () => {
  it('says what is open, what is damaged, and what is fine', async () => {
    const text = readFileSync(join(FIXTURES, 'events-1.jsonl'), 'utf8')
    const lines = text.trim().split('\n')
    const cut = lines.findLastIndex((line) => line.includes('"type":"reserved"'))
    const store = createMemoryStore()
    await importJsonLines(store, 'cut', [lines.slice(0, cut + 1).join('\n')])
    const messages = (await examineStudy(store, 'cut')).map((finding) => finding.message)
    expect(messages).toEqual([
      expect.stringContaining('4 prompts'),
      expect.stringContaining('1 calls were in flight'),
      expect.stringContaining('cells wait for results'),
      expect.stringContaining('not complete'),
    ])
    const lease = await store.acquire('broken')
    await lease.append(lines.slice(1, 3).map((line) => JSON.parse(line)))
    expect(await examineStudy(store, 'broken')).toEqual([
      { level: 'problem', message: expect.stringContaining('the log starts with'), remedy: expect.any(String) },
    ])
    await expect(examineStudy(store, 'absent')).rejects.toThrow('there is no study "absent"')
  })
})
