import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { exportJsonLines, importJsonLines } from '../../src/store/jsonl.ts'
import { openStore, storeLocation } from '../../src/store/open-store.ts'
import { isPostgres, parsePostgresAddress } from '../../src/store/postgres/address.ts'
import { namesOf } from '../../src/store/postgres/left-behind.ts'
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts'
import type { Store } from '../../src/store/store.ts'
import { createStudy, restoreStudy } from '../../src/study/create-study.ts'
import type { StudyEvent } from '../../src/study/events.ts'
import { storeConformance } from '../../src/testing/store-conformance.ts'
import { PASSWORD, type PostgresServer, startPostgres } from '../support/postgres.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server?.close())
const cleanups: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const open = async (address: string, options?: Parameters<typeof openPostgresStore>[1]): Promise<Store> => {
  const store = await openPostgresStore(address, options)
  cleanups.push(() => store.close())
  return store
}

/** Runs statements as another client would. */
async function query(address: string, text: string, values: unknown[] = []) {
  const client = new pg.Client({ connectionString: address })
  await client.connect()
  try {
    return (await client.query(text, values)).rows
  } finally {
    await client.end()
  }
}

const events = (): StudyEvent[] =>
  createStudy({ name: 'sample', pool: ['A.', 'B.'], exampleCount: 3, policy: 'random' }).drain()

async function collect<Item>(items: AsyncIterable<readonly Item[]>): Promise<Item[]> {
  const collected: Item[] = []
  for await (const some of items) collected.push(...some)
  return collected
}

describe('a postgres store', () => {
  for (const { name, run } of storeConformance(() => openPostgresStore(server.database()))) it(name, run)

  it('survives the death of its server, in the middle of an append or not', async () => {
    const address = server.database()
    const store = await open(address)
    const lease = await store.acquire('a')
    await lease.append(events())
    server.stop('immediate')
    await expect(lease.append(events())).rejects.toMatchObject({
      code: 'unavailable',
      remedy: expect.stringContaining('resumes where it stopped'),
    })
    server.start()
    const again = await (await open(address)).acquire('a')
    await again.append([{ v: 1, type: 'budget', budget: {} }])
    const all = (await collect((await open(address)).read('a'))).flatMap((batch) => batch.events)
    expect(all).toEqual([...events(), { v: 1, type: 'budget', budget: {} }])
  })

  it('lets a study be taken over the moment its holder is gone, and stops the old holder', async () => {
    const address = server.database()
    const first = await open(address)
    const second = await open(address)
    const lease = await first.acquire('a')
    await lease.append(events())
    await expect(second.acquire('a')).rejects.toThrow(`pid ${process.pid}`)
    // As when the machine of the holder is cut off.
    await query(address, `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'`)
    // The server ends a connection a moment after it was told to.
    const taken = await vi.waitFor(() => second.acquire('a'), { timeout: 10_000 })
    await expect(lease.append(events())).rejects.toThrow('taken over by another process')
    await expect(lease.append([], [{ action: 1, position: 0, trace: { calls: [] } }])).rejects.toThrow('taken over')
    await lease.release()
    await expect(first.acquire('a')).rejects.toThrow('being written')
    await taken.append([{ v: 1, type: 'budget', budget: {} }])
    await taken.release()
    await first.acquire('a')
  })

  it('keeps a study whose connection broke for a moment', async () => {
    const address = server.database()
    const store = await open(address, { heartbeat: 20 })
    const lease = await store.acquire('a')
    await query(address, `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'`)
    const held = async () => (await query(address, `select 1 from pg_locks where locktype = 'advisory'`)).length > 0
    await expect.poll(held, { timeout: 5_000 }).toBe(true)
    await expect((await open(address)).acquire('a')).rejects.toThrow('being written')
    await lease.append(events())
  })

  it('is free again as soon as a process that wrote was killed', async () => {
    const address = server.database()
    const source = `
      import { openPostgresStore } from ${JSON.stringify(join(import.meta.dirname, '../../src/store/postgres/postgres-store.ts'))}
      const lease = await (await openPostgresStore(process.env.ADDRESS)).acquire('a')
      await lease.append([{ v: 1, type: 'budget', budget: {} }])
      process.stdout.write('written')`
    const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
      env: { ...process.env, ADDRESS: address },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise((resolve) => child.stdout.once('data', resolve))
    const store = await open(address)
    await expect(store.acquire('a')).rejects.toThrow(`pid ${child.pid}`)
    child.kill('SIGKILL')
    await expect.poll(() => store.acquire('a').then(() => 'taken', String), { timeout: 10_000 }).toBe('taken')
    expect(await collect(store.read('a'))).toHaveLength(1)
  })

  it('is written by one of many that want to at once', async () => {
    const address = server.database()
    const stores = await Promise.all(Array.from({ length: 6 }, () => open(address)))
    const leases = (await Promise.allSettled(stores.map((store) => store.acquire('a')))).filter(
      ({ status }) => status === 'fulfilled',
    )
    expect(leases).toHaveLength(1)
  })

  it('exports the same file as SQLite does, byte by byte', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'krige-export-'))
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
    const stores = [await open(server.database()), await openStore(join(folder, 'studies.db'))]
    cleanups.push(() => stores[1]!.close())
    const call = { role: 'task', model: 'm', prompt: 'Ä 😀 \u0000', text: 'bug', cached: false } as const
    const usage = { inputTokens: 3, outputTokens: 1 }
    const files: string[] = []
    for (const store of stores) {
      const lease = await store.acquire('tickets')
      await lease.append(events(), [], 1_790_000_000_123)
      const study = restoreStudy(events())
      const { id } = study.ask()
      study.tellCell(id, 0, { score: 1 / 3 }, { traced: true })
      const record = { action: id, position: 0, candidate: 0, example: 0, trace: { calls: [{ ...call, usage }] } }
      await lease.append(study.drain(), [record], 1_790_000_000_456)
      await lease.release()
      let file = ''
      for await (const piece of exportJsonLines(store, 'tickets')) file += piece
      files.push(file)
    }
    expect(files[0]).toBe(files[1])
    expect(files[0]!.split('\n').length).toBeGreaterThan(5)
    expect(await importJsonLines(stores[1]!, 'copy', exportJsonLines(stores[0]!, 'tickets'))).toBe(4)
    let copy = ''
    for await (const piece of exportJsonLines(stores[1]!, 'copy')) copy += piece
    expect(copy).toBe(files[0])
  })

  it('names the damaged place', async () => {
    const address = server.database()
    const store = await open(address)
    const lease = await store.acquire('a')
    await lease.append(events())
    await lease.append([{ v: 1, type: 'budget', budget: { calls: 1 } }])
    await query(address, `update krige.batches set payload = replace(payload, '"calls":1', '"calls":9')`)
    await expect(collect(store.read('a'))).rejects.toThrow(`at or before event ${events().length}`)
  })

  it('is read without a write, and refuses to be written then', async () => {
    const address = server.database()
    await expect(openPostgresStore(address, { readOnly: true })).rejects.toThrow('there is no store at postgres://')
    expect(await query(address, `select 1 from pg_namespace where nspname = 'krige'`)).toEqual([])
    const lease = await (await open(address)).acquire('a')
    await lease.append(events())
    const reader = await open(address, { readOnly: true })
    expect(await collect(reader.read('a'))).toHaveLength(1)
    expect(await reader.check()).toEqual([])
    await expect(reader.acquire('b')).rejects.toThrow('read-only')
  })

  it('refuses tables of a newer version, of another migration, and of another program', async () => {
    const newer = server.database()
    await (await openPostgresStore(newer)).close()
    await query(newer, `insert into krige.migrations values (3, 'x')`)
    await expect(openPostgresStore(newer)).rejects.toThrow('schema version 3 is newer')
    await query(newer, `delete from krige.migrations where version = 3`)
    await query(newer, `update krige.migrations set checksum = 'x' where version = 1`)
    await expect(openPostgresStore(newer)).rejects.toThrow('version 1 were made by something else')
    const foreign = server.database()
    await query(foreign, 'create schema krige')
    await query(foreign, 'create table krige.accounts (id integer)')
    await expect(openPostgresStore(foreign)).rejects.toThrow('belongs to another program')
  })

  it('makes its tables once, however many open it first', async () => {
    const address = server.database()
    await Promise.all(Array.from({ length: 8 }, () => open(address)))
    expect(await query(address, 'select version from krige.migrations')).toEqual([{ version: 1 }, { version: 2 }])
  })

  it('brings tables of an earlier version forward, and reads what is in them', async () => {
    const address = server.database()
    const lease = await (await open(address)).acquire('a')
    await lease.append(events())
    await lease.release()
    await query(address, 'drop table krige.jobs, krige.workers, krige.messages')
    await query(address, 'delete from krige.migrations where version = 2')
    await expect(openPostgresStore(address, { readOnly: true })).rejects.toThrow('the tables are of version 1')
    expect(await collect((await open(address)).read('a'))).toHaveLength(1)
    expect(await query(address, 'select count(*)::integer as count from krige.messages')).toEqual([{ count: 0 }])
  })

  it('deletes what an interrupted run left in the queue and the mailbox', async () => {
    const address = server.database()
    const store = await open(address)
    for (const name of ['a', 'b']) await (await store.acquire(name)).release()
    await query(address, 'create schema krige_jobs')
    await query(address, 'create table krige_jobs.job (name text)')
    for (const name of ['a', 'b']) {
      const { queue, dead, mailbox } = namesOf(name)
      await query(address, 'insert into krige_jobs.job values ($1), ($2)', [queue, dead])
      await query(address, "insert into krige.messages (recipient, body) values ($1, '{}')", [mailbox])
      await query(address, "insert into krige.jobs values ($1, $2, '', '', null)", [queue, name])
    }
    await store.delete('a')
    const left =
      'select (select count(*) from krige_jobs.job)::integer as cells, (select count(*) from krige.messages)::integer as letters, (select count(*) from krige.jobs)::integer as jobs'
    expect(await query(address, left)).toEqual([{ cells: 2, letters: 1, jobs: 1 }])
  })
})

describe('an address of PostgreSQL', () => {
  it('is shown without its password, wherever that stands', async () => {
    for (const [address, location] of [
      [`postgres://me:${encodeURIComponent(PASSWORD)}@db.example.com:5433/x`, 'postgres://me@db.example.com:5433/x'],
      ['postgresql://db/x?password=geheim&sslmode=require&user=me', 'postgres://db/x'],
      ['postgres:///x?host=/tmp/socket&password=geheim', 'postgres:///x?host=/tmp/socket'],
    ] as const) {
      expect(storeLocation(address)).toBe(location)
      expect(isPostgres(address)).toBe(true)
    }
    for (const address of ['postgres://me:geheim@db', 'postgres://me:geh/eim@db/x', 'postgres://me:geheim@db:port/x']) {
      const refused = () => parsePostgresAddress(address)
      expect(refused).toThrow('the address of the store')
      expect(refused).not.toThrow('geh')
    }
    expect(isPostgres('postgres.db')).toBe(false)
  })

  it('leads to an error that says what to do, and shows no secret', async () => {
    const good = server.database()
    const wrong = good.replace(encodeURIComponent(PASSWORD), 'Falsches-Geheimnis')
    for (const [address, message] of [
      [wrong, 'refuses the user or password'],
      [good.replace(/studies_\d+/, 'nowhere'), 'there is no such database'],
      [good.replace(String(server.port), '1'), 'cannot be reached'],
    ] as const) {
      const error = await openStore(address).then(
        () => undefined,
        (error) => error,
      )
      expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining(message) })
      expect(error.remedy).toBeTruthy()
      for (const secret of [PASSWORD, encodeURIComponent(PASSWORD), 'Falsches-Geheimnis']) {
        expect(JSON.stringify([error.message, error.where, error.remedy, String(error.cause)])).not.toContain(secret)
      }
    }
  })
})
