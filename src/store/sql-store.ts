/**
 * The event log in SQL, through Kysely. Dialects differ in how they are opened and in what makes a transaction
 * exclusive; everything else is here.
 *
 * @module
 */
import { hostname } from 'node:os'
import { type Generated, type Kysely, type RawBuilder, sql } from 'kysely'
import { ConflictError, CorruptError, InvalidInputError } from '../errors.ts'
import { type CompactEvent, expand } from './compact.ts'
import { unknownStudy } from './errors.ts'
import { holdLease } from './lease.ts'
import { DEFAULT_EXPIRY, DEFAULT_HEARTBEAT, type LeaseTiming, type Store, type StoredBatch } from './store.ts'

/** The tables, as of {@link SCHEMA_VERSION}. */
export interface StoreTables {
  studies: { id: Generated<number>; name: string; created_at: number }
  /** One row an append: `payload` is its events as JSON, comma-separated; `seq` the position of the first. */
  batches: { study_id: number; seq: number; count: number; at: number; payload: string }
  leases: { study_id: number; token: string; pid: number; host: string; expires_at: number }
}

/** Version of the tables; events carry their own. */
export const SCHEMA_VERSION = 1
/** Rows that are parsed at once when reading: joined by the database, so that JSON is parsed in large pieces. */
const READ_ROWS = 4_000

export interface SqlDialect {
  readonly location: string
  /** Runs work that nobody else's writes can interleave with. */
  exclusive<Result>(work: (db: Kysely<StoreTables>) => Promise<Result>): Promise<Result>
  /** Joins a column with commas, in the order of `seq`; rows come in that order already. */
  join(column: RawBuilder<unknown>): RawBuilder<unknown>
  /** Frees what deleted rows occupied. */
  shred(): Promise<void>
  /** What is wrong with the database, in words. */
  check(): Promise<readonly string[]>
  /** Makes an error of the driver one a user understands. */
  translate(error: unknown): unknown
}

export function createSqlStore(db: Kysely<StoreTables>, dialect: SqlDialect, timing: LeaseTiming = {}): Store {
  const { heartbeat = DEFAULT_HEARTBEAT, expiry = DEFAULT_EXPIRY } = timing
  const guard = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work()
    } catch (error) {
      throw dialect.translate(error)
    }
  }

  const list = (on = db) =>
    on
      .selectFrom('studies')
      .leftJoin('batches', 'batches.study_id', 'studies.id')
      .select(['studies.name', 'studies.created_at'])
      .select(sql<number>`coalesce(sum(batches.count), 0)`.as('length'))
      .groupBy(['studies.id', 'studies.name', 'studies.created_at'])
      .orderBy('studies.id')

  const describe = (row: { name: string; created_at: number; length: number }) => ({
    name: row.name,
    createdAt: Number(row.created_at),
    length: Number(row.length),
  })

  const idOf = async (name: string, on = db): Promise<number> => {
    const row = await on.selectFrom('studies').select('id').where('name', '=', name).executeTakeFirst()
    if (row) return row.id
    const known = await on.selectFrom('studies').select('name').orderBy('id').execute()
    throw unknownStudy(
      name,
      known.map((study) => study.name),
    )
  }

  const refuseIfHeld = async (id: number, name: string, on: Kysely<StoreTables>) => {
    const lease = await on.selectFrom('leases').selectAll().where('study_id', '=', id).executeTakeFirst()
    if (!lease || Number(lease.expires_at) < Date.now()) return
    const here = lease.host === hostname()
    if (here && lease.pid !== process.pid && !isAlive(lease.pid)) return
    throw new ConflictError(
      `study ${name} is being written by process ${lease.pid}${here ? '' : ` on ${lease.host}`} (pid ${lease.pid})`,
      { remedy: 'Wait until it ends or stop it, or give this run another name with --study.' },
    )
  }

  return {
    location: dialect.location,
    list: () => guard(async () => (await list().execute()).map(describe)),
    find: (name) =>
      guard(async () => {
        const row = await list().where('studies.name', '=', name).executeTakeFirst()
        return row && describe(row)
      }),

    acquire: (name) =>
      guard(async () => {
        if (name === '') throw new InvalidInputError('the name of a study is empty')
        const token = crypto.randomUUID()
        const { id, length } = await dialect.exclusive(async (on) => {
          await on
            .insertInto('studies')
            .values({ name, created_at: Date.now() })
            .onConflict((conflict) => conflict.column('name').doNothing())
            .execute()
          const id = await idOf(name, on)
          await refuseIfHeld(id, name, on)
          const lease = { token, pid: process.pid, host: hostname(), expires_at: Date.now() + expiry }
          await on
            .insertInto('leases')
            .values({ study_id: id, ...lease })
            .onConflict((conflict) => conflict.column('study_id').doUpdateSet(lease))
            .execute()
          const found = await list(on).where('studies.id', '=', id).executeTakeFirstOrThrow()
          return { id, length: Number(found.length) }
        })
        return holdLease({
          study: name,
          heartbeat,
          length,
          beat: async () => {
            await db
              .updateTable('leases')
              .set({ expires_at: Date.now() + expiry })
              .where('study_id', '=', id)
              .where('token', '=', token)
              .execute()
          },
          write: (seq, count, payload, at) =>
            guard(async () => {
              const written = await sql`
                insert into batches (study_id, seq, count, at, payload)
                select ${id}, ${seq}, ${count}, ${at}, ${payload}
                where exists (select 1 from leases where study_id = ${id} and token = ${token})`.execute(db)
              if (Number(written.numAffectedRows) === 1) return
              throw new ConflictError(`the lease on study ${name} was taken over by another process`, {
                remedy: 'Nothing more was written from here. Resume the study once the other process has ended.',
              })
            }),
          drop: async () => {
            await db.deleteFrom('leases').where('study_id', '=', id).where('token', '=', token).execute()
          },
        })
      }),

    async *read(name) {
      const id = await guard(() => idOf(name))
      let next = 0
      for (;;) {
        const { rows } = await guard(() =>
          sql<{ joined: string | null; following: number | null }>`
            select ${dialect.join(sql`'[' || at || ',' || payload || ']'`)} as joined, max(seq + count) as following
            from (select seq, count, at, payload from batches
                  where study_id = ${id} and seq >= ${next} order by seq limit ${READ_ROWS}) as chunk`.execute(db),
        )
        const [row] = rows
        if (!row?.joined) return
        yield parseBatches(row.joined, next)
        next = Number(row.following)
      }
    },

    delete: (name) =>
      guard(async () => {
        await dialect.exclusive(async (on) => {
          const id = await idOf(name, on)
          await refuseIfHeld(id, name, on)
          await on.deleteFrom('batches').where('study_id', '=', id).execute()
          await on.deleteFrom('leases').where('study_id', '=', id).execute()
          await on.deleteFrom('studies').where('id', '=', id).execute()
        })
        await dialect.shred()
      }),

    check: () => guard(dialect.check),
    close: () => db.destroy(),
  }
}

function parseBatches(joined: string, first: number): StoredBatch[] {
  let rows: [number, ...CompactEvent[]][]
  try {
    rows = JSON.parse(`[${joined}]`)
  } catch (cause) {
    throw new CorruptError(`the log cannot be read at or after event ${first}`, {
      cause,
      remedy: '`krige doctor` finds the damaged place; restore the study from an export.',
    })
  }
  return rows.map(([at, ...events]) => ({ at, events: events.map(expand) }))
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
