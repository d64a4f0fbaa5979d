import type { TraceRecord } from '../history/trace.ts'
import type { StudyLease } from '../store/store.ts'
import type { Study } from '../study/study.ts'

/** Puts what a study did on the disk. */
export interface Journal {
  /**
   * Keeps a trace with the next commit: in one transaction with the events that the study has not stored yet.
   *
   * @returns Whether it will be kept: a study that stores no texts keeps none.
   */
  keep(trace: TraceRecord): boolean
  /**
   * Resolves when everything the study did before this call is durable. Calls made in one turn of the event loop share
   * one append, so that results that arrive together cost one write.
   */
  commit(): Promise<void>
}

export interface JournalOptions {
  /** Keeps the texts behind results. @defaultValue true */
  readonly keepTraces?: boolean
}

/**
 * @example
 * const store = createMemoryStore()
 * await createJournal(study, await store.acquire('tickets')).commit()
 * const stored = await loadStudy(store, 'tickets')
 * stored?.state.config.name // 'tickets': what the study did is safe now
 */
export function createJournal(
  study: Study,
  lease: Pick<StudyLease, 'append'>,
  { keepTraces = true }: JournalOptions = {},
): Journal {
  let scheduled: Promise<void> | undefined
  let broken: unknown
  let traces: TraceRecord[] = []
  return {
    keep(trace) {
      if (keepTraces) traces.push(trace)
      return keepTraces
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
