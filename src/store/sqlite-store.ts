import { Kysely, SqliteDialect, sql } from 'kysely'
import { translateSqliteError } from './errors.ts'
import type { StoreTables } from './sql-dialect.ts'
import { createSqlStore } from './sql-store.ts'
import { openSqliteFile, type SqliteFileOptions } from './sqlite-file.ts'
import type { LeaseTiming, Store } from './store.ts'

export type SqliteStoreOptions = LeaseTiming & SqliteFileOptions

/**
 * One SQLite file for any number of studies: write-ahead log, and every append on the disk before it resolves.
 *
 * @throws CorruptError when the file is no study file or was written by a newer version.
 * @throws UnavailableError when it cannot be opened.
 * @example
 * const store = openSqliteStore('.krige/studies.db')
 * await store.list() // []
 * await store.close()
 */
export function openSqliteStore(path: string, options: SqliteStoreOptions = {}): Store {
  const { database, close, hasChecksums, hasTraces } = openSqliteFile(path, options)
  const db = new Kysely<StoreTables>({ dialect: new SqliteDialect({ database }) })
  return createSqlStore(
    db,
    {
      location: path,
      translate: (error) => translateSqliteError(error, path),
      // Kysely hands its only connection to one user at a time, so nothing else joins this transaction.
      exclusive: (work) =>
        db.connection().execute(async (on) => {
          await sql`begin immediate`.execute(on)
          try {
            const result = await work(on)
            await sql`commit`.execute(on)
            return result
          } catch (error) {
            // A full disk has rolled back already; its error is the one to tell.
            await sql`rollback`.execute(on).catch(() => undefined)
            throw error
          }
        }),
      hasChecksums,
      hasTraces,
      close,
      async check() {
        const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db)
        return rows.map((row) => row.integrity_check).filter((line) => line !== 'ok')
      },
      async shred() {
        await sql`vacuum`.execute(db)
        await sql`pragma wal_checkpoint(truncate)`.execute(db)
      },
    },
    options,
  )
}
