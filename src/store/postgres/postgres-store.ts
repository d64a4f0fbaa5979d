import { Kysely, PostgresDialect, sql } from 'kysely'
import type { ClientConfig } from 'pg'
import { UnavailableError } from '../../errors.ts'
import type { StoreTables } from '../sql-dialect.ts'
import { createSqlStore } from '../sql-store.ts'
import type { LeaseTiming, Store } from '../store.ts'
import { parsePostgresAddress } from './address.ts'
import { createAdvisoryLocks } from './advisory-locks.ts'
import { translatePostgresError } from './errors.ts'
import { removeLeftBehind } from './left-behind.ts'
import { migrate, requireTables, SCHEMA } from './migrations.ts'

export interface PostgresStoreOptions extends LeaseTiming {
  /** Only to be looked at: nothing is written, no table made. @defaultValue false */
  readonly readOnly?: boolean
}

/** The driver. */
export type Pg = typeof import('pg')['default']

/** Connections at once, beside the one that holds locks. */
const CONNECTIONS = 4
/** Milliseconds until a server that does not answer counts as out of reach. */
const CONNECT_TIMEOUT = 10_000
/** A machine that lost its power is noticed by the server within about 20 seconds, and its locks are free again. */
const LIVENESS =
  '-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c tcp_user_timeout=20000'
/** The same the other way: an answer that was lost on its way is not waited for. The system's own delay is two hours. */
const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelayMillis: 5_000 }
/** The type of 64-bit integers; ours are numbers of events and times, all below 2⁵³. */
const INT8 = 20

/**
 * Many studies in a PostgreSQL database, for any number of machines. The log is the same as in a SQLite file; every
 * append is on the server's disk before it resolves. One writer per study by advisory lock.
 *
 * @param address `postgres://USER:PASSWORD@HOST:PORT/DATABASE`; what is missing is taken from PGUSER, PGPASSWORD, ….
 * @throws UnavailableError when the database cannot be reached or refuses; CorruptError when its tables are of a newer
 * version or another program's.
 */
export async function openPostgresStore(address: string, options: PostgresStoreOptions = {}): Promise<Store> {
  const { location } = parsePostgresAddress(address)
  const pg = await loadPg()
  const { readOnly = false } = options
  const config = connectionOf(pg, address, readOnly ? '-c default_transaction_read_only=on' : '')
  const pool = new pg.Pool({ ...config, max: CONNECTIONS })
  // A connection that breaks is replaced; what waits for an answer is told by itself.
  pool.on('error', () => {}).on('connect', (client) => client.on('error', () => {}))
  const db = new Kysely<StoreTables>({ dialect: new PostgresDialect({ pool }) })
  const locks = createAdvisoryLocks(async () => {
    const client = new pg.Client(config)
    await client.connect()
    return client
  })
  try {
    await (readOnly ? requireTables : migrate)(db, location)
  } catch (error) {
    await db.destroy()
    throw translatePostgresError(error, location)
  }
  return createSqlStore(
    db,
    {
      location,
      translate: (error) => translatePostgresError(error, location),
      exclusive: (work) => db.transaction().execute(work),
      rowLock: sql`for share`,
      lock: (study) => locks.take(study),
      async check() {
        await requireTables(db, location)
        return []
      },
      forget: removeLeftBehind,
      async shred() {
        await sql`vacuum batches, traces, messages`.execute(db)
      },
      close: () => locks.close(),
    },
    options,
  )
}

/** @throws UnavailableError where it is not installed. */
export async function loadPg(): Promise<Pg> {
  try {
    return (await import('pg')).default
  } catch (cause) {
    throw new UnavailableError('a store in PostgreSQL needs packages that are not installed', {
      remedy: 'npm install pg pg-boss',
      cause,
    })
  }
}

/** How to connect: our tables first, 64-bit integers as numbers. */
export function connectionOf(pg: Pg, address: string, settings = ''): ClientConfig {
  return {
    connectionString: address,
    application_name: 'krige',
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    ...KEEP_ALIVE,
    options: `-c search_path=${SCHEMA} ${LIVENESS} ${settings}`.trim(),
    types: {
      getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
        oid === INT8 && format !== 'binary' ? Number : pg.types.getTypeParser(oid, format)) as never,
    },
  }
}
