import { ConflictError } from '../errors.ts'
import type { TraceRecord } from '../history/trace.ts'
import type { StudyEvent } from '../study/events.ts'
import { checkStudyName, unknownStudy } from './errors.ts'
import type { Store, StoredBatch } from './store.ts'
import { tailOf } from './tail.ts'

interface Kept {
  readonly createdAt: number
  readonly batches: StoredBatch[]
  readonly traces: TraceRecord[]
  holder: object | undefined
}

/**
 * A store that lasts as long as the process: for tests, and for searches that are never resumed.
 *
 * @example
 * const store = createMemoryStore()
 * await store.acquire('tickets')
 * await store.find('tickets') // { name: 'tickets', length: 0, … }
 */
export function createMemoryStore(): Store {
  const studies = new Map<string, Kept>()
  const lengthOf = (kept: Kept) => kept.batches.reduce((sum, batch) => sum + batch.events.length, 0)
  const get = (name: string): Kept => {
    const kept = studies.get(name)
    if (!kept) throw unknownStudy(name, [...studies.keys()])
    return kept
  }
  const describe = (name: string, kept: Kept) => ({ name, createdAt: kept.createdAt, length: lengthOf(kept) })

  return {
    location: 'memory:',
    async list() {
      return [...studies].map(([name, kept]) => describe(name, kept))
    },
    async find(name) {
      const kept = studies.get(name)
      return kept && describe(name, kept)
    },
    async acquire(name) {
      checkStudyName(name)
      const kept = studies.get(name) ?? { createdAt: Date.now(), batches: [], traces: [], holder: undefined }
      studies.set(name, kept)
      if (kept.holder) {
        throw new ConflictError(`study ${name} is being written by this process (pid ${process.pid})`, {
          remedy: 'Wait until it ends, or use another study name.',
        })
      }
      const token = {}
      kept.holder = token
      return {
        study: name,
        async append(events, traces = [], at = Date.now()) {
          if (kept.holder !== token)
            throw new ConflictError(`the lease on study ${name} is not held any more`, {
              remedy: 'Acquire it again: another writer may have gone on with the study.',
            })
          if (events.length > 0) kept.batches.push({ at, events: structuredClone(events) as StudyEvent[] })
          kept.traces.push(...structuredClone(traces))
        },
        async release() {
          if (kept.holder === token) kept.holder = undefined
        },
      }
    },
    async *read(name, { from = 0 } = {}) {
      yield tailOf(get(name).batches, from)
    },
    async *traces(name, { action, candidate } = {}) {
      yield get(name)
        .traces.filter((record) => action === undefined || record.action === action)
        .filter((record) => candidate === undefined || record.candidate === candidate)
        .sort((a, b) => a.action - b.action || a.position - b.position)
    },
    async delete(name) {
      if (get(name).holder)
        throw new ConflictError(`study ${name} is being written by this process (pid ${process.pid})`, {
          remedy: 'Release its lease first.',
        })
      studies.delete(name)
    },
    check: async () => [],
    async close() {},
  }
}
