import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { translateSqliteError } from '../../src/store/errors.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { openStore } from '../../src/store/open-store.ts'
import { processSpace } from '../../src/store/process-identity.ts'
import { openSqliteStore } from '../../src/store/sqlite-store.ts'
import type { Store } from '../../src/store/store.ts'
import { createStudy } from '../../src/study/create-study.ts'
import type { StudyEvent } from '../../src/study/events.ts'
import { storeConformance } from '../../src/testing/store-conformance.ts'
import { breadthFirst, pool } from '../study/breadth-first.ts'

const folder = mkdtempSync(join(tmpdir(), 'krige-store-'))
const cleanups: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
const newFile = () => join(folder, `${++files}.db`)
const keep = (store: Store): Store => {
  cleanups.push(() => store.close())
  return store
}

const events = (rounds = 3, size = 4): StudyEvent[] => {
  const study = createStudy({ pool: pool(size), policy: breadthFirst, exampleCount: 5, name: 'sample', seed: 3 })
  for (let round = 0; round < rounds; round++) {
    const call = study.reserveCall({ inputTokens: 3, outputTokens: 4, usd: 0.001 })!
    const { id } = study.ask()
    call.settle({ inputTokens: 3, outputTokens: 1, usd: 0.0005 })
    study.tell(id, [round % 2])
  }
  return study.drain()
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = []
  for await (const item of items) collected.push(item)
  return collected
}

const readAll = async (store: Store, name: string) => (await collect(store.read(name))).flat()

describe.each([
  ['memory', () => createMemoryStore()],
  ['sqlite', () => openSqliteStore(newFile(), { heartbeat: 20, expiry: 2000 })],
])('a %s store', (_, open) => {
  for (const { name, run } of storeConformance(open)) it(name, run)
})

describe('the sqlite store', () => {
  it('survives being closed, with many appends', async () => {
    const file = newFile()
    const store = openSqliteStore(file)
    const lease = await store.acquire('a')
    const all = events(400, 200)
    for (let index = 0; index < all.length; index += 2) await lease.append(all.slice(index, index + 2))
    await store.close()
    const again = keep(openSqliteStore(file))
    expect((await readAll(again, 'a')).flatMap((batch) => batch.events)).toEqual(all)
  })

  it('says that it was closed, and what to do', async () => {
    const store = openSqliteStore(newFile())
    const lease = await store.acquire('a')
    await store.close()
    const closed = {
      code: 'unavailable',
      message: 'the store was closed',
      remedy: expect.stringContaining('Open it again'),
    }
    await expect(store.list()).rejects.toMatchObject(closed)
    await expect(store.acquire('a')).rejects.toMatchObject(closed)
    await expect(readAll(store, 'a')).rejects.toMatchObject(closed)
    await expect(lease.append(events())).rejects.toMatchObject(closed)
    await expect(lease.release()).rejects.toMatchObject(closed)
  })

  it('lets a lease be taken over once its holder has been silent too long, and stops the old holder', async () => {
    const file = newFile()
    const silent = keep(openSqliteStore(file, { heartbeat: 60_000, expiry: 30 }))
    const lease = await silent.acquire('a')
    await lease.append(events())
    await new Promise((resolve) => setTimeout(resolve, 60))
    const other = keep(openSqliteStore(file))
    const taken = await other.acquire('a')
    await expect(lease.append(events())).rejects.toThrow('taken over by another process')
    await lease.release()
    await expect(other.acquire('a')).rejects.toThrow('being written')
    await taken.release()
  })

  it('keeps a lease by its heartbeat', async () => {
    const file = newFile()
    const store = keep(openSqliteStore(file, { heartbeat: 10, expiry: 80 }))
    await store.acquire('a')
    await new Promise((resolve) => setTimeout(resolve, 200))
    await expect(keep(openSqliteStore(file)).acquire('a')).rejects.toThrow('being written')
  })

  it('takes over at once from a process that died', async () => {
    const file = newFile()
    const source = `
      import { openSqliteStore } from ${JSON.stringify(join(import.meta.dirname, '../../src/store/sqlite-store.ts'))}
      const lease = await openSqliteStore(${JSON.stringify(file)}).acquire('a')
      await lease.append([{ v: 1, type: 'budget', budget: {} }])
      process.kill(process.pid, 'SIGKILL')`
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', source])
    expect(child.signal, String(child.stderr)).toBe('SIGKILL')
    const store = keep(openSqliteStore(file))
    const lease = await store.acquire('a')
    expect(await readAll(store, 'a')).toHaveLength(1)
    await lease.release()
  })

  it('does not take over from a process that it cannot see: another machine, boot or namespace of process ids', async () => {
    const file = newFile()
    const store = keep(openSqliteStore(file))
    await store.acquire('a')
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(file)
    const [name] = processSpace().split('#')
    for (const host of ['elsewhere', name!, `${name}#another-boot/pid:[1]`]) {
      // No process has this id here.
      database.prepare('update leases set pid = ?, host = ?').run(2 ** 22 + 1, host)
      if (host !== processSpace())
        await expect(store.acquire('a')).rejects.toThrow(`elsewhere on ${host.split('#')[0]}`)
    }
    database.prepare('update leases set host = ?').run(processSpace())
    database.close()
    await store.acquire('a')
  })

  it('is read without a write, and refuses to be written then', async () => {
    const file = newFile()
    const store = openSqliteStore(file)
    await (await store.acquire('a')).append(events())
    await store.close()
    const before = readFileSync(file)
    const reader = openSqliteStore(file, { readOnly: true })
    expect(await readAll(reader, 'a')).toHaveLength(1)
    expect(await reader.check()).toEqual([])
    await expect(reader.acquire('b')).rejects.toThrow('read-only')
    await reader.close()
    expect(readFileSync(file)).toEqual(before)
    expect(() => openSqliteStore(newFile(), { readOnly: true })).toThrow('cannot be opened')
  })

  it('leaves no trace of a deleted study in the file', async () => {
    const file = newFile()
    const store = openSqliteStore(file)
    const lease = await store.acquire('a')
    await lease.append([
      ...events(),
      { v: 1, type: 'candidates', candidates: [{ id: 's', text: 'OUR-SECRET-RECIPE' }] },
    ])
    await lease.release()
    await store.delete('a')
    for (const suffix of ['', '-wal']) {
      const bytes = (() => {
        try {
          return readFileSync(file + suffix, 'latin1')
        } catch {
          return ''
        }
      })()
      expect(bytes).not.toContain('OUR-SECRET-RECIPE')
    }
    await store.close()
  })

  it('refuses a file that is no database, a foreign database and a newer schema', async () => {
    const text = newFile()
    writeFileSync(text, 'this is not a database, but long enough to look like a header of one\n'.repeat(20))
    expect(() => openSqliteStore(text)).toThrow('damaged, or no study file')
    const { DatabaseSync } = await import('node:sqlite')
    const foreign = newFile()
    const database = new DatabaseSync(foreign)
    database.exec('create table t (a)')
    expect(() => openSqliteStore(foreign)).toThrow('belongs to another program')
    expect(() => openSqliteStore(foreign, { readOnly: true })).toThrow('belongs to another program')
    const empty = newFile()
    writeFileSync(empty, '')
    expect(() => openSqliteStore(empty, { readOnly: true })).toThrow('no study was ever stored here')
    database.exec('drop table t; pragma user_version = 99')
    expect(() => openSqliteStore(foreign)).toThrow('schema version 99 is newer')
    database.close()
  })

  it('names the damaged place', async () => {
    const file = newFile()
    const store = keep(openSqliteStore(file))
    const lease = await store.acquire('a')
    await lease.append(events())
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(file)
    database.exec(`update batches set payload = substr(payload, 1, 40)`)
    database.close()
    await expect(readAll(store, 'a')).rejects.toThrow('study a is damaged at or before event 0')
  })

  it('explains a full disk and a read-only file', async () => {
    const { DatabaseSync } = await import('node:sqlite')
    const file = newFile()
    const full = new DatabaseSync(file)
    full.exec('create table t (a); pragma max_page_count = 3')
    const provoke = (work: () => void) => {
      try {
        work()
      } catch (error) {
        return translateSqliteError(error, file)
      }
    }
    expect(provoke(() => full.exec(`insert into t values ('${'x'.repeat(50_000)}')`))).toMatchObject({
      code: 'unavailable',
      message: 'the disk is full',
    })
    full.close()
    const readOnly = new DatabaseSync(file, { readOnly: true })
    expect(provoke(() => readOnly.exec('insert into t values (1)'))).toMatchObject({
      code: 'unavailable',
      message: 'the study file is read-only',
    })
    readOnly.close()
  })

  it('says that a folder cannot be made', () => {
    const file = newFile()
    writeFileSync(file, '')
    for (const readOnly of [false, true]) {
      const open = (path: string) => () => openSqliteStore(path, { readOnly })
      expect(open(join(file, 'inside', 'x.db'))).toThrow(`lies below ${file}, which is no folder`)
      expect(open(join(file, 'x.db'))).toThrow(expect.objectContaining({ code: 'invalid-input' }))
      expect(open(dirname(file))).toThrow('is a folder; expected a file')
    }
  })
})

describe('openStore', () => {
  it('knows its addresses', async () => {
    const file = newFile()
    expect((await openStore('memory:')).location).toBe('memory:')
    for (const address of [file, `sqlite:${file}`, `sqlite://${file}`])
      expect(keep(await openStore(address)).location).toBe(file)
    await expect(openStore('redis://x')).rejects.toMatchObject({
      code: 'invalid-input',
      message: 'there is no store of kind redis',
    })
  })

  it.each(['', ' ', 'sqlite:', 'file:', 'sqlite://', 'sqlite:///', 'file:  ', ':memory:', 'sqlite::memory:'])(
    'refuses %j, which SQLite would take for a database that nobody keeps',
    async (address) => {
      await expect(openStore(address)).rejects.toThrow('which names no file')
    },
  )
})
