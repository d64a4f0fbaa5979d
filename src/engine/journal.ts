import type { StudyLease } from '../store/store.ts'
import type { Study } from '../study/study.ts'

/** Puts what a study did on the disk. */
export interface Journal {
  /**
   * Resolves when everything the study did before this call is durable. Calls made in one turn of the event loop share
   * one append, so that results that arrive together cost one write.
   */
  commit(): Promise<void>
}

/**
 * @example
 * const store = createMemoryStore()
 * await createJournal(study, await store.acquire('tickets')).commit()
 * const stored = await loadStudy(store, 'tickets')
 * stored?.state.config.name // 'tickets': what the study did is safe now
 */
export function createJournal(study: Study, lease: Pick<StudyLease, 'append'>): Journal {
  let scheduled: Promise<void> | undefined
  let broken: unknown
  return {
    commit() {
      if (broken !== undefined) return Promise.reject(broken)
      scheduled ??= new Promise<void>((resolve, reject) => {
        setImmediate(() => {
          scheduled = undefined
          lease.append(study.drain()).then(resolve, (error) => {
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
