import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { toCsv } from '../../src/cli/export-formats.ts'
import { hideTexts, isHidden } from '../../src/run/hide-texts.ts'
import { openSqliteStore } from '../../src/store/sqlite-store.ts'
import { createStudy } from '../../src/study/create-study.ts'
import { krige } from '../support/krige-here.ts'

const cellOf = (text: string) => {
  const { state } = createStudy({ pool: [{ id: 'a', text }], policy: 'random', exampleCount: 2 })
  return toCsv(state).split('\r\n').slice(1).join('\r\n').split(',')[1]
}

describe('a CSV cell', () => {
  it.each([
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    ' =1',
    '\n=1',
    '\ufeff=1',
    '\u200b=1',
    '\t=1',
    '\r=1',
    '＝1',
    ' ＋1',
    '－1',
    '＠A',
    '|x',
    '%x',
    '−1',
    '\u00a0=1',
  ])('that a spreadsheet would run is text: %j', (text) => {
    expect(cellOf(text)).toBe(`"'${text}"`)
  })

  it.each(['Label it.', ' Label it.', '\nLabel = it', 'a=1', '"'])('is left alone otherwise: %j', (text) => {
    expect(cellOf(text)).toBe(`"${text.replaceAll('"', '""')}"`)
  })
})

describe('a table of candidates', () => {
  it('tells apart those that differ in a parameter alone', () => {
    const twice = [1, 2].map((rounds) => ({ id: `r${rounds}`, text: 'Label it.', parameters: { rounds } }))
    const [header, ...rows] = toCsv(createStudy({ pool: twice, policy: 'random', exampleCount: 2 }).state).split('\r\n')
    expect(header).toMatch(/,winner,parameters$/)
    expect(rows[0]).toMatch(/,"\{""rounds"":1\}"$/)
    expect(rows[1]).toMatch(/,"\{""rounds"":2\}"$/)
  })
})

describe('a study that keeps no texts', () => {
  it('has no prompt to export, and says whose it is', { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'krige-export-'))
    const store = openSqliteStore(join(folder, 'studies.db'))
    const study = createStudy({ pool: [{ id: 'terse', text: 'Label it.' }], policy: 'random' })
    study.observe({ candidate: 0, example: 0, score: 1 })
    const { mean, interval, probabilityBest, level, means, standardDeviations } = study.recommend()!
    study.conclude({
      reason: 'done',
      verdict: 'undecided',
      winner: { candidate: 0, mean, interval, probabilityBest, level },
      means: [...means],
      standardDeviations: [...standardDeviations],
      warnings: [],
    })
    const lease = await store.acquire('hashes')
    await lease.append(study.drain().map(hideTexts))
    await lease.release()
    await store.close()
    const exported = (format: string) => krige(folder, 'export', 'hashes', '--store', 'studies.db', '--format', format)
    const refused = await Promise.all(['prompt', 'json', 'typescript', 'promptfoo'].map(exported))
    for (const { code, stdout, stderr } of refused) {
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toContain('keeps no texts: there is no prompt to export')
      expect(stderr).toContain('The winner is prompt "terse" of its task')
    }
    // Stored under another name than it began with, as an import may be.
    expect((await exported('csv')).stdout).toContain('"terse","sha256:')
    rmSync(folder, { recursive: true })
  })

  it('is told from one whose prompt begins like a hash', () => {
    expect(isHidden({ id: 'a', text: 'sha256: name the digest.' })).toBe(false)
    expect(isHidden({ id: 'a', text: `sha256:${'0'.repeat(64)}` })).toBe(true)
  })
})
