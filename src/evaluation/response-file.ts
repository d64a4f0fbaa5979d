/**
 * The SQLite file of a response cache: opened so that several may begin at once, and given up where it cannot be used.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import { messageOf } from '../text/message-of.ts'

export interface ResponseFile {
  readonly database: DatabaseSync
  readonly writable: boolean
  /** Whether it says which answers were cut off: one of an earlier version that may only be read does not. */
  readonly keepsCut: boolean
}

/** What a row holds, without its checksum. */
export interface ResponseRow {
  readonly key: string
  readonly text: string
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cut?: boolean
}

/** Since version 1 the checksum covers token counts, too; since version 2 it is kept whether an answer was cut off. */
const VERSION = 2
const KEEPS_CUT = 2
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS response (
    key TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    checksum TEXT NOT NULL,
    used_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS response_used ON response (used_at);
  CREATE TABLE IF NOT EXISTS response_owner (
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (owner, key)
  ) WITHOUT ROWID;
`
/** Whether the tables are as they are read and written here. */
const probe = (version: number) => `
  SELECT key, text, input_tokens, output_tokens, checksum, used_at${version >= KEEPS_CUT ? ', cut' : ''} FROM response
  JOIN response_owner USING (key) WHERE owner = '' AND used_at < 0
`
/** How often a file that another process is just making is tried again, and after how many milliseconds. */
const ATTEMPTS = 4
const PAUSE = 50

/**
 * Opens the file, making it where it is new. A damaged one is put aside, one that may only be read is read.
 *
 * @param notice - Told what was done, and why there is no cache.
 * @returns `undefined` where it cannot be used.
 */
export async function openResponseFile(
  file: string,
  notice: (text: string) => void,
): Promise<ResponseFile | undefined> {
  const { DatabaseSync } = await import('node:sqlite')
  const open = (): ResponseFile => {
    const database = new DatabaseSync(file)
    try {
      prepare(database)
      return { database, writable: true, keepsCut: true }
    } catch (error) {
      database.close()
      throw error
    }
  }
  let reason = ''
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      mkdirSync(dirname(file), { recursive: true })
      return open()
    } catch (error) {
      reason = messageOf(error)
      if (!/locked|busy/i.test(reason)) break
      await setTimeout(PAUSE * 2 ** attempt)
    }
  }
  if (/malformed|not a database|corrupt/i.test(reason)) {
    try {
      renameSync(file, `${file}.damaged`)
      for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true })
      const opened = open()
      notice(`The response cache was damaged and has been put aside as ${file}.damaged`)
      return opened
    } catch {
      // No cache at all.
    }
  } else {
    try {
      const database = new DatabaseSync(file, { readOnly: true })
      try {
        database.exec('PRAGMA busy_timeout = 1000')
        const version = versionOf(database)
        database.prepare(probe(version)).get()
        if (version >= 1 && version <= VERSION) return { database, writable: false, keepsCut: version >= KEEPS_CUT }
        reason = 'its tables are of another version'
      } catch (error) {
        reason = messageOf(error)
      }
      database.close()
    } catch {
      // No cache at all.
    }
  }
  notice(`No response cache, answers are paid for again: ${reason} (${file})`)
  return undefined
}

function prepare(database: DatabaseSync): void {
  // First of all: everything after it may find a lock.
  database.exec('PRAGMA busy_timeout = 1000')
  const isNew = versionOf(database) < VERSION
  if (isNew) {
    try {
      database.exec('PRAGMA journal_mode = WAL')
    } catch {
      // Another process is switching it, or the file system cannot: the cache works either way.
    }
  }
  database.exec('PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON')
  if (isNew) {
    database.exec('BEGIN IMMEDIATE')
    try {
      // Another process may have made the tables while we waited for the lock.
      const version = versionOf(database)
      if (version < 1) {
        database.exec(SCHEMA)
        vouch(database)
      }
      if (version < KEEPS_CUT) database.exec('ALTER TABLE response ADD COLUMN cut INTEGER')
      if (version < VERSION) database.exec(`PRAGMA user_version = ${VERSION}`)
      database.exec('COMMIT')
    } catch (error) {
      database.exec('ROLLBACK')
      throw error
    }
  } else if (versionOf(database) > VERSION) throw new Error('its tables are of a newer version')
  database.prepare(probe(VERSION)).get()
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
}

/** Checksums of rows that were written before token counts were covered. */
function vouch(database: DatabaseSync): void {
  const update = database.prepare('UPDATE response SET checksum = ? WHERE key = ?')
  const rows = database.prepare('SELECT key, text, input_tokens, output_tokens, checksum FROM response').all()
  for (const { key, text, input_tokens: inputTokens, output_tokens: outputTokens, checksum } of rows) {
    const row = {
      key: String(key),
      text: String(text),
      inputTokens: Number(inputTokens),
      outputTokens: Number(outputTokens),
    }
    if (checksum === hash(`${row.key}\0${row.text}`)) update.run(checksumOf(row), row.key)
  }
}

/** Over everything that is trusted. */
export function checksumOf({ key, text, inputTokens, outputTokens, cut }: ResponseRow): string {
  const parts = [key, inputTokens, outputTokens, ...(cut === undefined ? [] : [cut]), text]
  return hash(parts.join('\0'))
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
