/**
 * The tables of a store in SQL, and in what its dialects differ.
 *
 * @module
 */
import type { Generated, Kysely, RawBuilder } from 'kysely'
import type { BatchRow } from './chain.ts'
import type { TraceRow } from './trace-row.ts'

/** The tables, as of {@link SCHEMA_VERSION}. */
export interface StoreTables {
  studies: { id: Generated<number>; name: string; created_at: number }
  /**
   * One row per append: `payload` is its events as JSON, comma-separated; `seq` the position of the first. The checksum
   * is chained over all rows of the study; rows of version 1 have none of their own.
   */
  batches: BatchRow & { study_id: number }
  /** The texts behind results; written in one transaction with the batch that holds the results. */
  traces: TraceRow & { study_id: number }
  leases: { study_id: number; token: string; pid: number; host: string; expires_at: number }
}

/** The right to write a study, as far as the database is concerned. */
export interface StudyLock {
  /** Says that it is still wanted. */
  keep(): Promise<void>
  release(): Promise<void>
}

export interface SqlDialect {
  readonly location: string
  /** Runs work that no other writes can interleave with. */
  exclusive<Result>(work: (db: Kysely<StoreTables>) => Promise<Result>): Promise<Result>
  /**
   * Takes what keeps others from writing a study; `undefined` where it is taken. Absent: the rows of leases say who
   * writes, and since when they are silent.
   */
  lock?(study: number): Promise<StudyLock | undefined>
  /** What keeps a row as it is until the transaction ends; absent where transactions are exclusive. */
  readonly rowLock?: RawBuilder<unknown>
  /** False where the tables are of version 1 and may not be changed: rows have no checksums. @defaultValue true */
  readonly hasChecksums?: boolean
  /** False where the tables are of a version that keeps no traces. @defaultValue true */
  readonly hasTraces?: boolean
  /** Removes what is kept of a study in other tables, in the transaction that deletes it. */
  forget?(study: string, on: Kysely<StoreTables>): Promise<void>
  /** Frees what deleted rows occupied. */
  shred(): Promise<void>
  /** What is wrong with the database, in words. */
  check(): Promise<readonly string[]>
  /** Called once the database is closed. */
  close?(): void | Promise<void>
  /** Makes an error of the driver one a user understands. */
  translate(error: unknown): unknown
}
