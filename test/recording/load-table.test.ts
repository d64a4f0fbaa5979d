import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { KrigeError } from '../../src/errors.ts'
import { findTables } from '../../src/recording/find-tables.ts'
import { loadTable, readTable } from '../../src/recording/load-table.ts'
import { cellOf } from '../../src/recording/table.ts'
import { tableDocument } from '../bench/tables/small-tables.ts'

const document = tableDocument(['0110', [0.25, null, 1, 0]], { holdout: 1, task: 'größe 😀' })
let directory = ''

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, content)
  return path
}

function messageFor(change: Record<string, unknown>): string {
  try {
    readTable({ ...document, ...change }, 't', 'dir/t.json')
  } catch (error) {
    if (!KrigeError.isInstance(error)) throw error
    expect(error.code).toBe('invalid-input')
    expect(error.where).toBe('dir/t.json')
    expect(error.remedy).toBeTruthy()
    return error.message
  }
  throw new Error('nothing was thrown')
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'krige-tables-'))
})

describe('loadTable', () => {
  it.each(['plain.json', 'packed.json.gz'])('reads %s', async (name) => {
    const text = JSON.stringify(document)
    const table = await loadTable(await file(name, name.endsWith('.gz') ? gzipSync(text) : text))
    expect(table).toMatchObject({ task: 'größe 😀', searchExamples: 3, holdoutExamples: 1 })
    expect(table.name).toBe(name.split('.')[0])
    expect([...table.scores]).toEqual([0, 1, 1, 0, 0.25, Number.NaN, 1, 0])
    expect(cellOf(table, 1, 2)).toBe(1)
  })

  it('accepts a byte order mark and a gzip file without its extension', async () => {
    const path = await file('marked.json', gzipSync(`\uFEFF${JSON.stringify(document)}`))
    await expect(loadTable(path)).resolves.toMatchObject({ name: 'marked' })
  })

  it.each([
    ['absent.json', undefined, 'cannot be read'],
    ['empty.json', '', 'not JSON'],
    ['cut.json.gz', gzipSync(JSON.stringify(document)).subarray(0, 40), 'gzip data is damaged'],
    ['array.json', '[]', 'the document'],
  ])('refuses %s', async (name, content, message) => {
    const path = content === undefined ? join(directory, name) : await file(name, content)
    await expect(loadTable(path)).rejects.toMatchObject({ code: 'invalid-input', where: path })
    await expect(loadTable(path)).rejects.toThrow(message)
  })

  it('tells tables of one name but other contents apart', () => {
    const again = (change: Record<string, unknown>) => readTable({ ...document, ...change }, 't', 't').fingerprint
    expect(again({})).toBe(again({ provenance: { model: 'x' } }))
    for (const provenance of ['by hand', null, { recorded: 7 }, { recorded: { evaluator: 'e' } }])
      expect(again({ provenance })).toBe(again({}))
    expect(again({})).not.toBe(again({ scores: ['0111', [0.25, null, 1, 0]] }))
    expect(again({})).not.toBe(again({ holdout: 2 }))
  })
})

describe('readTable says what is wrong and where', () => {
  it.each([
    [{ format: 'table/2' }, 'format'],
    [{ examples: 0 }, 'examples'],
    [{ prompts: [] }, 'prompts'],
    [{ prompts: [{ id: 'a' }, { id: 'b', text: '' }] }, 'prompts[0]: expected "text" or "slots"'],
    [{ scores: ['0110'] }, 'scores has 1 rows; expected 2'],
    [{ scores: ['0110', '011'] }, 'scores[1] has 3 cells; expected 4'],
    [{ scores: ['0110', '0120'] }, 'scores[1]'],
    [{ scores: ['0110', [0, 1, 1.5, 0]] }, 'scores[1]'],
    [{ scores: ['0110', [0, 1, -0.1, 0]] }, 'scores[1]'],
    [{ holdout: 4 }, 'holdout is 4; expected fewer than the 4 examples'],
    [{ holdout: -1 }, 'holdout'],
    [{ exampleTexts: ['one'] }, 'exampleTexts has 1 entries; expected 4'],
    [
      { prompts: ['a', 'a'].map((id) => ({ id, text: 'x' })) },
      'prompts[1].id is "a", as is prompts[0].id; expected distinct ids',
    ],
  ])('%j', (change, message) => {
    expect(messageFor(change)).toContain(message)
  })
})

describe('findTables', () => {
  it('lists a directory in order and refuses two tables of one name', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'krige-find-'))
    for (const name of ['b.json.gz', 'a.json', 'README.md']) await writeFile(join(folder, name), '{}')
    await expect(findTables([folder])).resolves.toEqual([join(folder, 'a.json'), join(folder, 'b.json.gz')])
    await expect(findTables([join(folder, 'a.json'), folder])).resolves.toHaveLength(2)
    await writeFile(join(folder, 'a.json.gz'), '{}')
    await expect(findTables([folder])).rejects.toThrow('two tables are called "a"')
  })

  it('refuses what is not there and a directory without tables', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'krige-none-'))
    await expect(findTables([folder])).rejects.toMatchObject({ code: 'invalid-input', where: folder })
    await expect(findTables([join(folder, 'x')])).rejects.toMatchObject({ code: 'invalid-input' })
  })
})
