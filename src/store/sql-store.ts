/**
 * The event log in SQL, through Kysely. Dialects differ in how they are opened and in what makes a transaction
 * exclusive; everything else is here.
 *
 * @module
 */
import { type Kysely, sql } from 'kysely'
import { ConflictError, CorruptError, KrigeError } from '../errors.ts'
import { type BatchRow, chainChecksum, chainStart } from './chain.ts'
import { type CompactEvent, expand } from './compact.ts'
import { checkStudyName, closedStore, unknownStudy } from './errors.ts'
import { holdLease } from './lease.ts'
import { isAlive, machineOf, processSpace } from './process-identity.ts'
import type { SqlDialect, StoreTables, StudyLock } from './sql-dialect.ts'
import { DEFAULT_EXPIRY, DEFAULT_HEARTBEAT, type LeaseTiming, type Store, type StoredBatch } from './store.ts'
import { tailOf } from './tail.ts'
import { fromRow, toRow } from './trace-row.ts'

/** Rows that are parsed at once when reading, so that JSON is parsed in large pieces. */
const READ_ROWS = 4_000
/** Traces read, and written by one statement, at once. */
const TRACE_ROWS = 500
const WRITE_ROWS = 100

/** Where a log begins. */
const START: { readonly seq: number; readonly checksum: string | undefined } = { seq: 0, checksum: undefined }

export function createSqlStore(db: Kysely<StoreTables>, dialect: SqlDialect, timing: LeaseTiming = {}): Store {
  const { heartbeat = DEFAULT_HEARTBEAT, expiry = DEFAULT_EXPIRY } = timing
  const { rowLock = sql`` } = dialect
  let isClosed = false
  const guard = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work()
    } catch (error) {
      if (isClosed && !KrigeError.isInstance(error)) throw closedStore(dialect.location, error)
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

  /** Whether the holder of a lease has said that it lives, and is not known to be dead. */
  const isHeld = ({ expires_at, host, pid }: StoreTables['leases']) =>
    Number(expires_at) >= Date.now() && (host !== processSpace() || pid === process.pid || isAlive(pid))

  /** @throws ConflictError when another process holds it. */
  const lock = async (id: number, name: string, on: Kysely<StoreTables>): Promise<StudyLock | undefined> => {
    const lease = await on.selectFrom('leases').selectAll().where('study_id', '=', id).executeTakeFirst()
    const taken = await dialect.lock?.(id)
    if (taken || (!dialect.lock && !(lease && isHeld(lease)))) return taken
    const where = lease && lease.host !== processSpace() ? ` elsewhere on ${machineOf(lease.host)}` : ''
    const who = lease ? `process ${lease.pid}${where} (pid ${lease.pid})` : 'another process'
    throw new ConflictError(`study ${name} is being written by ${who}`, {
      remedy: 'Wait until it ends or stop it, or start another study (--study NAME, or study in code).',
    })
  }

  /** {@link lock} in an exclusive transaction; what is locked is free again when the transaction fails. */
  const locked = async <Result>(
    work: (
      on: Kysely<StoreTables>,
      take: (id: number, name: string) => Promise<StudyLock | undefined>,
    ) => Promise<Result>,
  ): Promise<Result> => {
    let taken: StudyLock | undefined
    try {
      return await dialect.exclusive((on) =>
        work(on, async (id, name) => {
          taken = await lock(id, name, on)
          return taken
        }),
      )
    } catch (error) {
      await taken?.release().catch(() => {})
      throw error
    }
  }

  /** The rows of a study in chunks, each row checked against the chain. */
  async function* readRows(id: number, name: string, on = db, start = START): AsyncGenerator<readonly BatchRow[]> {
    let checksum = start.checksum ?? chainStart(name)
    let next = start.seq
    for (;;) {
      const rows = await guard(() =>
        on
          .selectFrom('batches')
          .select(['seq', 'count', 'at', 'payload'])
          .select(dialect.hasChecksums === false ? sql<null>`null`.as('checksum') : 'checksum')
          .where('study_id', '=', id)
          .where('seq', '>=', next)
          .orderBy('seq')
          .limit(READ_ROWS)
          .execute(),
      )
      for (const row of rows) {
        checksum = chainChecksum(checksum, row)
        if (Number(row.seq) !== next || (row.checksum !== null && row.checksum !== checksum)) {
          throw new CorruptError(
            `study ${name} is damaged at or before event ${next}: what is stored is not what was written`,
            { where: dialect.location, remedy: 'Restore the study from a backup or an export.' },
          )
        }
        next += Number(row.count)
      }
      if (rows.length > 0) yield rows
      if (rows.length < READ_ROWS) return
    }
  }

  /** The append that an event is in, and the checksum of all before; from the first where rows have no checksums. */
  const startOf = async (id: number, from: number): Promise<typeof START> => {
    if (from <= 0 || dialect.hasChecksums === false) return START
    const rows = db.selectFrom('batches').where('study_id', '=', id).orderBy('seq', 'desc').limit(1)
    const row = await rows.select('seq').where('seq', '<=', from).executeTakeFirst()
    const seq = Number(row?.seq ?? 0)
    const before = await rows.select('checksum').where('seq', '<', seq).executeTakeFirst()
    return before?.checksum ? { seq, checksum: before.checksum } : START
  }

  /** The checksum of everything stored so far. */
  const headOf = async (id: number, name: string, on: Kysely<StoreTables>): Promise<string> => {
    const last = await on
      .selectFrom('batches')
      .select('checksum')
      .where('study_id', '=', id)
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst()
    if (last?.checksum) return last.checksum
    let checksum = chainStart(name)
    // Begun by version 1: its rows have no checksums of their own, but what follows covers them.
    if (last)
      for await (const rows of readRows(id, name, on)) for (const row of rows) checksum = chainChecksum(checksum, row)
    return checksum
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
        checkStudyName(name)
        const token = crypto.randomUUID()
        const { id, length, head, held } = await locked(async (on, take) => {
          await on
            .insertInto('studies')
            .values({ name, created_at: Date.now() })
            .onConflict((conflict) => conflict.column('name').doNothing())
            .execute()
          const id = await idOf(name, on)
          const held = await take(id, name)
          const lease = { token, pid: process.pid, host: processSpace(), expires_at: Date.now() + expiry }
          await on
            .insertInto('leases')
            .values({ study_id: id, ...lease })
            .onConflict((conflict) => conflict.column('study_id').doUpdateSet(lease))
            .execute()
          const found = await list(on).where('studies.id', '=', id).executeTakeFirstOrThrow()
          return { id, length: Number(found.length), head: await headOf(id, name, on), held }
        })
        return holdLease({
          study: name,
          heartbeat,
          length,
          head,
          beat: async () => {
            await held?.keep()
            await db
              .updateTable('leases')
              .set({ expires_at: Date.now() + expiry })
              .where('study_id', '=', id)
              .where('token', '=', token)
              .execute()
          },
          write: (row, traces) =>
            guard(async () => {
              const takenOver = () =>
                new ConflictError(`the lease on study ${name} was taken over by another process`, {
                  remedy: 'Nothing more was written from here. Resume the study once the other process has ended.',
                })
              const writeBatch = async ({ seq, count, at, payload, checksum }: BatchRow, on: Kysely<StoreTables>) => {
                const written = await sql`
                  insert into batches (study_id, seq, count, at, payload, checksum)
                  select ${id}, ${seq}, ${count}, ${at}, ${payload}, ${checksum}
                  from leases where study_id = ${id} and token = ${token} ${rowLock}`.execute(on)
                if (Number(written.numAffectedRows) !== 1) throw takenOver()
              }
              if (row && traces.length === 0) return writeBatch(row, db)
              await dialect.exclusive(async (on) => {
                if (row) await writeBatch(row, on)
                else {
                  const found = await sql`
                    select pid from leases where study_id = ${id} and token = ${token} ${rowLock}`.execute(on)
                  if (found.rows.length === 0) throw takenOver()
                }
                for (let from = 0; from < traces.length; from += WRITE_ROWS) {
                  const rows = traces.slice(from, from + WRITE_ROWS).map((trace) => ({ study_id: id, ...toRow(trace) }))
                  await on.insertInto('traces').values(rows).execute()
                }
              })
            }),
          drop: () =>
            guard(async () => {
              await db.deleteFrom('leases').where('study_id', '=', id).where('token', '=', token).execute()
              await held?.release()
            }),
        })
      }),

    async *read(name, { from = 0 } = {}) {
      const id = await guard(() => idOf(name))
      const start = await guard(() => startOf(id, from))
      let skipped = Math.max(0, from - start.seq)
      for await (const rows of readRows(id, name, db, start)) {
        const batches = parseBatches(rows)
        yield skipped === 0 ? batches : tailOf(batches, skipped)
        skipped = Math.max(0, skipped - batches.reduce((sum, { events }) => sum + events.length, 0))
      }
    },

    async *traces(name, { action, candidate } = {}) {
      const id = await guard(() => idOf(name))
      if (dialect.hasTraces === false) return
      let after = { action: -1, position: -1 }
      for (;;) {
        const rows = await guard(() =>
          db
            .selectFrom('traces')
            .select(['action', 'position', 'candidate', 'example', 'holdout', 'payload', 'checksum'])
            .where('study_id', '=', id)
            .$if(action !== undefined, (query) => query.where('action', '=', action!))
            .$if(candidate !== undefined, (query) => query.where('candidate', '=', candidate!))
            .where(sql<boolean>`(action, position) > (${after.action}, ${after.position})`)
            .orderBy('action')
            .orderBy('position')
            .limit(TRACE_ROWS)
            .execute(),
        )
        if (rows.length > 0) yield rows.map((row) => fromRow(row, name, dialect.location))
        if (rows.length < TRACE_ROWS) return
        after = rows.at(-1)!
      }
    },

    delete: (name) =>
      guard(async () => {
        const held = await locked(async (on, take) => {
          const id = await idOf(name, on)
          const held = await take(id, name)
          await on.deleteFrom('batches').where('study_id', '=', id).execute()
          await on.deleteFrom('traces').where('study_id', '=', id).execute()
          await on.deleteFrom('leases').where('study_id', '=', id).execute()
          await on.deleteFrom('studies').where('id', '=', id).execute()
          await dialect.forget?.(name, on)
          return held
        })
        await held?.release()
        await dialect.shred()
      }),

    check: () => guard(dialect.check),
    async close() {
      isClosed = true
      await db.destroy()
      await dialect.close?.()
    },
  }
}

function parseBatches(rows: readonly BatchRow[]): StoredBatch[] {
  let parsed: [number, ...CompactEvent[]][]
  try {
    parsed = JSON.parse(`[${rows.map(({ at, payload }) => `[${at},${payload}]`).join(',')}]`)
  } catch (cause) {
    throw new CorruptError(`the log cannot be read at or after event ${rows[0]!.seq}`, {
      cause,
      remedy: '`krige doctor` finds the damaged place; restore the study from an export.',
    })
  }
  return parsed.map(([at, ...events]) => ({ at, events: events.map(expand) }))
}
