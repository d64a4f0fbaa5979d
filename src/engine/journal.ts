import type { TraceRecord } from '../history/trace.ts'
import type { Store, StudyLease } from '../store/store.ts'
import type { StudyJournal } from '../study/audiences.ts'

/** Puts what a study did on the disk. */
export interface Journal {
  /**
   * Keeps a trace with the next commit: in one transaction with the events that the study has not stored yet.
   *
   * @returns Whether it will be kept: a study that stores no texts keeps none.
   */
  keep(trace: TraceRecord): boolean
  /** The traces of an action that were kept by an earlier process, or by this one. */
  recall(action: number): Promise<readonly TraceRecord[]>
  /**
   * Resolves when everything the study did before this call is durable. Calls made in one turn of the event loop share
   * one append, so that results that arrive together cost one write.
   */
  commit(): Promise<void>
}

export interface JournalOptions {
  /** Keeps the texts behind results. @defaultValue true */
  readonly keepTraces?: boolean
  /** Where traces of earlier processes are read. @defaultValue nowhere: there is no earlier process */
  readonly store?: Pick<Store, 'traces'>
}

/**
 * @example
 * const store = createMemoryStore()
 * await createJournal(study, await store.acquire('tickets')).commit()
 * const stored = await loadStudy(store, 'tickets')
 * stored?.state.config.name // 'tickets': what the study did is safe now
 */
export function createJournal(
  study: Pick<StudyJournal, 'state' | 'drain'>,
  lease: Pick<StudyLease, 'append'>,
  { keepTraces = true, store }: JournalOptions = {},
): Journal {
  let scheduled: Promise<void> | undefined
  let broken: unknown
  let traces: TraceRecord[] = []
  return {
    keep(trace) {
      if (keepTraces) traces.push(trace)
      return keepTraces
    },
    async recall(action) {
      const found: TraceRecord[] = []
      if (!store) return found
      for await (const records of store.traces(study.state.config.name, { action })) found.push(...records)
      return found
    },
    commit() {
      if (broken !== undefined) return Promise.reject(broken)
      scheduled ??= new Promise<void>((resolve, reject) => {
        setImmediate(() => {
          scheduled = undefined
          const kept = traces
          traces = []
          lease.append(study.drain(), kept).then(resolve, (error) => {
            // What was drained is lost to the log, so nothing may follow it.
            broken = error
            reject(error)
          })
        })
      })
      return scheduled
    },
  }
}
