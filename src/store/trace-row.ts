import { hash } from 'node:crypto'
import { CorruptError } from '../errors.ts'
import type { TraceRecord } from '../history/trace.ts'

/** A trace as it is stored. */
export interface TraceRow {
  readonly action: number
  readonly position: number
  readonly candidate: number | null
  readonly example: number | null
  readonly holdout: number
  /** The trace as JSON. */
  readonly payload: string
  readonly checksum: string
}

export function toRow({ action, position, candidate, example, holdout, trace }: TraceRecord): TraceRow {
  const payload = JSON.stringify(trace)
  const key = { action, position, candidate: candidate ?? null, example: example ?? null, holdout: holdout ? 1 : 0 }
  return { ...key, payload, checksum: checksumOf({ ...key, payload }) }
}

/** @throws CorruptError when it is not what was written. */
export function fromRow(row: TraceRow, study: string, where: string): TraceRecord {
  const { action, position, candidate, example, holdout } = row
  if (checksumOf(row) !== row.checksum) {
    throw new CorruptError(
      `study ${study} is damaged: the trace of action ${action}, position ${position}, is not what was written`,
      { where, remedy: 'Restore the study from a backup or an export.' },
    )
  }
  return {
    action,
    position,
    ...(candidate === null ? {} : { candidate }),
    ...(example === null ? {} : { example }),
    ...(holdout ? { holdout: true } : {}),
    trace: JSON.parse(row.payload),
  }
}

function checksumOf({ action, position, candidate, example, holdout, payload }: Omit<TraceRow, 'checksum'>): string {
  return hash('sha256', `${action} ${position} ${candidate} ${example} ${holdout}\n${payload}`).slice(0, 16)
}
