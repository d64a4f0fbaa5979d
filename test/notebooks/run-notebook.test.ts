import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readNotebook } from '../../notebooks/notebook-file.ts'
import { outputDrift, sameText } from '../../notebooks/output-drift.ts'
import { runNotebook } from '../../notebooks/run-notebook.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'krige-notebook-'))
  await writeFile(join(directory, 'doubled.ts'), 'export const doubled = (x: number): number => 2 * x\n')
})
afterAll(() => rm(directory, { recursive: true, force: true }))

/** A notebook of a heading and these code cells; returns its path. */
async function notebook(name: string, ...cells: string[]): Promise<string> {
  const path = join(directory, `${name}.ipynb`)
  const code = cells.map((source) => ({ cell_type: 'code', execution_count: null, metadata: {}, outputs: [], source }))
  const content = {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { display_name: 'Deno', name: 'deno' } },
    cells: [{ cell_type: 'markdown', metadata: {}, source: ['# Heading'] }, ...code],
  }
  await writeFile(path, JSON.stringify(content))
  return path
}

async function run(path: string, limitSeconds = 60) {
  return runNotebook(path, await readNotebook(path), { limitSeconds })
}

const runner = (...args: string[]) =>
  spawnSync(process.execPath, ['notebooks/run.ts', ...args], { encoding: 'utf8', timeout: 60_000 })

describe('runNotebook', () => {
  it('keeps types, imports and declarations from cell to cell, and shows the last value', async () => {
    const path = await notebook(
      'good',
      "import { doubled as twice } from './doubled.ts'\nimport type { Session } from 'node:inspector'\nconst x: number = await Promise.resolve(21)",
      "console.log('x is', x)\ntwice(x)",
      "({ [Symbol.for('Jupyter.display')]: () => ({ 'image/svg+xml': '<svg>\\n</svg>' }) })",
    )
    const { notebook: done, failure } = await run(path)
    expect(failure).toBeUndefined()
    expect(done.cells.map((cell) => (cell.cell_type === 'code' ? cell.outputs : undefined))).toEqual([
      undefined,
      [],
      [
        { output_type: 'stream', name: 'stdout', text: ['x is 21\n'] },
        { output_type: 'execute_result', data: { 'text/plain': ['42'] }, metadata: {}, execution_count: 2 },
      ],
      [
        {
          output_type: 'execute_result',
          data: { 'image/svg+xml': ['<svg>\n', '</svg>'] },
          metadata: {},
          execution_count: 3,
        },
      ],
    ])
  })

  it('names the cell that failed, its line and the error, and runs none after it', async () => {
    const path = await notebook(
      'bad',
      'const a = 1',
      "const b = a\nthrow new RangeError('too far')",
      "console.log('on')",
    )
    const { notebook: done, failure } = await run(path)
    expect(failure?.cell).toBe(3)
    expect(failure?.error).toMatch(/RangeError: too far\n\s+at cell-2\.ts:2/)
    expect(done.cells.at(-1)).toMatchObject({ outputs: [] })
  })

  it.each([
    ['a syntax error', 'const = 1', /./],
    ['a missing export', "import { tripled } from './doubled.ts'", /exports no tripled/],
    ['an exit', 'process.exit(3)', /ended in this cell \(status 3\)/],
    ['a rejected promise', "await Promise.reject(new Error('late'))", /late/],
  ])('%s fails its cell', async (name, source, message) => {
    const { failure } = await run(await notebook(name.replaceAll(' ', '-'), source))
    expect(failure?.cell).toBe(2)
    expect(failure?.error).toMatch(message)
  })

  it('ends a notebook that does not end', async () => {
    const { failure } = await run(await notebook('endless', 'for (;;) {}'), 2)
    expect(failure).toEqual({ cell: 2, error: 'still running after 2 s' })
  })
})

describe('the command', () => {
  it('stores outputs, finds them again, and fails on drift and on errors', async () => {
    const path = await notebook('drift', "console.log('measured', (1 / 3).toFixed(3), 'of 7')")
    expect(runner('--write', path).status).toBe(0)
    expect(runner(path).status).toBe(0)
    await writeFile(path, (await readFile(path, 'utf8')).replace('measured 0.333', 'measured 0.345'))
    const { status, stderr } = runner(path, await notebook('failing', 'nothing.there'))
    expect(status).toBe(1)
    expect(stderr).toContain('stored: measured 0.345 of 7')
    expect(stderr).toContain('now:    measured 0.333 of 7')
    expect(stderr).toContain('failing.ipynb: cell 2 failed: ReferenceError')
  })
})

describe('outputDrift', () => {
  it.each([
    ['regret 0.312', 'regret  0.313', true],
    ['regret 0.312', 'regret 0.314', false],
    ['0.1234567891234', '0.1234567891239', true],
    ['round 3', 'round 4', false],
    ['1.0e-12', '2.0e-12', false],
    ['-0.0 px', '0.0 px', true],
    ['up 0.5', 'down 0.5', false],
    ['1 2', '1 2 3', false],
  ])('%s / %s → %s', (a, b, same) => {
    expect(sameText(a, b)).toBe(same)
  })

  it('sees an output that is gone', async () => {
    const path = await notebook('gone', '1 + 1')
    const { notebook: done } = await run(path)
    expect(outputDrift(done, done)).toEqual([])
    expect(outputDrift(done, await readNotebook(path))).toEqual([{ cell: 2, stored: 'text/plain', now: '(nothing)' }])
  })
})
