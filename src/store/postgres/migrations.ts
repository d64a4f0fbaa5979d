/**
 * The tables of PostgreSQL, and what brings them from each version to the next. Forward only: a program refuses tables of
 * a later version, and ones that another migration made than the one it knows.
 *
 * @module
 */
import { hash } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import { CorruptError, InvalidInputError } from '../../errors.ts'
import type { StoreTables } from '../sql-dialect.ts'

/** The schema all tables are in; pg-boss has one of its own. */
export const SCHEMA = 'krige'

/** Never changed once released. */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `create table studies (
      id integer generated always as identity primary key,
      name text not null unique,
      created_at bigint not null
    )`,
    `create table batches (
      study_id integer not null references studies (id),
      seq bigint not null,
      count integer not null,
      at bigint not null,
      payload text not null,
      checksum text not null,
      primary key (study_id, seq)
    )`,
    `create table leases (
      study_id integer primary key references studies (id),
      token text not null,
      pid integer not null,
      host text not null,
      expires_at bigint not null
    )`,
    `create table traces (
      study_id integer not null references studies (id),
      action integer not null,
      position integer not null,
      candidate integer,
      example integer,
      holdout integer not null,
      payload text not null,
      checksum text not null,
      primary key (study_id, action, position)
    )`,
    'create index traces_by_candidate on traces (study_id, candidate)',
  ],
  // Coordinators and workers: what is to be done, by which of them, and what they say to each other.
  [
    `create table jobs (
      queue text primary key,
      study text not null,
      evaluator text not null,
      fingerprint text not null,
      task text
    )`,
    `create table workers (
      id integer generated always as identity primary key,
      slots integer not null,
      host text not null,
      pid integer not null,
      since timestamptz not null default now()
    )`,
    `create table messages (
      id bigint generated always as identity primary key,
      recipient text not null,
      body text not null
    )`,
    'create index messages_by_recipient on messages (recipient, id)',
  ],
]

const checksumOf = (migration: readonly string[]) => hash('sha256', migration.join(';\n')).slice(0, 16)

/** 'KRIG': what two programs that migrate at once wait for. */
const MIGRATING = 0x4b524947

/** Brings the tables to the present version; others that do so at the same time wait. */
export async function migrate(db: Kysely<StoreTables>, where: string): Promise<void> {
  if ((await versionOf(db, where)) === MIGRATIONS.length) return
  await db.transaction().execute(async (on) => {
    await sql`select pg_advisory_xact_lock(${MIGRATING}, 0)`.execute(on)
    await sql`create schema if not exists ${sql.id(SCHEMA)}`.execute(on)
    await sql`create table if not exists migrations (version integer primary key, checksum text not null)`.execute(on)
    for (let version = await versionOf(on, where); version < MIGRATIONS.length; version++) {
      const migration = MIGRATIONS[version]!
      for (const statement of migration) await sql.raw(statement).execute(on)
      await sql`insert into migrations (version, checksum) values (${version + 1}, ${checksumOf(migration)})`.execute(
        on,
      )
    }
  })
}

/** @throws InvalidInputError where there are no tables; CorruptError where they are not those of this program. */
export async function requireTables(db: Kysely<StoreTables>, where: string): Promise<void> {
  const version = await versionOf(db, where)
  if (version === MIGRATIONS.length) return
  throw version === 0
    ? new InvalidInputError(`there is no store at ${where}`, {
        remedy: 'Start a study with `krige run task.yaml`, or name the right store.',
      })
    : new CorruptError(`the tables are of version ${version}, and this program reads ${MIGRATIONS.length}`, {
        where,
        remedy: 'Any command that writes, such as `krige run`, brings them up to date.',
      })
}

async function versionOf(db: Kysely<StoreTables>, where: string): Promise<number> {
  const { rows: found } = await sql<{ own: string | null; others: number }>`
    select to_regclass(${`${SCHEMA}.migrations`})::text as own,
      (select count(*)::integer from pg_tables where schemaname = ${SCHEMA}) as others`.execute(db)
  const { own, others } = found[0]!
  if (own === null) {
    if (others === 0) return 0
    throw new CorruptError(`the schema ${SCHEMA} of the database belongs to another program`, {
      where,
      remedy: 'Name another database.',
    })
  }
  const { rows } = await sql<{ version: number; checksum: string }>`
    select version, checksum from ${sql.id(SCHEMA, 'migrations')} order by version`.execute(db)
  if (rows.length > MIGRATIONS.length) {
    throw new CorruptError(
      `schema version ${rows.length} is newer than this program, which knows ${MIGRATIONS.length}`,
      {
        where,
        remedy: 'Update krige.',
      },
    )
  }
  for (const [index, { version, checksum }] of rows.entries()) {
    if (version === index + 1 && checksum === checksumOf(MIGRATIONS[index]!)) continue
    throw new CorruptError(`the tables of version ${index + 1} were made by something else than this program`, {
      where,
      remedy: 'Name another database, or restore this one from a backup.',
    })
  }
  return rows.length
}
