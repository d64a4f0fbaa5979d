import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { labelMatch } from '../../src/evaluation/metrics/label-match.ts'
import { createTemplateEvaluator } from '../../src/evaluation/template-evaluator.ts'
import { loadTable, readTable } from '../../src/recording/load-table.ts'
import { type RecordTableOptions, recordTable } from '../../src/recording/record-table.ts'
import { tableSchema } from '../../src/recording/table-schema.ts'
import { defineTask } from '../../src/task/define-task.ts'
import { tableDocument } from '../bench/tables/small-tables.ts'
import { startKrige } from '../support/krige-cli.ts'
import { krige } from '../support/krige-here.ts'
import { createScriptedModel } from '../support/scripted-model.ts'

let folder: string
let partialFile: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'krige-record-'))
  partialFile = join(folder, 'table.partial.jsonl')
  return () => rmSync(folder, { recursive: true, force: true })
})

const examples = Array.from({ length: 12 }, (_, index) => ({
  id: `e${index}`,
  input: `Ticket ${index}`,
  expected: index % 3 === 0 ? 'bug' : 'billing',
}))
const task = defineTask({
  name: 'demo',
  examples,
  prompts: Array.from({ length: 5 }, (_, index) => ({ id: `p${index}`, text: `Prompt ${index}.` })),
  baseline: { id: 'p3' },
  metric: 'label-match',
  model: 'gguf:none',
  template: '{{prompt}}\n{{input}}',
})

/** Prompt 0 always says bug, prompt 1 fails on ticket 4, others say billing. */
const model = () =>
  createScriptedModel(({ prompt }) => {
    if (prompt.startsWith('Prompt 1.') && prompt.endsWith('Ticket 4'))
      return { kind: 'bad-request', message: 'refused' }
    return prompt.startsWith('Prompt 0.') ? 'bug' : 'billing'
  })

function setUp(options: Partial<RecordTableOptions> = {}) {
  const scripted = model()
  const evaluator = createTemplateEvaluator({
    template: task.template!,
    model: scripted,
    metric: labelMatch(task.labels),
    sampling: task.sampling,
  })
  const record = () =>
    recordTable({ task, evaluator, model: 'scripted', partialFile, provenance: { date: '2026-11-22' }, ...options })
  return { scripted, record }
}

describe('recordTable', () => {
  it('has search columns first, holdout last, and null where a call failed', async () => {
    const { record } = setUp()
    const table = await record()
    expect(tableSchema.parse(table).holdout).toBe(8)
    const columns = [...task.split.search, ...task.split.holdout]
    expect(table.exampleTexts).toEqual(columns.map((index) => `Ticket ${index}`))
    expect(table.scores[0]).toBe(columns.map((index) => (index % 3 === 0 ? 1 : 0)).join(''))
    expect(table.scores[1]).toEqual(columns.map((index) => (index === 4 ? null : index % 3 === 0 ? 0 : 1)))
    expect(table.provenance).toMatchObject({ date: '2026-11-22', failures: 1, split: 1 })
  })

  it('takes a part, with the baseline in it', async () => {
    const { record, scripted } = setUp({ examples: 5, holdout: 2, prompts: 2 })
    const table = await record()
    expect(table.prompts).toHaveLength(2)
    expect(table.prompts.map((prompt) => prompt.id)).toContain('p3')
    expect([table.examples, table.holdout]).toEqual([5, 2])
    expect(scripted.requests).toHaveLength(10)
    await expect(setUp({ examples: 12, holdout: 12 }).record()).rejects.toMatchObject({ code: 'budget' })
  })

  it('goes on where it was interrupted, and measures nothing twice', async () => {
    const controller = new AbortController()
    const first = setUp({ signal: controller.signal, onProgress: ({ done }) => done === 20 && controller.abort() })
    await expect(first.record()).rejects.toMatchObject({ code: 'interrupted' })
    // A kill while writing leaves half a line.
    appendFileSync(partialFile, '{"p":4,"e":1,"s"')
    const second = setUp()
    const table = await second.record()
    expect(first.scripted.requests.length + second.scripted.requests.length).toBeLessThanOrEqual(60 + 4)
    expect(second.scripted.requests.length).toBeLessThanOrEqual(40)
    rmSync(partialFile)
    expect(table).toEqual(await setUp().record())
  })

  it('refuses a partial file of another recording', async () => {
    await setUp().record()
    await expect(setUp({ examples: 4 }).record()).rejects.toMatchObject({ code: 'conflict' })
    writeFileSync(partialFile, 'my notes\n')
    await expect(setUp().record()).rejects.toMatchObject({ code: 'conflict' })
    expect(readFileSync(partialFile, 'utf8')).toBe('my notes\n')
  })

  it('takes what an earlier recording has, and measures the rest and what failed', async () => {
    const small = readTable(await setUp({ prompts: 2, examples: 6, holdout: 3 }).record(), 'small', 'small.json')
    rmSync(partialFile)
    const { scripted, record } = setUp({ from: small })
    const table = await record()
    rmSync(partialFile)
    const whole = await setUp().record()
    expect(table.scores).toEqual(whole.scores)
    expect(scripted.requests).toHaveLength(60 - 12)
    rmSync(partialFile)
    const again = setUp({ from: readTable(whole, 'whole', 'whole.json') })
    expect((await again.record()).scores).toEqual(whole.scores)
    expect(again.scripted.requests.map(({ prompt }) => prompt)).toEqual(['Prompt 1.\nTicket 4'])
  })

  it('measures anew what is asked of an example now, and prompts of another text or name', async () => {
    const from = readTable(await setUp().record(), 'whole', 'whole.json')
    rmSync(partialFile)
    const changed = {
      ...task,
      examples: task.examples.map((one, index) => (index === 3 ? { ...one, expected: 'billing' } : one)),
      pool: task.pool.map((one, index) => (index === 4 ? { ...one, id: 'p9' } : one)),
    }
    const { scripted, record } = setUp({ from, task: changed })
    await record()
    const asked = scripted.requests.map(({ prompt }) => prompt)
    expect(asked.filter((prompt) => prompt.endsWith('Ticket 3'))).toHaveLength(5)
    expect(asked.filter((prompt) => prompt.startsWith('Prompt 4.'))).toHaveLength(12)
    // And the cell that had failed.
    expect(asked).toHaveLength(5 + 12 - 1 + 1)
  })

  it('refuses an earlier recording by another evaluator, or by one it does not name', async () => {
    const table = readTable(await setUp().record(), 'small', 'small.json')
    rmSync(partialFile)
    const { recorded, ...unnamed } = table
    for (const from of [{ ...table, recorded: { ...recorded!, evaluator: 'another' } }, unnamed]) {
      const { scripted, record } = setUp({ from })
      await expect(record()).rejects.toMatchObject({ code: 'conflict' })
      expect(scripted.requests).toEqual([])
    }
  })

  it('stops at once when the model cannot work at all', async () => {
    const scripted = createScriptedModel(() => ({ kind: 'authentication', message: 'bad key' }))
    const evaluator = createTemplateEvaluator({
      template: task.template!,
      model: scripted,
      metric: labelMatch(task.labels),
      sampling: task.sampling,
    })
    await expect(recordTable({ task, evaluator, model: 'scripted', partialFile, provenance: {} })).rejects.toThrow(
      'bad key',
    )
    expect(scripted.requests.length).toBeLessThanOrEqual(4)
  })
})

describe('krige bench record', () => {
  it('records a program, is killed, resumes, and writes a table that loads', async () => {
    writeFileSync(join(folder, 'examples.jsonl'), examples.map((example) => JSON.stringify(example)).join('\n'))
    writeFileSync(
      join(folder, 'program.mjs'),
      `export default async (candidate, example) => {
        await new Promise((resolve) => setTimeout(resolve, 30))
        return (candidate.text.length + example.input.length) % 2
      }`,
    )
    writeFileSync(
      join(folder, 'task.yaml'),
      'name: demo\nexamples: examples.jsonl\nevaluate: ./program.mjs\nprompts: [One., Two now., Three of them., Four.]\n',
    )
    const args = ['bench', 'record', 'task.yaml', '--out', 'demo.json.gz', '--json']
    const killed = startKrige(folder, args)
    const partial = join(folder, 'demo.json.gz.partial.jsonl')
    const lines = () => {
      try {
        return readFileSync(partial, 'utf8').split('\n').length
      } catch {
        return 0
      }
    }
    while (lines() < 10 && killed.child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 10))
    killed.child.kill('SIGKILL')
    await killed.done
    const before = lines()
    expect(before).toBeLessThan(49)
    const { code, stdout, stderr } = await startKrige(folder, args).done
    expect(code, stderr).toBe(0)
    expect(JSON.parse(stdout)).toEqual({ table: 'demo.json.gz', prompts: 4, examples: 12, holdout: 8 })
    const table = await loadTable(join(folder, 'demo.json.gz'))
    expect([table.prompts.length, table.searchExamples, table.holdoutExamples]).toEqual([4, 4, 8])
    const written = JSON.parse(gunzipSync(readFileSync(join(folder, 'demo.json.gz'))).toString())
    expect(written.provenance.command).toContain('task.yaml --out demo.json.gz')
    expect(lines()).toBe(0)
  })

  it('compares what it measures with an earlier recording, and fails when they disagree', async () => {
    writeFileSync(join(folder, 'examples.jsonl'), examples.map((example) => JSON.stringify(example)).join('\n'))
    writeFileSync(join(folder, 'program.mjs'), 'export default (candidate, example) => example.input.length % 2')
    writeFileSync(
      join(folder, 'task.yaml'),
      'name: demo\nexamples: examples.jsonl\nevaluate: ./program.mjs\nprompts: [One., Two now., Three of them.]\n',
    )
    await krige(folder, 'bench', 'record', 'task.yaml', '--out', 'first.json')
    const again = ['bench', 'record', 'task.yaml', '--out', 'again.json', '--prompts', '2', '--check', 'first.json']
    const same = await krige(folder, ...again)
    expect(same.stdout).toContain('agrees with first.json on 24 of 24 cells (100.0%)')
    expect(same.code).toBe(0)
    writeFileSync(join(folder, 'other.json'), JSON.stringify(tableDocument(['01'], { exampleTexts: ['a', 'b'] })))
    const foreign = await krige(folder, ...again.slice(0, -1), 'other.json')
    expect(foreign.stderr).toMatch(/table other was recorded on 2 search/)
    expect([foreign.code, foreign.stdout]).toEqual([2, ''])
    expect((await krige(folder, ...again.slice(0, -1), 'gone.json')).stderr).toMatch(/gone\.json/)
    writeFileSync(join(folder, 'program.mjs'), 'export default () => 0.5')
    const changed = await krige(folder, ...again, '--json')
    expect(JSON.parse(changed.stdout).agreement).toMatchObject({ prompts: 2, examples: 12, cells: 24, agreeing: 0 })
    expect(changed.stderr).toMatch(/agrees with first\.json on 0 of 24 cells/)
    expect(changed.code).toBeGreaterThan(0)
  })

  it.each([
    ['a folder that is not there', ['task.yaml', '--out', 'nowhere/t.json'], /does not exist/],
    ['a name that is no table', ['task.yaml', '--out', 't.csv'], /\.json/],
    ['a task that is not there', ['gone.yaml', '--out', 't.json'], /gone\.yaml does not exist/],
    ['a number that is none', ['task.yaml', '--out', 't.json', '--examples', 'x'], /--examples/],
  ])('refuses %s', async (_, args, message) => {
    const { code, stderr } = await krige(folder, 'bench', 'record', ...args)
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
  })
})
