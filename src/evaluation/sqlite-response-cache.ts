/**
 * Answers on disk, shared by all studies of a user: one SQLite file, bounded in size, oldest use dropped first.
 *
 * A cache is never a reason to fail: a file that is damaged is put aside, one that cannot be written serves what it has,
 * and an answer whose checksum is wrong counts as absent.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { CachedResponse, CacheKey, ResponseCache } from './response-cache.ts'

export interface SqliteResponseCacheOptions {
  readonly file: string
  /** Who uses the answers, so that they can be forgotten with {@link forgetResponses}. */
  readonly owner?: string
  /** Bytes of text kept at most. @defaultValue 256 MiB */
  readonly maxBytes?: number
  readonly now?: () => number
  readonly onNotice?: (notice: string) => void
}

const DEFAULT_MAX_BYTES = 256 * 1024 * 1024
/** Writes between two checks of the size. */
const CHECK_EVERY = 200
/** What is freed at once, as a share of the whole. */
const TRIM_TO = 0.9

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA busy_timeout = 5000;
  PRAGMA secure_delete = ON;
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

/**
 * @returns a cache that is empty and forgets everything where no database can be opened, with a notice.
 * @example
 * const cache = await openSqliteResponseCache({ file: 'responses.sqlite' })
 * cache.set('a key', { text: 'bug', usage: { inputTokens: 20, outputTokens: 1 } })
 * cache.get('a key')?.text // 'bug'
 * cache.close()
 */
export async function openSqliteResponseCache(options: SqliteResponseCacheOptions): Promise<ResponseCache> {
  const { file } = options
  const now = options.now ?? Date.now
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES
  const notice = options.onNotice ?? (() => undefined)
  const opened = await openOrReplace(file, notice)
  if (!opened) return { get: () => undefined, set: () => undefined, close: () => undefined }
  const { database, writable } = opened
  const select = database.prepare('SELECT text, input_tokens, output_tokens, checksum FROM response WHERE key = ?')
  const touch = writable ? database.prepare('UPDATE response SET used_at = ? WHERE key = ?') : undefined
  const insert = writable ? database.prepare('INSERT OR REPLACE INTO response VALUES (?, ?, ?, ?, ?, ?)') : undefined
  const own = writable ? database.prepare('INSERT OR IGNORE INTO response_owner VALUES (?, ?)') : undefined
  const { owner } = options
  let writes = 0
  let broken = false
  let open = true

  /** Runs a statement; a disk that has become full or read-only switches writing off. */
  const attempt = (statement: StatementSync | undefined, ...values: (string | number)[]) => {
    if (!statement || broken || !open) return
    try {
      statement.run(...values)
    } catch (error) {
      broken = true
      notice(`The response cache is not written any more: ${messageOf(error)}`)
    }
  }

  return {
    get(key: CacheKey): CachedResponse | undefined {
      if (!open) return undefined
      try {
        const row = select.get(key)
        if (!row) return undefined
        const { text, input_tokens: inputTokens, output_tokens: outputTokens, checksum } = row
        if (typeof text !== 'string' || checksum !== checksumOf(key, text)) return undefined
        attempt(touch, now(), key)
        if (owner !== undefined) attempt(own, owner, key)
        return { text, usage: { inputTokens: Number(inputTokens), outputTokens: Number(outputTokens) } }
      } catch {
        return undefined
      }
    },
    set(key, { text, usage }) {
      attempt(insert, key, text, usage.inputTokens, usage.outputTokens, checksumOf(key, text), now())
      if (owner !== undefined) attempt(own, owner, key)
      if (++writes % CHECK_EVERY === 0 && !broken && open) trim(database, maxBytes)
    },
    close() {
      if (!open) return
      open = false
      database.close()
    },
  }
}

/**
 * Removes every answer an owner ever used, also those that others use, too: they would be asked for again.
 *
 * @returns how many were removed; 0 where there is no cache.
 */
export async function forgetResponses(file: string, owner: string): Promise<number> {
  if (!existsSync(file)) return 0
  const opened = await openOrReplace(file, () => undefined)
  if (!opened?.writable) return 0
  const { database } = opened
  try {
    const removed = database
      .prepare('DELETE FROM response WHERE key IN (SELECT key FROM response_owner WHERE owner = ?)')
      .run(owner)
    database.prepare('DELETE FROM response_owner WHERE owner = ?').run(owner)
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    return Number(removed.changes)
  } finally {
    database.close()
  }
}

interface OpenedDatabase {
  readonly database: DatabaseSync
  readonly writable: boolean
}

async function openOrReplace(file: string, notice: (text: string) => void): Promise<OpenedDatabase | undefined> {
  const { DatabaseSync } = await import('node:sqlite')
  const open = (): OpenedDatabase => {
    const database = new DatabaseSync(file)
    try {
      database.exec(SCHEMA)
      database.prepare('SELECT count(*) FROM response WHERE used_at < 0').get()
      return { database, writable: true }
    } catch (error) {
      database.close()
      throw error
    }
  }
  try {
    mkdirSync(dirname(file), { recursive: true })
    return open()
  } catch (error) {
    const reason = messageOf(error)
    if (/malformed|not a database|corrupt/i.test(reason)) {
      try {
        renameSync(file, `${file}.damaged`)
        for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true })
        notice(`The response cache was damaged and has been put aside as ${file}.damaged`)
        return open()
      } catch {
        // Falls through to no cache at all.
      }
    }
    try {
      return { database: new DatabaseSync(file, { readOnly: true }), writable: false }
    } catch {
      notice(`No response cache: ${reason}`)
      return undefined
    }
  }
}

function trim(database: DatabaseSync, maxBytes: number): void {
  const total = () =>
    Number(database.prepare('SELECT coalesce(sum(length(text) + 200), 0) AS bytes FROM response').get()?.['bytes'] ?? 0)
  if (total() <= maxBytes) return
  const oldest = database.prepare(
    'DELETE FROM response WHERE key IN (SELECT key FROM response ORDER BY used_at LIMIT max(1, (SELECT count(*) FROM response) / 10))',
  )
  while (total() > maxBytes * TRIM_TO && oldest.run().changes > 0);
  database.exec('DELETE FROM response_owner WHERE key NOT IN (SELECT key FROM response)')
}

function checksumOf(key: string, text: string): string {
  return createHash('sha256').update(key).update('\0').update(text).digest('hex').slice(0, 16)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
