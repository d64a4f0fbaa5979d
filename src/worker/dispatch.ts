/**
 * Has the cells of a study measured by workers: its evaluator, and its store, which is told what is in the log.
 *
 * @module
 */
import type { Evaluator } from '../evaluation/evaluator.ts'
import type { Store, StudyLease } from '../store/store.ts'
import { type CoordinateOptions, type Coordinator, coordinate } from './coordinate.ts'
import { openLink } from './link.ts'
import { openQueue } from './queue.ts'

export interface DispatchOptions extends CoordinateOptions {
  /** Of the store. */
  readonly address: string
  readonly store: Store
}

export interface WorkerDispatch {
  readonly evaluator: Evaluator
  /** To run the study on: what is in its log is taken out of the mailbox. */
  readonly store: Store
  /** Cells that workers take at once; 1 while there is no worker. */
  room(): number
  close(): Promise<void>
}

/**
 * @throws UnavailableError when the database cannot be reached, or a package is missing.
 */
export async function dispatchToWorkers(options: DispatchOptions): Promise<WorkerDispatch> {
  const { store } = options
  const link = await openLink(options.address, 3)
  try {
    const boss = await openQueue(link, true)
    let coordinating: Coordinator | undefined
    return {
      evaluator: {
        ...options.evaluator,
        evaluate: (request) => coordinating!.measure(request),
        ...(options.evaluator.compare ? { compare: (request) => coordinating!.measure(request) } : {}),
      },
      store: {
        ...store,
        async acquire(name) {
          const lease = await store.acquire(name)
          try {
            coordinating = await coordinate(options, link, boss)
            return watched(lease, coordinating)
          } catch (error) {
            await lease.release()
            throw error
          }
        },
      },
      room: () => coordinating?.room() ?? 1,
      async close() {
        await boss.stop({ graceful: false, close: false })
        await link.close()
      },
    }
  } catch (error) {
    await link.close()
    throw error
  }
}

function watched(lease: StudyLease, coordinator: Coordinator): StudyLease {
  return {
    study: lease.study,
    async append(events, traces, at) {
      try {
        await lease.append(events, traces, at)
      } catch (error) {
        coordinator.fail()
        throw error
      }
      coordinator.stored(events)
    },
    async release() {
      try {
        await coordinator.end()
      } finally {
        await lease.release()
      }
    },
  }
}
