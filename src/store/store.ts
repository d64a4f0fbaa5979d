import type { TraceRecord } from '../history/trace.ts'
import type { StudyEvent } from '../study/events.ts'

/** What one durable append held, and when it was made (milliseconds since 1970). */
export interface StoredBatch {
  readonly at: number
  readonly events: readonly StudyEvent[]
}

export interface StoredStudy {
  readonly name: string
  readonly createdAt: number
  /** Number of events. */
  readonly length: number
}

/**
 * Keeps the logs of studies.
 *
 * The contract, held by one suite over every implementation:
 *
 * - **Atomic and durable.** When `append` resolves, all of its events survive the death of the process and of the
 *   machine. When it rejects, or the process dies before, none or all of them are there, never a part.
 * - **Append-only, in order.** `read` gives exactly what was appended, in that order.
 * - **Traces with their results.** The traces of an append are there when its events are, and not before; one per action and
 *   position.
 * - **One writer.** A study is written under a lease. A second `acquire` is refused with the process id of the first,
 *   until the first releases it, dies, or stops its heartbeat. After a takeover the first can no longer append.
 * - **Readers are free.** Every process may `read` at any time and sees a prefix that ends with a whole append.
 */
export interface Store {
  /** Where it is, for people. */
  readonly location: string
  list(): Promise<StoredStudy[]>
  find(name: string): Promise<StoredStudy | undefined>
  /**
   * Takes the writer's lease of a study, making the study when it is new.
   *
   * @throws ConflictError when another process holds it.
   */
  acquire(name: string): Promise<StudyLease>
  /**
   * The log in chunks of whole appends.
   *
   * @param options.from Number of the first event wanted: who has read some reads on from there. @defaultValue 0
   * @throws InvalidInputError when there is no such study; CorruptError when the log is damaged.
   */
  read(name: string, options?: ReadOptions): AsyncIterable<readonly StoredBatch[]>
  /**
   * The texts behind results, by action and position, in chunks.
   *
   * @throws InvalidInputError when there is no such study; CorruptError when a trace is damaged.
   */
  traces(name: string, query?: TraceQuery): AsyncIterable<readonly TraceRecord[]>
  /**
   * Removes a study and its texts for good: freed pages are overwritten.
   *
   * @throws InvalidInputError when there is no such study; ConflictError while it is being written.
   */
  delete(name: string): Promise<void>
  /** What is wrong with the storage itself, in words; empty when it is sound. */
  check(): Promise<readonly string[]>
  close(): Promise<void>
}

/** Which part of a log. */
export interface ReadOptions {
  readonly from?: number
}

/** Which traces. */
export interface TraceQuery {
  readonly action?: number
  /** Index of a candidate in the pool. */
  readonly candidate?: number
}

/** The right to append to one study. */
export interface StudyLease {
  readonly study: string
  /**
   * Appends events, with the traces of the results among them, as one atomic, durable batch.
   *
   * @param at Time of the batch; default: now.
   * @throws ConflictError when the lease was lost to a takeover; KrigeError `unavailable` when the disk is full or
   * read-only.
   */
  append(events: readonly StudyEvent[], traces?: readonly TraceRecord[], at?: number): Promise<void>
  /** Gives the lease back. Harmless when repeated. */
  release(): Promise<void>
}

export interface LeaseTiming {
  /** How often a lease says that its holder is alive, in milliseconds. @defaultValue 5000 */
  readonly heartbeat?: number
  /** After how much silence another process may take it over, in milliseconds. @defaultValue 30000 */
  readonly expiry?: number
}

export const DEFAULT_HEARTBEAT = 5_000
export const DEFAULT_EXPIRY = 30_000
