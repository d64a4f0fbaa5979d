import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { readResults } from '../../../src/bench/tables/bench-results.ts'
import { type BenchProgress, type BenchTablesOptions, runTables } from '../../../src/bench/tables/run-tables.ts'
import type { Variant } from '../../../src/bench/tables/table-unit.ts'
import { bernoulliRows, tableDocument } from './small-tables.ts'

const variant = (policy: string, label = policy, options = {}): Variant => ({ label, policy, options })

let directory = ''
let files: string[] = []

async function write(name: string, document: unknown): Promise<string> {
  const file = join(directory, name)
  await writeFile(file, JSON.stringify(document))
  return file
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'krige-run-'))
  const rates = Array.from({ length: 10 }, (_, prompt) => 0.1 + 0.08 * prompt)
  files = [
    await write('a.json', tableDocument(bernoulliRows(rates, 24), { task: 'one', holdout: 4 })),
    await write('b.json', tableDocument(bernoulliRows(rates, 20, 5), { task: 'two' })),
  ]
}, 120_000)

const base = (): BenchTablesOptions => ({
  files,
  variants: [variant('triple-sh'), variant('capo-racing')],
  fullEvaluations: 5,
  fractions: [0.5, 1],
  repeats: 3,
  seed: 4,
  embeddingCache: join(directory, 'cache'),
})

describe('runTables', () => {
  it('refuses a table without a score: every choice in it would be right', async () => {
    const empty = await write('empty.json', tableDocument(Array.from({ length: 3 }, () => new Array(4).fill(null))))
    await expect(runTables({ ...base(), files: [files[0]!, empty] })).rejects.toMatchObject({
      code: 'invalid-input',
      where: empty,
      message: expect.stringContaining('holds no score'),
    })
  })

  it('gives every run the fields of the contract and never overspends', async () => {
    const { runs, summary, settings } = await runTables(base())
    expect(runs).toHaveLength(2 * 2 * 2 * 3)
    for (const run of runs) {
      expect(run.budget).toBe(5 * 20 * run.fraction)
      expect(run.spent).toBeLessThanOrEqual(run.budget)
      expect(run.chosen).toMatch(/^p\d$/)
      expect(Object.keys(run)).toEqual(
        expect.arrayContaining(['table', 'task', 'policy', 'repeat', 'fraction', 'budget', 'spent', 'chosen', 'error']),
      )
      expect(run.holdoutError === undefined).toBe(run.table === 'b')
    }
    expect(summary).toHaveLength(4)
    expect(settings).toMatchObject({ seed: 4, fullEvaluations: 5 })
  })

  it('gives the same runs on several threads, in another selection of policies, and for another label', async () => {
    const alone = await runTables(base())
    const parallel = await runTables({ ...base(), jobs: 3 })
    expect(parallel).toEqual(alone)
    const one = await runTables({
      ...base(),
      variants: [variant('capo-racing', 'renamed')],
      fractions: [1],
      repeats: 2,
    })
    const expected = alone.runs
      .filter(({ policy, fraction, repeat }) => policy === 'capo-racing' && fraction === 1 && repeat < 2)
      .map((run) => ({ ...run, policy: 'renamed' }))
    expect(one.runs).toEqual(expected)
    const other = await runTables({ ...base(), seed: 5 })
    expect(other.runs.map(({ chosen }) => chosen)).not.toEqual(alone.runs.map(({ chosen }) => chosen))
  })

  it('continues a result file: what is there is kept, what is missing is run', async () => {
    const resultFile = join(directory, 'results.json.gz')
    const first = await runTables({ ...base(), variants: [variant('triple-sh')], repeats: 2, resultFile })
    const seen: BenchProgress[] = []
    const more = await runTables({ ...base(), resultFile, onProgress: (progress) => seen.push(progress) })
    expect(seen[0]).toEqual({ stage: 'continuing', done: first.runs.length, total: 24 })
    expect(seen.at(-1)).toMatchObject({ stage: 'running', done: 24 - first.runs.length, total: 24 - first.runs.length })
    expect(more).toEqual(await runTables(base()))
    expect(await readResults(resultFile)).toEqual(more)
    const again: BenchProgress[] = []
    await runTables({ ...base(), resultFile, onProgress: (progress) => again.push(progress) })
    expect(again).toEqual([{ stage: 'continuing', done: 24, total: 24 }])
  })

  it('keeps what is finished when it is interrupted, and goes on to the same end', async () => {
    for (const jobs of [1, 2]) {
      const resultFile = join(directory, `interrupted-${jobs}.json`)
      const abort = new AbortController()
      const onProgress = ({ stage, done }: BenchProgress) => {
        if (stage === 'running' && done >= 4) abort.abort()
      }
      const run = runTables({ ...base(), jobs, resultFile, signal: abort.signal, onProgress })
      await expect(run).rejects.toMatchObject({ code: 'interrupted' })
      const partial = await readResults(resultFile)
      expect(partial.runs.length).toBeGreaterThanOrEqual(4)
      expect(partial.runs.length).toBeLessThan(24)
      expect(await runTables({ ...base(), resultFile })).toEqual(await runTables(base()))
    }
  })

  it.each<[string, Partial<BenchTablesOptions>]>([
    ['seed 4, now 9', { seed: 9 }],
    ['5 full evaluations, now 6', { fullEvaluations: 6 }],
    ['other settings of capo-racing', { variants: [variant('capo-racing', 'capo-racing', { alpha: 0.1 })] }],
  ])('refuses to continue another experiment: %s', async (message, change) => {
    const resultFile = join(directory, 'settled.json')
    await runTables({ ...base(), resultFile })
    const before = await readFile(resultFile, 'utf8')
    const run = runTables({ ...base(), ...change, resultFile })
    await expect(run).rejects.toMatchObject({ code: 'conflict', where: resultFile })
    await expect(run).rejects.toThrow(message)
    expect(await readFile(resultFile, 'utf8')).toBe(before)
  })

  it('refuses a table that changed, and a damaged result file', async () => {
    const resultFile = join(directory, 'changed.json')
    const file = await write('changing.json', tableDocument(['0101', '0111']))
    const options = { ...base(), files: [file], resultFile }
    await runTables(options)
    await write('changing.json', tableDocument(['0101', '0110']))
    await expect(runTables(options)).rejects.toThrow('another table changing')
    await writeFile(resultFile, '{"runs": [')
    await expect(runTables(options)).rejects.toMatchObject({ code: 'invalid-input', where: resultFile })
    await writeFile(resultFile, '{"runs": [{"table": 1}], "summary": []}')
    await expect(runTables(options)).rejects.toThrow('runs.0.table')
  })

  it('refuses a budget of nothing before it runs anything', async () => {
    const seen: BenchProgress[] = []
    const run = runTables({ ...base(), fractions: [1, 0.001], onProgress: (progress) => seen.push(progress) })
    await expect(run).rejects.toMatchObject({ code: 'budget' })
    expect(seen).toEqual([])
  })

  it('rounds budgets down, but not because of binary fractions', async () => {
    const options = { ...base(), variants: [variant('triple-sh')], repeats: 1 }
    const budgets = async (change: Partial<BenchTablesOptions>) =>
      (await runTables({ ...options, ...change })).runs.map(({ budget }) => budget)
    // 5 × 20 × 0.29 = 28.999999999999996 in binary.
    expect(await budgets({ fractions: [0.29] })).toEqual([29, 29])
    expect(await budgets({ fractions: [0.019] })).toEqual([1, 1])
  })

  it('refuses unknown policies and settings', async () => {
    await expect(runTables({ ...base(), variants: [variant('nobody')] })).rejects.toThrow('unknown policy "nobody"')
    await expect(runTables({ ...base(), variants: [variant('hbbops', 'x', { minimumExamples: 0 })] })).rejects.toThrow(
      'minimumExamples',
    )
  })

  it('records what a policy said about its choice when asked to', async () => {
    const { runs } = await runTables({ ...base(), variants: [variant('triple-sh')], repeats: 1, details: true })
    for (const { details, error } of runs) {
      expect(details!.seconds).toBeGreaterThanOrEqual(0)
      expect(details!.interval[0]).toBeLessThanOrEqual(details!.mean!)
      expect(details!.interval[1]).toBeGreaterThanOrEqual(details!.mean!)
      expect(error === 0 || details!.trueMean! < 1).toBe(true)
    }
  })
})
