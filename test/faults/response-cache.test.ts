import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { checksumOf } from '../../src/evaluation/response-file.ts'
import { forgetResponses, openSqliteResponseCache } from '../../src/evaluation/sqlite-response-cache.ts'
import { type ChatServer, startChatServer } from '../support/chat-server.ts'
import { startKrige, taskFolder } from '../support/krige-cli.ts'

let server: ChatServer
beforeAll(async () => {
  server = await startChatServer()
})
afterAll(() => server.close())

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'krige-cache-'))
  file = join(folder, 'responses.sqlite')
  return () => rmSync(folder, { recursive: true, force: true })
})

const CACHE = join(import.meta.dirname, '../../src/evaluation/sqlite-response-cache.ts')
/** As versions 0 and 1 made them. */
const OLD_TABLES = `
  CREATE TABLE response (
    key TEXT PRIMARY KEY, text TEXT NOT NULL, input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
    checksum TEXT NOT NULL, used_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX response_used ON response (used_at);
  CREATE TABLE response_owner (owner TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (owner, key)) WITHOUT ROWID;`
const TASK = { prompts: 3, search: 10, holdout: 5, budget: { evaluations: 30 } }
const usage = { inputTokens: 3, outputTokens: 1 }

/** Opens, writes and reads; never throws. */
async function use(): Promise<string[]> {
  const notices: string[] = []
  const cache = await openSqliteResponseCache({ file, owner: 'a', onNotice: (notice) => notices.push(notice) })
  for (const key of ['k', 'l', 'm']) {
    cache.set(key, { text: 'bug', usage })
    cache.get(key)
  }
  cache.close()
  return notices
}

/** Another process holds the file as long as `work` takes. */
async function whileLocked(work: () => Promise<void>): Promise<void> {
  const database = new DatabaseSync(file)
  database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE IF NOT EXISTS held (a)')
  try {
    await work()
  } finally {
    database.close()
  }
}

const made = async () => (await openSqliteResponseCache({ file })).close()

describe('a response cache that cannot be used is said once and left alone', () => {
  it.each<[string, () => void | Promise<void>]>([
    ['is a folder', () => void mkdirSync(file)],
    ['has other columns', () => withSql('CREATE TABLE response (key TEXT, answer TEXT)')],
    ['has a table of another kind', () => withSql('CREATE VIEW response AS SELECT 1 AS key')],
    [
      'lost a table',
      async () => {
        await made()
        withSql('DROP TABLE response_owner')
      },
    ],
    [
      'lost a column',
      async () => {
        await made()
        withSql('ALTER TABLE response DROP COLUMN output_tokens')
      },
    ],
    ['is of a newer version', () => withSql('PRAGMA user_version = 9')],
  ])('%s', async (_, prepare) => {
    await prepare()
    const notices = await use()
    expect(notices).toHaveLength(1)
    expect(notices[0]).toMatch(/^No response cache, answers are paid for again: /)
  })

  it('is locked by another process, from the beginning or while it is used', { timeout: 60_000 }, async () => {
    await whileLocked(async () => {
      expect(await use()).toHaveLength(1)
    })
    const notices: string[] = []
    rmSync(file)
    const cache = await openSqliteResponseCache({ file, onNotice: (notice) => notices.push(notice) })
    cache.set('k', { text: 'bug', usage })
    const database = new DatabaseSync(file)
    database.exec('BEGIN IMMEDIATE')
    for (let index = 0; index < 50; index++) cache.set(`k${index}`, { text: 'bug', usage })
    database.close()
    cache.close()
    expect(notices).toEqual(['The response cache is not used any more: database is locked'])
  })

  it('has every byte changed, one after the other: no answer is believed that was not given', {
    timeout: 120_000,
  }, async () => {
    const cache = await openSqliteResponseCache({ file })
    for (let index = 0; index < 40; index++) cache.set(`k${index}`, { text: `answer ${index}`, usage })
    cache.close()
    const sound = readFileSync(file)
    for (let at = 0; at < sound.length; at += 97) {
      rmSync(`${file}.damaged`, { force: true })
      for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true })
      const bytes = Buffer.from(sound)
      bytes[at]! ^= 1 + (at % 255)
      writeFileSync(file, bytes)
      const opened = await openSqliteResponseCache({ file })
      for (let index = 0; index < 40; index++) {
        const hit = opened.get(`k${index}`)
        if (hit) expect(hit, `byte ${at}`).toEqual({ text: `answer ${index}`, usage })
      }
      opened.close()
    }
  })

  it('does not believe token counts that were changed', async () => {
    const cache = await openSqliteResponseCache({ file })
    cache.set('k', { text: 'bug', usage })
    cache.close()
    withSql('UPDATE response SET output_tokens = 100000')
    const again = await openSqliteResponseCache({ file })
    expect(again.get('k')).toBeUndefined()
    again.close()
  })

  it('keeps the answers of an older version, whose checksums did not cover token counts', async () => {
    withSql(`${OLD_TABLES}
             INSERT INTO response VALUES ('k', 'bug', 3, 1, '2a52f7a6396d98e7', 1), ('l', 'bug', 3, 1, 'wrong', 1)`)
    const cache = await openSqliteResponseCache({ file })
    expect([cache.get('k'), cache.get('l')]).toEqual([{ text: 'bug', usage }, undefined])
    cache.close()
  })

  it('keeps the answers of a version that did not say which were cut off, and says it of new ones', async () => {
    const checksum = checksumOf({ key: 'k', text: 'bug', ...usage })
    withSql(`${OLD_TABLES} INSERT INTO response VALUES ('k', 'bug', 3, 1, '${checksum}', 1); PRAGMA user_version = 1`)
    const notices: string[] = []
    for (let turn = 0; turn < 2; turn++) {
      const cache = await openSqliteResponseCache({ file, onNotice: (notice) => notices.push(notice) })
      expect(cache.get('k')).toEqual({ text: 'bug', usage })
      if (turn === 0) cache.set('l', { text: 'billing', usage, cut: true })
      expect(cache.get('l')).toEqual({ text: 'billing', usage, cut: true })
      cache.close()
    }
    withSql('UPDATE response SET cut = 0')
    const cache = await openSqliteResponseCache({ file })
    expect(cache.get('l')).toBeUndefined()
    cache.close()
    expect(notices).toEqual([])
  })

  it.skipIf(process.platform === 'win32')('reads the file of an older version that may not be written', async () => {
    const checksum = checksumOf({ key: 'k', text: 'bug', ...usage })
    withSql(`${OLD_TABLES} INSERT INTO response VALUES ('k', 'bug', 3, 1, '${checksum}', 1); PRAGMA user_version = 1`)
    chmodSync(file, 0o444)
    chmodSync(folder, 0o555)
    const source = `
      import { openSqliteResponseCache } from ${JSON.stringify(CACHE)}
      const cache = await openSqliteResponseCache({ file: process.argv[1], onNotice: (text) => console.error(text) })
      cache.set('l', { text: 'billing', usage: { inputTokens: 1, outputTokens: 1 } })
      console.log(JSON.stringify([cache.get('k'), cache.get('l') ?? null]))`
    // Permissions mean nothing to root, who becomes nobody.
    const reader = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', source, file], {
      ...reader,
      encoding: 'utf8',
    })
    chmodSync(folder, 0o755)
    expect([stdout, stderr]).toEqual([`${JSON.stringify([{ text: 'bug', usage }, null])}\n`, ''])
  })

  it('says so where answers of a deleted study cannot be removed', async () => {
    withSql('CREATE TABLE response (key TEXT, answer TEXT)')
    await expect(forgetResponses(file, 'a')).rejects.toThrow('could not be removed')
  })

  it('is made by twelve processes at once, six times over: none fails', { timeout: 120_000 }, async () => {
    const source = `
      import { openSqliteResponseCache } from ${JSON.stringify(CACHE)}
      const cache = await openSqliteResponseCache({ file: process.argv[1], onNotice: (text) => console.log(text) })
      cache.set('k' + process.pid, { text: 'bug', usage: { inputTokens: 1, outputTokens: 1 } })
      cache.close()`
    const { spawn } = await import('node:child_process')
    for (let round = 0; round < 6; round++) {
      const place = join(folder, `round-${round}.sqlite`)
      const outcomes = await Promise.all(
        Array.from({ length: 12 }, () => {
          const child = spawn(process.execPath, ['--input-type=module', '-e', source, place])
          let said = ''
          for (const stream of [child.stdout, child.stderr])
            stream.on('data', (piece) => {
              said += piece
            })
          return new Promise((settle) => child.on('close', (code) => settle([code, said])))
        }),
      )
      expect(outcomes).toEqual(Array.from({ length: 12 }, () => [0, '']))
      const database = new DatabaseSync(place, { readOnly: true })
      expect(database.prepare('SELECT count(*) AS n FROM response').get()).toMatchObject({ n: 12 })
      database.close()
    }
  })

  it('is no reason for a run to fail: first runs at once, and a cache that is held', { timeout: 120_000 }, async () => {
    const home = taskFolder(server.model, TASK)
    try {
      const runs = Array.from(
        { length: 4 },
        (_, index) =>
          startKrige(home, ['run', 'task.yaml', '--study', `s${index}`, '--json'], { KRIGE_CACHE: folder }).done,
      )
      for (const result of await Promise.all(runs)) expect(result.code, result.stderr).toBe(0)
      await whileLocked(async () => {
        const result = await startKrige(home, ['run', 'task.yaml', '--study', 'held', '--json'], {
          KRIGE_CACHE: folder,
        }).done
        expect(result.code, result.stderr).toBe(0)
        expect(result.stderr.match(/response cache/g)).toHaveLength(1)
      })
    } finally {
      rmSync(home, { recursive: true, force: true })
    }
  })
})

function withSql(sql: string): void {
  const database = new DatabaseSync(file)
  database.exec(sql)
  database.close()
}
