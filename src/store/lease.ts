import { ConflictError } from '../errors.ts'
import type { TraceRecord } from '../history/trace.ts'
import { type BatchRow, chainChecksum } from './chain.ts'
import { compact } from './compact.ts'
import type { StudyLease } from './store.ts'

export interface LeaseHolding {
  readonly study: string
  /** Milliseconds between signs of life. */
  readonly heartbeat: number
  /** Events stored so far. */
  readonly length: number
  /** Checksum of everything stored so far. */
  readonly head: string
  beat(): Promise<void>
  /** `row` is absent where an append has traces alone. */
  write(row: BatchRow | undefined, traces: readonly TraceRecord[]): Promise<void>
  drop(): Promise<void>
}

/** A lease that says it is alive until it is released, and numbers what it appends. */
export function holdLease(holding: LeaseHolding): StudyLease {
  let { length, head } = holding
  let held = true
  let last: Promise<void> = Promise.resolve()
  // A missed beat is no reason to stop: the next append finds out whether the lease is really lost.
  const timer = setInterval(() => void holding.beat().catch(() => {}), holding.heartbeat)
  timer.unref()
  return {
    study: holding.study,
    async append(events, traces = [], at = Date.now()) {
      if (!held)
        throw new ConflictError(`the lease on study ${holding.study} is not held any more`, {
          remedy: 'Acquire it again: another writer may have gone on with the study.',
        })
      if (events.length + traces.length === 0) return
      const payload = JSON.stringify(events.map(compact)).slice(1, -1)
      // One after another: an append is numbered only when the one before it is known to be stored.
      const append = last.then(async () => {
        if (events.length === 0) return holding.write(undefined, traces)
        const row = { seq: length, count: events.length, at, payload }
        const checksum = chainChecksum(head, row)
        await holding.write({ ...row, checksum }, traces)
        length += events.length
        head = checksum
      })
      last = append.catch(() => {})
      await append
    },
    async release() {
      if (!held) return
      held = false
      clearInterval(timer)
      await holding.drop()
    },
  }
}
