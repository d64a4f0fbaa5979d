/**
 * How the file of a SQLite store is opened: to be written, or only to be looked at.
 *
 * @module
 */
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CorruptError, InvalidInputError, KrigeError, UnavailableError } from '../errors.ts'
import { translateSqliteError } from './errors.ts'
import { type NodeSqlite, openNodeSqlite } from './node-sqlite.ts'
import { findLostWrites } from './write-ahead-log.ts'

/** 'KRIG': tells `file` and us what this database is. */
const APPLICATION_ID = 0x4b524947

/** What brings the tables from each version to the next; the first makes them. */
const MIGRATIONS = [
  `create table studies (
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
  pragma application_id = ${APPLICATION_ID};`,
  'alter table batches add column checksum text;',
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
  ) strict;
  create index traces_by_candidate on traces (study_id, candidate);`,
]
/** Version of the tables; events carry their own. */
const SCHEMA_VERSION = MIGRATIONS.length
/** The first version whose rows have checksums. */
const CHECKSUMS_SINCE = 2
/** The first version that keeps traces. */
const TRACES_SINCE = 3

export interface SqliteFileOptions {
  /** Only to be looked at: nothing is written, and neither the file nor its folder need be writable. @defaultValue false */
  readonly readOnly?: boolean
  /** Opens also when writes in the write-ahead log are lost, with what is left. @defaultValue false */
  readonly acceptLoss?: boolean
}

export interface OpenedFile {
  readonly database: NodeSqlite
  readonly close: () => void
  readonly hasChecksums: boolean
  readonly hasTraces: boolean
}

/** @throws InvalidInputError where no file can be: a folder, or below a file. */
function checkPlace(path: string): void {
  const isFolder = (place: string) => statSync(place, { throwIfNoEntry: false })?.isDirectory()
  const remedy = 'Name a file for studies.'
  if (isFolder(path)) throw new InvalidInputError('is a folder; expected a file', { where: path, remedy })
  let folder = resolve(dirname(path))
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder)
  if (!isFolder(folder))
    throw new InvalidInputError(`lies below ${folder}, which is no folder`, { where: path, remedy })
}

/** Opens a file, brings its tables to the present version, and finds what SQLite would work around in silence. */
export function openSqliteFile(path: string, { readOnly = false, acceptLoss = false }: SqliteFileOptions): OpenedFile {
  checkPlace(path)
  checkFile(path, acceptLoss)
  if (readOnly) {
    const { database, close } = openForReading(path)
    try {
      const version = versionOf(database, path)
      if (version === 0) {
        if (hasTables(database)) throw foreign(path)
        throw new InvalidInputError('no study was ever stored here', {
          where: path,
          remedy: 'Start a study with `krige run task.yaml`, or name the right store.',
        })
      }
      return { database, close, hasChecksums: version >= CHECKSUMS_SINCE, hasTraces: version >= TRACES_SINCE }
    } catch (error) {
      database.close()
      close()
      throw translateSqliteError(error, path)
    }
  }
  let database: NodeSqlite
  try {
    mkdirSync(dirname(path), { recursive: true })
    database = openNodeSqlite(path)
  } catch (cause) {
    throw new UnavailableError(`cannot open ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
      remedy: 'Check that the folder exists and is writable, or choose another file.',
    })
  }
  try {
    database.exec('pragma busy_timeout = 10000')
    prepare(database, path)
    database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on')
    if (acceptLoss) database.exec('pragma wal_checkpoint(truncate)')
    return { database, close: () => undefined, hasChecksums: true, hasTraces: true }
  } catch (error) {
    database.close()
    throw translateSqliteError(error, path)
  }
}

/** How a database file may be written and read, by its header: rollback journal, or write-ahead log. */
const FILE_FORMATS: readonly (number | undefined)[] = [1, 2]

/** What SQLite works around in silence. */
function checkFile(path: string, acceptLoss: boolean): void {
  const header = readHeader(path)
  if (header && !(FILE_FORMATS.includes(header[18]) && FILE_FORMATS.includes(header[19]))) {
    throw new CorruptError('the study file is damaged in its header', {
      where: path,
      remedy: 'Restore it from a backup or an export.',
    })
  }
  const lost = acceptLoss ? undefined : findLostWrites(path)
  if (lost === undefined) return
  throw new CorruptError(`the write-ahead log ${path}-wal is damaged: ${lost}`, {
    where: path,
    remedy: `Restore ${path} and ${path}-wal from a backup. To go on with what is left, and pay for the rest again: krige doctor STUDY --accept-loss`,
  })
}

/** The first 100 bytes of a database; nothing where the file is something else. */
function readHeader(path: string): Buffer | undefined {
  let handle: number
  try {
    handle = openSync(path, 'r')
  } catch {
    return undefined
  }
  try {
    const bytes = Buffer.alloc(100)
    return readSync(handle, bytes) === 100 && bytes.toString('latin1', 0, 15) === 'SQLite format 3' ? bytes : undefined
  } catch {
    return undefined
  } finally {
    closeSync(handle)
  }
}

/**
 * SQLite wants to write beside a database even to read it. Where it may not, a database without a write-ahead log is
 * read as one that is not being changed. One with such a log is read as a copy.
 */
function openForReading(path: string): { database: NodeSqlite; close: () => void } {
  const attempt = (location: string | URL) => {
    const database = openNodeSqlite(location, { readOnly: true })
    try {
      database.exec('pragma busy_timeout = 10000')
      database.prepare('select count(*) from sqlite_schema').all([])
      return database
    } catch (error) {
      database.close()
      throw error
    }
  }
  const done = () => undefined
  try {
    return { database: attempt(path), close: done }
  } catch (error) {
    const problem = translateSqliteError(error, path)
    if (!KrigeError.isInstance(problem) || problem.code !== 'unavailable' || !existsSync(path)) throw problem
    try {
      const log = `${path}-wal`
      if (!existsSync(log) || statSync(log).size === 0) {
        const unchanging = pathToFileURL(resolve(path))
        unchanging.searchParams.set('immutable', '1')
        return { database: attempt(unchanging), close: done }
      }
      const folder = mkdtempSync(join(tmpdir(), 'krige-read-'))
      const remove = () => rmSync(folder, { recursive: true, force: true })
      try {
        for (const suffix of ['', '-wal']) copyFileSync(`${path}${suffix}`, join(folder, `copy.db${suffix}`))
        for (const suffix of ['', '-wal']) chmodSync(join(folder, `copy.db${suffix}`), 0o600)
        return { database: attempt(join(folder, 'copy.db')), close: remove }
      } catch (second) {
        remove()
        throw second
      }
    } catch {
      throw problem
    }
  }
}

/** @throws CorruptError for a newer version, and for a database that is none of ours. */
function versionOf(database: NodeSqlite, path: string): number {
  const number = (name: string) => {
    const [row] = database.prepare(`select ${name} as value from pragma_${name}`).all([]) as [{ value: number }]
    return row.value
  }
  const version = number('user_version')
  if (version > SCHEMA_VERSION) {
    throw new CorruptError(`schema version ${version} is newer than this program, which knows ${SCHEMA_VERSION}`, {
      where: path,
      remedy: 'Update krige.',
    })
  }
  if (version > 0 && number('application_id') !== APPLICATION_ID) throw foreign(path)
  return version
}

function hasTables(database: NodeSqlite): boolean {
  return database.prepare('select 1 from sqlite_schema limit 1').all([]).length > 0
}

const foreign = (where: string) =>
  new CorruptError('the database belongs to another program', { where, remedy: 'Choose another file.' })

function prepare(database: NodeSqlite, path: string): void {
  if (versionOf(database, path) === SCHEMA_VERSION) return
  database.exec('begin immediate')
  try {
    // Another process may have made the tables while we waited for the lock.
    const version = versionOf(database, path)
    if (version === 0 && hasTables(database)) throw foreign(path)
    for (const migration of MIGRATIONS.slice(version)) database.exec(migration)
    database.exec(`pragma user_version = ${SCHEMA_VERSION}`)
    database.exec('commit')
  } catch (error) {
    try {
      database.exec('rollback')
    } catch {
      // A full disk has rolled back already; its error is the one to tell.
    }
    throw error
  }
}
