import type { Journal } from './journal.ts'

/** A journal that tells how far it is, to followers of the log. */
export interface FollowedJournal extends Journal {
  /** Events that are on the disk. */
  readonly committed: number
  /** Resolves at the next commit that brought something, or when {@link wake} is called. */
  changed(): Promise<void>
  wake(): void
}

/**
 * @param length How many events the study has, stored or not.
 * @param stored How many of them were stored before.
 * @example
 * const lease = await createMemoryStore().acquire('tickets')
 * const journal = followJournal(createJournal(study, lease), () => study.state.length)
 * await journal.commit()
 * journal.committed === study.state.length // true
 */
export function followJournal(journal: Journal, length: () => number, stored = 0): FollowedJournal {
  let committed = stored
  let waiting: (() => void)[] = []
  const wake = () => {
    const woken = waiting
    waiting = []
    for (const resume of woken) resume()
  }
  return {
    keep: (trace) => journal.keep(trace),
    recall: (action) => journal.recall(action),
    async commit() {
      const reached = length()
      await journal.commit()
      if (reached <= committed) return
      committed = reached
      wake()
    },
    get committed() {
      return committed
    },
    changed: () => new Promise((resolve) => waiting.push(resolve)),
    wake,
  }
}
