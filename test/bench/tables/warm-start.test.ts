import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { benchBackend } from '../../../src/bench/tables/bench-backend.ts'
import { type BenchTablesOptions, runTables } from '../../../src/bench/tables/run-tables.ts'
import { sourcesFor, studyHistory, tableHistory, type WarmStart } from '../../../src/bench/tables/warm-start.ts'
import { createKrigePolicy } from '../../../src/policy/krige.ts'
import { bernoulliRows, smallTable, tableDocument } from './small-tables.ts'

const rates = Array.from({ length: 40 }, (_, prompt) => ((7 * prompt) % 40) / 40)
const early = smallTable(bernoulliRows(rates, 30, 3), { holdout: 6 }, 'early')

describe('histories', () => {
  it('holds the search cells of a table and nothing of its holdout', () => {
    const { observations, pool, exampleCount } = tableHistory({ table: early, vectors: [] })
    expect([observations.length, pool.length, exampleCount]).toEqual([40 * 24, 40, 24])
    const reversed = tableHistory({ table: early, vectors: [] }, true).observations
    for (let k = 0; k < observations.length; k += 17) {
      expect(observations.example(k)).toBeLessThan(24)
      expect(reversed.score(k)).toBe(1 - observations.score(k))
    }
  })

  it('keeps failed calls missing, reversed or not', () => {
    const table = smallTable([
      [1, null, 0],
      [0, 1, null],
    ])
    for (const reversed of [false, true]) {
      const { observations } = tableHistory({ table, vectors: [] }, reversed)
      expect([observations.score(1), observations.score(5)]).toEqual([Number.NaN, Number.NaN])
    }
  })

  it('of a study holds what its budget paid for, scores as the table has them', () => {
    const study = { create: createKrigePolicy, options: {}, budget: 100, seed: 5, backend: benchBackend() }
    const { observations, pool } = studyHistory({ table: early, vectors: [] }, study)
    expect(observations.length).toBe(100)
    const reversed = studyHistory({ table: early, vectors: [] }, study, true)
    expect(reversed.pool.map(({ candidate }) => candidate.id)).toEqual(pool.map(({ candidate }) => candidate.id))
    for (let k = 0; k < 100; k++) expect(reversed.observations.score(k)).toBe(1 - observations.score(k))
  })

  it('come from other tables of the same task only, whatever they are called', () => {
    const copy = { ...early, name: 'copy' }
    const later = smallTable(bernoulliRows(rates, 30, 4), {}, 'later')
    const foreign = smallTable(bernoulliRows(rates, 30, 4), { task: 'other' }, 'foreign')
    const found = sourcesFor(early, [{ table: copy }, { table: later }, { table: foreign }])
    expect(found.map(({ table }) => table.name)).toEqual(['later'])
    const other = smallTable(bernoulliRows(rates, 30, 6), { model: 'other' }, 'other model')
    const studies = sourcesFor(early, [{ table: later }, { table: other }], 'study')
    expect(studies.map(({ table }) => table.name)).toEqual(['later'])
  })
})

describe('bench tables with a warm start', () => {
  let directory = ''
  let base: BenchTablesOptions
  const warmStart = (more: Partial<WarmStart> = {}): WarmStart => ({
    tables: [join(directory, 'early.json')],
    history: 'table',
    reversed: false,
    ...more,
  })

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'krige-warm-'))
    const write = (name: string, seed: number, task = 'task') =>
      writeFile(join(directory, name), JSON.stringify(tableDocument(bernoulliRows(rates, 30, seed), { task })))
    await Promise.all([write('early.json', 3), write('later.json', 4), write('foreign.json', 5, 'other')])
    base = {
      files: [join(directory, 'later.json')],
      variants: [],
      fullEvaluations: 2,
      fractions: [1],
      repeats: 8,
      seed: 2,
      embeddingCache: join(directory, 'cache'),
    }
  }, 60_000)

  it('finds better prompts for the same calls when the history is of the same prompts, and little worse ones when it is reversed', async () => {
    const as = (label: string, more: Partial<WarmStart>) => ({
      label,
      policy: 'krige',
      options: { text: false },
      warmStart: warmStart(more),
    })
    const { summary, settings } = await runTables({
      ...base,
      variants: [
        { label: 'cold', policy: 'krige', options: { text: false } },
        as('warm', {}),
        as('warm study', { history: 'study' }),
        as('reversed', { reversed: true }),
      ],
      fullEvaluations: 4,
    })
    const error = (label: string) => summary.find(({ policy }) => policy === label)!.meanError
    expect(error('warm')).toBeLessThan(0.6 * error('cold'))
    expect(error('reversed')).toBeLessThan(error('cold') + 0.06)
    expect(error('warm study')).toBeLessThan(error('cold') + 0.02)
    expect(settings!.policies['warm']!.warmStart!.tables).toEqual({ early: expect.stringMatching(/./) })
    expect(settings!.policies['cold']!.warmStart).toBeUndefined()
  }, 60_000)

  it('refuses tables that no table played can learn from', async () => {
    const nothing = { label: 'krige', policy: 'krige', options: {} }
    for (const table of ['foreign.json', 'later.json']) {
      await expect(
        runTables({ ...base, variants: [{ ...nothing, warmStart: warmStart({ tables: [join(directory, table)] }) }] }),
      ).rejects.toThrow(/nothing to start warm from/)
    }
  })
})
