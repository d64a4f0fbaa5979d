import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KrigeError } from '../../src/errors.ts'
import { examineStudy } from '../../src/store/doctor.ts'
import { loadStudy } from '../../src/store/load-study.ts'
import { openSqliteStore } from '../../src/store/sqlite-store.ts'
import type { StudyEvent } from '../../src/study/events.ts'
import { startChatServer } from '../support/chat-server.ts'
import { krige, startKrige, taskFolder } from '../support/krige-cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'krige-damage-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const BATCHES = 60
const FIXTURE = join(import.meta.dirname, '../store/fixtures/events-1.jsonl')
const SUFFIXES = ['', '-wal', '-shm'] as const
let copies = 0

/** A study in a file of its own, closed in order or as a killed process leaves it, with its write-ahead log. */
async function storedStudy(name: string, closed: boolean): Promise<{ file: string; events: StudyEvent[] }> {
  const file = join(folder, `${name}.db`)
  const events = readFileSync(FIXTURE, 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const { at: _, ...event } = JSON.parse(line)
      return event as StudyEvent
    })
  const store = openSqliteStore(file)
  const lease = await store.acquire('sample')
  const size = Math.ceil(events.length / BATCHES)
  for (let at = 0; at < events.length; at += size) await lease.append(events.slice(at, at + size))
  if (!closed) {
    const killed = join(folder, `${name}-killed.db`)
    copyAll(file, killed)
    await store.close()
    return { file: killed, events }
  }
  await lease.release()
  await store.close()
  return { file, events }
}

function copyAll(from: string, to: string): void {
  for (const suffix of SUFFIXES) if (existsSync(from + suffix)) copyFileSync(from + suffix, to + suffix)
}

function damagedCopy(file: string, damage: (copy: string) => void): string {
  const copy = join(folder, `copy-${++copies}.db`)
  copyAll(file, copy)
  damage(copy)
  return copy
}

/** What is read from a file, or the error that names the damage; nothing else may come out. */
async function readOrNamed(file: string, options = {}, study = 'sample'): Promise<StudyEvent[] | KrigeError> {
  try {
    const store = openSqliteStore(file, options)
    try {
      const events: StudyEvent[] = []
      for await (const batches of store.read(study)) events.push(...batches.flatMap((batch) => batch.events))
      return events
    } finally {
      await store.close()
    }
  } catch (error) {
    if (KrigeError.isInstance(error)) return error
    throw error
  }
}

/** Park and Miller. */
function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 16807) % 2147483647
    return state % below
  }
}

function flip(file: string, at: number, mask: number): void {
  const bytes = readFileSync(file)
  bytes[at]! ^= mask
  writeFileSync(file, bytes)
}

describe('a damaged study', () => {
  let closed: { file: string; events: StudyEvent[] }
  let killed: { file: string; events: StudyEvent[] }
  beforeAll(async () => {
    closed = await storedStudy('closed', true)
    killed = await storedStudy('open', false)
    expect(await readOrNamed(damagedCopy(killed.file, () => undefined))).toEqual(killed.events)
  })

  it('whose file has one byte changed, anywhere in 300 places: the same is read, or the damage named', async () => {
    const random = createRandom(20261126)
    const { size } = { size: readFileSync(closed.file).length }
    let named = 0
    for (let round = 0; round < 300; round++) {
      const at = random(size)
      const copy = damagedCopy(closed.file, (file) => flip(file, at, 1 + random(255)))
      const outcome = await readOrNamed(copy, round % 2 ? { readOnly: true } : {})
      if (Array.isArray(outcome)) expect(outcome, `byte ${at}`).toEqual(closed.events)
      else named++
    }
    expect(named).toBeGreaterThan(50)
  })

  it.each([
    ['a score', '["t",', (text: string) => text.replace(/\["t",(\d+),(\d+),[\d.]+/, '["t",$1,$2,9')],
    ['a limit', '"evaluations":30', (text: string) => text.replace('"evaluations":30', '"evaluations":99')],
    ['tokens', '["s",', (text: string) => text.replace(/\["s",(\d+),\d+/, '["s",$1,7')],
  ])('whose payload says another value, %s: found on opening and by the doctor', async (_, has, change) => {
    const copy = damagedCopy(closed.file, (file) => {
      const database = new DatabaseSync(file)
      const rows = database.prepare('select rowid as id, payload from batches order by seq').all() as {
        id: number
        payload: string
      }[]
      const row = rows.find(({ payload }) => payload.includes(has) && change(payload) !== payload)!
      database.prepare('update batches set payload = ? where rowid = ?').run(change(row.payload), row.id)
      database.close()
    })
    expect(await readOrNamed(copy)).toMatchObject({ code: 'corrupt', message: expect.stringContaining('at or before') })
    const store = openSqliteStore(copy, { readOnly: true })
    expect(await examineStudy(store, 'sample')).toContainEqual(
      expect.objectContaining({ level: 'problem', message: expect.stringContaining('is damaged') }),
    )
    await store.close()
  })

  it.each([
    ['taken out', 'sample', 'delete from batches where seq = (select seq from batches order by seq limit 1 offset 7)'],
    ['moved', 'sample', 'update batches set seq = seq + 1000 where seq = (select max(seq) from batches)'],
    ['of a later time', 'sample', 'update batches set at = at + 1 where seq = 0'],
    ['of another study', 'other', `update studies set name = 'other'`],
  ])('with a row %s is refused', async (_, study, change) => {
    const copy = damagedCopy(closed.file, (file) => {
      const database = new DatabaseSync(file)
      database.exec(change)
      database.close()
    })
    expect(await readOrNamed(copy, {}, study)).toMatchObject({ code: 'corrupt' })
  })

  it('begun by version 1 opens, goes on, and what is added vouches for what was there', async () => {
    const file = join(folder, 'old.db')
    copyFileSync(join(import.meta.dirname, '../store/fixtures/store-1.db'), file)
    const readable = await readOrNamed(file, { readOnly: true })
    expect(readable).toEqual(expect.any(Array))
    const store = openSqliteStore(file)
    const lease = await store.acquire('sample')
    await lease.append([{ v: 1, type: 'budget', budget: { evaluations: 40 } }])
    await lease.release()
    await store.close()
    expect(await readOrNamed(file)).toHaveLength((readable as StudyEvent[]).length + 1)
    const database = new DatabaseSync(file)
    database.exec(`update batches set payload = replace(payload, '"evaluations":30', '"evaluations":31') where seq = 0`)
    database.close()
    expect(await readOrNamed(file)).toMatchObject({ code: 'corrupt' })
  })

  it('whose write-ahead log is cut or changed in 200 places: nothing is dropped in silence', async () => {
    const random = createRandom(7)
    const { length } = readFileSync(`${killed.file}-wal`)
    let named = 0
    for (let round = 0; round < 200; round++) {
      const at = random(length)
      const copy = damagedCopy(killed.file, (file) => {
        if (round % 2) truncateSync(`${file}-wal`, at)
        else flip(`${file}-wal`, at, 1 + random(255))
      })
      const outcome = await readOrNamed(copy)
      if (Array.isArray(outcome)) expect(outcome, `round ${round}, byte ${at} of ${length}`).toEqual(killed.events)
      else {
        expect(outcome).toMatchObject({ code: 'corrupt' })
        named++
      }
    }
    expect(named).toBeGreaterThan(190)
  })

  it('whose write-ahead log is gone, or changed and its index gone, is refused', async () => {
    expect(await readOrNamed(damagedCopy(killed.file, (file) => rmSync(`${file}-wal`)))).toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining('it is gone'),
    })
    const copy = damagedCopy(killed.file, (file) => {
      flip(`${file}-wal`, Math.floor(readFileSync(`${file}-wal`).length / 2), 1)
      rmSync(`${file}-shm`)
    })
    expect(await readOrNamed(copy)).toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining('cannot be read'),
    })
  })

  it('whose last transaction a crash cut short opens: nobody was told that it is stored', async () => {
    const copy = damagedCopy(killed.file, (file) => {
      writeFileSync(`${file}-wal`, Buffer.concat([readFileSync(`${file}-wal`), Buffer.alloc(2000, 7)]))
    })
    expect(await readOrNamed(copy)).toEqual(killed.events)
  })

  it('with a header no SQLite writes is called damaged, not read-only', async () => {
    for (const at of [18, 19]) {
      const copy = damagedCopy(closed.file, (file) => flip(file, at, 0x40))
      expect(await readOrNamed(copy)).toMatchObject({ message: 'the study file is damaged in its header' })
    }
  })

  it('is named by the command line, and goes on where the user accepts the loss', { timeout: 60_000 }, async () => {
    const server = await startChatServer()
    server.delay = 3
    const home = taskFolder(server.model, {
      prompts: 4,
      search: 20,
      holdout: 10,
      budget: { evaluations: 80, calls: 200 },
    })
    try {
      const running = startKrige(home, ['run', 'task.yaml', '--json', '--no-cache'])
      while (server.requests.length < 40) await new Promise((resolve) => setTimeout(resolve, 2))
      running.child.kill('SIGKILL')
      await running.done
      const log = join(home, '.krige', 'studies.db-wal')
      truncateSync(log, Math.floor(readFileSync(log).length / 2))
      const sent = server.requests.length
      const refused = await krige(home, 'run', 'task.yaml', '--json', '--no-cache')
      expect(refused.code).toBe(1)
      expect(refused.stderr).toMatch(/write-ahead log .*studies\.db-wal is damaged/)
      expect(refused.stderr).toContain('krige doctor')
      expect(server.requests.length).toBe(sent)
      const examined = await krige(home, 'doctor', 'tickets')
      expect([examined.code, examined.stdout]).toEqual([1, expect.stringContaining('problem: the write-ahead log')])
      const accepted = await krige(home, 'doctor', 'tickets', '--accept-loss')
      expect(accepted.code, accepted.stdout).toBe(0)
      const finished = await krige(home, 'run', 'task.yaml', '--json', '--no-cache')
      expect(finished.code, finished.stderr).toBe(0)
      const store = openSqliteStore(join(home, '.krige', 'studies.db'), { readOnly: true })
      expect((await loadStudy(store, 'tickets'))?.state.ledger.spent.evaluations).toBeLessThanOrEqual(80)
      await store.close()
    } finally {
      rmSync(home, { recursive: true, force: true })
      await server.close()
    }
  })
})
