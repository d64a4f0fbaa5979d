import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { streamDocument } from '../bench/streams/small-streams.ts'
import { bernoulliRows, tableDocument } from '../bench/tables/small-tables.ts'
import { krigeWith } from '../support/krige-here.ts'

let directory = ''
let table = ''

const krige = (...args: readonly string[]) =>
  krigeWith({ KRIGE_CACHE: join(directory, 'cache') }, process.cwd(), 'bench', ...args)

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'krige-cli-bench-'))
  table = join(directory, 'small.json')
  await writeFile(table, JSON.stringify(tableDocument(bernoulliRows([0.1, 0.4, 0.6, 0.9], 12), { holdout: 2 })))
})

describe('krige bench functions', () => {
  it('writes regrets that never rise, and compare reads them', async () => {
    const files = ['one.json', 'two.json'].map((name) => join(directory, name))
    for (const [index, json] of files.entries()) {
      const args = ['functions', 'branin', '--sampler', index === 0 ? 'random,tpe' : 'random', '--evaluations', '12']
      const { code, stdout } = await krige(...args, '--repeats', '2', '--json', json)
      expect(code).toBe(0)
      expect(stdout).toMatch(/branin +random +12/)
    }
    const { runs } = JSON.parse(await readFile(files[0]!, 'utf8'))
    expect(runs).toHaveLength(4)
    for (const { regret, askMilliseconds } of runs) {
      expect(regret).toHaveLength(12)
      expect(askMilliseconds).toHaveLength(12)
      for (let at = 1; at < 12; at++) expect(regret[at]).toBeLessThanOrEqual(regret[at - 1])
      expect(regret[11]).toBeGreaterThanOrEqual(0)
    }
    const { code, stdout } = await krige('compare', ...files)
    expect(code).toBe(0)
    expect(stdout).toMatch(/random \(one\)[\s\S]*random \(two\)/)
    expect((await krige('functions', 'nowhere')).code).toBe(2)
  })
})

describe('krige bench tables', () => {
  it('prints a summary on stdout, progress on stderr, and writes the runs', async () => {
    const json = join(directory, 'out.json')
    const args = ['tables', table, '--policy', 'triple-sh,capo-racing', '--full-evaluations', '3']
    const { code, stdout, stderr } = await krige(...args, '--fractions', '0.5,1', '--repeats', '2', '--json', json)
    expect(code).toBe(0)
    expect(stdout).toMatch(/policy +budget × 0.5 +budget × 1\n/)
    expect(stdout).toContain('holdout')
    expect(stderr).toContain('8 of 8 runs')
    const { runs, summary } = JSON.parse(await readFile(json, 'utf8'))
    expect(runs).toHaveLength(8)
    expect(summary).toHaveLength(4)
    expect(Object.keys(runs[0]).sort()).toEqual(
      ['budget', 'chosen', 'error', 'fraction', 'holdoutError', 'policy', 'repeat', 'spent', 'table', 'task'].sort(),
    )
    const compared = await krige(
      'compare',
      json,
      '--html',
      join(directory, 'c.html'),
      '--svg',
      join(directory, 'c.svg'),
    )
    expect(compared.code).toBe(0)
    expect(compared.stdout).toContain('Budget × 1')
    expect(await readFile(join(directory, 'c.html'), 'utf8')).toContain('<!doctype html>')
  })

  it('says what is wrong, where, and what to do', async () => {
    const cases: [number, RegExp, readonly string[]][] = [
      [2, /no policy is given[\s\S]*--policy/, ['tables', table]],
      [2, /unknown policy "nobody"\n {2}Known policies: krige/, ['tables', table, '--policy', 'nobody']],
      [2, /absent\.json: no such file/, ['tables', 'absent.json', '--policy', 'random']],
      [2, /--repeats is "0"/, ['tables', table, '--policy', 'random', '--repeats', '0']],
      [2, /--fractions is "x"/, ['tables', table, '--policy', 'random', '--fractions', '1,x']],
      [3, /leaves no evaluation/, ['tables', table, '--policy', 'random', '--fractions', '0.001']],
      [2, /folder .* does not exist/, ['tables', table, '--policy', 'random', '--json', 'no/such/folder/x.json']],
      [2, /cannot be read/, ['compare', 'absent.json']],
    ]
    const outcomes = await Promise.all(cases.map(([, , args]) => krige(...args)))
    for (const [index, [code, message]] of cases.entries()) {
      expect(outcomes[index]!.stderr).toMatch(message)
      expect(outcomes[index]!.code).toBe(code)
      expect(outcomes[index]!.stdout).toBe('')
    }
  })

  it('shows examples in its help', async () => {
    for (const command of ['tables', 'functions', 'compare']) {
      const { code, stdout } = await krige(command, '--help')
      expect(code).toBe(0)
      expect(stdout).toContain('Examples:')
    }
  })
})

describe('krige bench stream', () => {
  it('prints a summary, and writes the runs in the agreed form', async () => {
    const file = join(directory, 'run.json')
    await writeFile(file, JSON.stringify(streamDocument(36)))
    const json = join(directory, 'stream.json')
    const { code, stdout, stderr } = await krige('stream', file, '--embedder', 'none', '--repeats', '2', '--json', json)
    expect(stderr).toContain('2 of 2 runs')
    expect(code).toBe(0)
    expect(stdout).toMatch(/krige +\d+\.\d%/)
    const { runs } = JSON.parse(await readFile(json, 'utf8'))
    expect(runs).toHaveLength(2)
    expect(Object.keys(runs[0])).toEqual([
      'stream',
      'policy',
      'repeat',
      'cells',
      'cellsSpent',
      'cellsToMatch',
      'matched',
      'rankCorrelation',
      'coverage',
    ])
  })

  it.each([
    [['nowhere.json'], 'stream/1'],
    [['small.json'], 'format'],
    [['small.json', '--policy', 'nobody'], 'unknown policy "nobody"'],
    [['small.json', '--repeats', '0'], '--repeats'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await krige('stream', ...args.map((arg) => (arg === 'small.json' ? table : arg)))
    expect(code).toBe(2)
    expect(stderr).toContain(message)
  })
})
