/**
 * Answers on disk, shared by all studies of a user: one SQLite file, bounded in size, oldest use dropped first.
 *
 * A cache is never a reason to fail. A damaged file is put aside, and one that cannot be written serves what it has. An
 * answer whose checksum is wrong counts as absent.
 *
 * @module
 */
import { existsSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { UnavailableError } from '../errors.ts'
import { messageOf } from '../text/message-of.ts'
import { notify } from './notify.ts'
import type { CachedResponse, CacheKey, ResponseCache } from './response-cache.ts'
import { checksumOf, openResponseFile } from './response-file.ts'

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
  const notice = (text: string) => notify(options.onNotice, text)
  const opened = await openResponseFile(file, notice)
  if (!opened) return { get: () => undefined, set: () => undefined, close: () => undefined }
  const { database, writable, keepsCut } = opened
  const { owner } = options
  let usable = true
  let open = true
  let writes = 0

  /** What fails once (a full disk, a lock, a damaged page) is said once, and left alone from then on. */
  const attempt = <Result>(work: () => Result): Result | undefined => {
    if (!usable || !open) return undefined
    try {
      return work()
    } catch (error) {
      usable = false
      notice(`The response cache is not used any more: ${messageOf(error)}`)
      return undefined
    }
  }
  const prepare = (text: string) => attempt(() => database.prepare(text))
  const select = prepare(
    `SELECT text, input_tokens, output_tokens, ${keepsCut ? 'cut' : 'NULL AS cut'}, checksum FROM response WHERE key = ?`,
  )
  const prepareWrite = (text: string) => (writable ? prepare(text) : undefined)
  const touch = prepareWrite('UPDATE response SET used_at = ? WHERE key = ?')
  const insert = prepareWrite('INSERT OR REPLACE INTO response VALUES (?, ?, ?, ?, ?, ?, ?)')
  const own = prepareWrite('INSERT OR IGNORE INTO response_owner VALUES (?, ?)')
  const write = (statement: StatementSync | undefined, ...values: (string | number | null)[]) => {
    if (statement) attempt(() => statement.run(...values))
  }

  return {
    get(key: CacheKey): CachedResponse | undefined {
      const found = attempt(() => select?.get(key))
      if (!found) return undefined
      const { text, input_tokens: input, output_tokens: output, cut: kept, checksum } = found
      const usage = { inputTokens: Number(input), outputTokens: Number(output) }
      const cut = kept === null ? {} : { cut: kept === 1 }
      if (typeof text !== 'string' || checksum !== checksumOf({ key, text, ...usage, ...cut })) return undefined
      write(touch, now(), key)
      if (owner !== undefined) write(own, owner, key)
      return { text, usage, ...cut }
    },
    set(key, { text, usage: { inputTokens, outputTokens }, cut }) {
      const checksum = checksumOf({ key, text, inputTokens, outputTokens, ...(cut === undefined ? {} : { cut }) })
      write(insert, key, text, inputTokens, outputTokens, checksum, now(), cut === undefined ? null : Number(cut))
      if (owner !== undefined) write(own, owner, key)
      if (writable && ++writes % CHECK_EVERY === 0) attempt(() => trim(database, maxBytes))
    },
    close() {
      if (!open) return
      open = false
      database.close()
    },
  }
}

/**
 * Deletes every response that this owner used, also those that other studies share: they will request them again.
 *
 * @returns how many were removed; 0 where there is no cache.
 * @throws UnavailableError where the cache cannot be written.
 */
export async function forgetResponses(file: string, owner: string): Promise<number> {
  if (!existsSync(file)) return 0
  let reason = 'it may only be read'
  const opened = await openResponseFile(file, (text) => {
    reason = text
  })
  if (!opened?.writable) {
    opened?.database.close()
    throw new UnavailableError(`cached answers in ${file} could not be removed: ${reason}`, {
      remedy: 'Remove that file, or make it writable and delete again.',
    })
  }
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
