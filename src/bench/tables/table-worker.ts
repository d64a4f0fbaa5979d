/** A thread that runs the units it is sent, one at a time. @module */
import { parentPort, workerData } from 'node:worker_threads'
import type { Table } from '../../recording/table.ts'
import { benchBackend } from './bench-backend.ts'
import type { BenchRun } from './bench-results.ts'
import type { PromptVectors } from './replay.ts'
import { runUnit, type Unit, type UnitShared } from './table-unit.ts'
import { packError, type ThreadError } from './thread-error.ts'

/** What every worker is born with. */
export interface WorkerShared {
  readonly tables: readonly Table[]
  /** By table, then prompt. */
  readonly vectors: readonly (readonly PromptVectors[])[]
  readonly shared: UnitShared
}

export type WorkerReply = { readonly runs: readonly BenchRun[] } | { readonly error: ThreadError }

const { tables, vectors, shared }: WorkerShared = workerData
const backend = benchBackend()

parentPort?.on('message', (unit: Unit) => {
  let reply: WorkerReply
  try {
    reply = { runs: runUnit(unit, tables[unit.table]!, vectors[unit.table]!, shared, backend) }
  } catch (error) {
    reply = { error: packError(error) }
  }
  parentPort?.postMessage(reply)
})
