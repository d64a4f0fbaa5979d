import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { Kysely, SqliteDialect, sql } from 'kysely'
import { CorruptError, UnavailableError } from '../errors.ts'
import { translateSqliteError } from './errors.ts'
import { openNodeSqlite } from './node-sqlite.ts'
import { createSqlStore, SCHEMA_VERSION, type StoreTables } from './sql-store.ts'
import type { LeaseTiming, Store } from './store.ts'

/** 'KRIG': tells `file` and us what this database is. */
const APPLICATION_ID = 0x4b524947

const SCHEMA = `
  create table studies (
    id integer primary key,
    name text not null unique,
    created_at integer not null
  ) strict;
  create table batches (
    study_id integer not null references studies (id),
    seq integer not null,
    count integer not null,
    at integer not null,
    payload text not null,
    primary key (study_id, seq)
  ) strict;
  create table leases (
    study_id integer primary key references studies (id),
    token text not null,
    pid integer not null,
    host text not null,
    expires_at integer not null
  ) strict;
  pragma application_id = ${APPLICATION_ID};
  pragma user_version = ${SCHEMA_VERSION};
`

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
export function openSqliteStore(path: string, timing: LeaseTiming = {}): Store {
  const database = open(path)
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
            await sql`rollback`.execute(on)
            throw error
          }
        }),
      // Ordering inside the aggregate would sort what the primary key has sorted already, and take a third of the time.
      join: (column) => sql`string_agg(${column}, ',')`,
      async check() {
        const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db)
        return rows.map((row) => row.integrity_check).filter((line) => line !== 'ok')
      },
      async shred() {
        await sql`vacuum`.execute(db)
        await sql`pragma wal_checkpoint(truncate)`.execute(db)
      },
    },
    timing,
  )
}

function open(path: string): ReturnType<typeof openNodeSqlite> {
  let database: ReturnType<typeof openNodeSqlite>
  try {
    mkdirSync(dirname(path), { recursive: true })
    database = openNodeSqlite(path)
  } catch (cause) {
    throw new UnavailableError(`cannot open ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
      remedy: 'Check that the folder exists and is writable, or choose another file with --store.',
    })
  }
  try {
    database.exec('pragma busy_timeout = 10000')
    prepare(database, path)
    database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on')
    return database
  } catch (error) {
    database.close()
    throw translateSqliteError(error, path)
  }
}

function prepare(database: ReturnType<typeof openNodeSqlite>, path: string): void {
  const [{ user_version: version } = { user_version: 0 }] = database.prepare('pragma user_version').all([]) as {
    user_version: number
  }[]
  if (version === SCHEMA_VERSION) return
  if (version > SCHEMA_VERSION) {
    throw new CorruptError(`schema version ${version} is newer than this program, which knows ${SCHEMA_VERSION}`, {
      where: path,
      remedy: 'Update krige.',
    })
  }
  database.exec('begin immediate')
  try {
    const [{ tables }] = database.prepare('select count(*) as tables from sqlite_schema').all([]) as [
      { tables: number },
    ]
    // Somebody else may have made the tables while we waited for the lock.
    const [{ user_version: now }] = database.prepare('pragma user_version').all([]) as [{ user_version: number }]
    if (now !== SCHEMA_VERSION) {
      if (tables > 0) {
        throw new CorruptError('the database belongs to another program', {
          where: path,
          remedy: 'Choose another file with --store.',
        })
      }
      database.exec(SCHEMA)
    }
    database.exec('commit')
  } catch (error) {
    database.exec('rollback')
    throw error
  }
}
