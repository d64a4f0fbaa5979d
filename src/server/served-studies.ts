/**
 * The studies a server has open: each under its writer's lease, and on the disk before an answer is sent.
 *
 * @module
 */
import { followJournal } from '../engine/follow-journal.ts'
import { createJournal } from '../engine/journal.ts'
import { ConflictError, InvalidArgumentError, InvalidInputError } from '../errors.ts'
import type { Backend } from '../numerics/linalg/index.ts'
import { type Candidate, candidateText } from '../prompt/candidate.ts'
import type { LiveStudy } from '../run/run-task.ts'
import { isSameBudget } from '../run/same-study.ts'
import { loadStudy } from '../store/load-study.ts'
import type { Store, StudyLease } from '../store/store.ts'
import { configOf, createStudy, environmentOf, policyFor, type StudyOptions } from '../study/create-study.ts'
import type { AskedEvent, StudyConfig, StudyEvent } from '../study/events.ts'
import type { Budget } from '../study/ledger.ts'
import { foldEvents } from '../study/state.ts'
import { openStudy, type Study } from '../study/study.ts'
import { indexRequests } from './asked-requests.ts'
import { type Control, createControl } from './control.ts'
import type { Audience } from './live/audience.ts'

export interface ServedStudy {
  readonly name: string
  readonly study: Study
  /** Every event of the study, in order. */
  readonly log: readonly StudyEvent[]
  /** Indices of the pool by {@link candidateKey}. */
  readonly byKey: ReadonlyMap<string, number>
  /** What a request to ask got, by its idempotency key. */
  actionsOf(request: string): readonly AskedEvent[]
  /** Resolves when all that was done so far is on the disk; wakes who follows the log. */
  commit(): Promise<void>
  /** Events that are on the disk. */
  readonly committed: number
  /** Resolves at the next commit, or when the study is closed. */
  changed(): Promise<void>
  readonly closed: boolean
  readonly control: Control
  /** Who measures it, where that is no client of this server. */
  readonly runner?: Pick<LiveStudy, 'introduce' | 'inputOf'>
  /** Who watches it, where a run waits for them. */
  readonly audience?: Audience
}

/** What makes two candidates the same: their text and parameters. */
export function candidateKey(candidate: Omit<Candidate, 'id'>): string {
  return JSON.stringify([candidateText({ id: '', ...candidate }), candidate.parameters ?? {}])
}

export interface ServedStudies {
  /** @throws ConflictError when a study of that name asks for something else. */
  create(options: StudyOptions & { readonly name: string }): Promise<{ served: ServedStudy; created: boolean }>
  /** @throws UnknownStudyError when there is no such study; ConflictError when another process writes it. */
  open(name: string): Promise<ServedStudy>
  delete(name: string): Promise<void>
  /** Closes every study; what was told is stored. */
  close(): Promise<void>
}

/** How long a study is kept open that nobody asks about: then it is free for a run, or another server. */
const IDLE = 600_000

/**
 * @param idle Milliseconds after which a study that nobody asks about is closed; the next request opens it again.
 * @example
 * const studies = createServedStudies(createMemoryStore(), backend)
 * const { served } = await studies.create({ name: 'triage', pool, exampleCount: 10 })
 * served.study.ask().kind // 'evaluate'
 */
export function createServedStudies(store: Store, backend: Backend, idle = IDLE): ServedStudies {
  const open = new Map<string, Promise<Opened>>()
  const leaving = new Map<string, Promise<void>>()

  const closeIdle = async () => {
    for (const [name, promise] of [...open]) {
      const entry = await promise.catch(() => undefined)
      // What was paused or stopped by hand is so for as long as it is open.
      if (entry?.control.state !== 'running' || performance.now() - entry.lastUsed < idle) continue
      if (open.get(name) !== promise) continue
      open.delete(name)
      const left = entry.close().catch(() => undefined)
      leaving.set(name, left)
      void left.then(() => leaving.delete(name))
    }
  }
  const sweep = setInterval(() => void closeIdle(), idle / 10).unref()

  const start = async (name: string, options?: StudyOptions): Promise<Opened> => {
    await leaving.get(name)
    const isStored = (await store.find(name)) !== undefined
    if (options === undefined && !isStored) throw unknownStudy(name)
    // Before the store hears of it: what is refused leaves nothing behind.
    const draft = options === undefined || isStored ? undefined : draftOf(options)
    const lease = await store.acquire(name)
    try {
      return serve(name, lease, await studyOf(name, () => draft ?? (options && draftOf(options))))
    } catch (error) {
      await lease.release()
      throw error
    }
  }

  const draftOf = (options: StudyOptions) => createStudy({ ...options, backend, keepLog: false })

  const studyOf = async (name: string, draftIfNew: () => Study | undefined) => {
    const log: StudyEvent[] = []
    const fold = await loadStudy(store, name, (event) => {
      log.push(event)
      return event
    })
    if (fold) {
      const { policy, policyOptions } = fold.state.config
      const chosen = { policy, ...(policyOptions ? { policyOptions } : {}) }
      return { study: openStudy(fold, environmentOf(chosen, backend, log)), log, created: false }
    }
    // A process that died between making the study and its first event left an empty one.
    const draft = draftIfNew()
    if (draft === undefined) throw unknownStudy(name)
    const events = draft.drain()
    log.push(...events)
    const { policy, policyOptions } = draft.state.config
    const environment = environmentOf({ policy, ...(policyOptions ? { policyOptions } : {}) }, backend, log)
    return { study: openStudy(foldEvents(events), environment, events), log, created: true }
  }

  const opened = (name: string, options?: StudyOptions): Promise<Opened> => {
    let promise = open.get(name)
    if (!promise) {
      promise = start(name, options)
      open.set(name, promise)
      promise.catch(() => open.delete(name))
    }
    void promise.then(
      (entry) => entry.use(),
      () => undefined,
    )
    return promise
  }

  return {
    async create(options) {
      const known = open.has(options.name)
      const entry = await opened(options.name, options)
      if (entry.created && !known) {
        await entry.commit()
        return { served: entry, created: true }
      }
      checkSame(entry.study, options, backend)
      await giveBudget(entry, options.budget)
      return { served: entry, created: false }
    },
    open: (name) => opened(name),
    async delete(name) {
      const entry = open.get(name)
      open.delete(name)
      await (await entry?.catch(() => undefined))?.close()
      if (!(await store.find(name))) throw unknownStudy(name)
      await store.delete(name)
    },
    async close() {
      clearInterval(sweep)
      const entries = [...open.values()]
      open.clear()
      for (const entry of entries) await (await entry.catch(() => undefined))?.close()
      await Promise.all(leaving.values())
    },
  }
}

interface Opened extends ServedStudy {
  readonly created: boolean
  /** When it was asked about last, by `performance.now`. */
  readonly lastUsed: number
  use(): void
  close(): Promise<void>
}

function serve(
  name: string,
  lease: StudyLease,
  { study, log, created }: { readonly study: Study; readonly log: readonly StudyEvent[]; readonly created: boolean },
): Opened {
  const journal = followJournal(createJournal(study, lease), () => log.length, created ? 0 : log.length)
  const control = createControl()
  control.onChange(() => journal.wake())
  const keys = indexKeys(study)
  let closed = false
  let lastUsed = performance.now()
  const use = () => {
    lastUsed = performance.now()
  }
  return {
    name,
    study,
    log,
    created,
    control,
    get byKey() {
      return keys.byKey
    },
    actionsOf: indexRequests(log),
    get committed() {
      return journal.committed
    },
    get closed() {
      return closed
    },
    get lastUsed() {
      return lastUsed
    },
    use,
    commit: () => journal.commit(),
    changed() {
      // Who follows it asks for this again and again.
      use()
      return closed ? Promise.resolve() : journal.changed()
    },
    async close() {
      if (closed) return
      closed = true
      try {
        await journal.commit()
      } finally {
        await lease.release()
        journal.wake()
      }
    },
  }
}

/** Indices of a pool by content, for as long as it grows. */
export function indexKeys({ state: { candidates } }: Study): Pick<ServedStudy, 'byKey'> {
  const byKey = new Map<string, number>()
  let indexed = 0
  return {
    get byKey() {
      for (; indexed < candidates.length; indexed++) {
        const key = candidateKey(candidates[indexed]!)
        if (!byKey.has(key)) byKey.set(key, indexed)
      }
      return byKey
    },
  }
}

/** A request to create what exists is answered with it where it is the same, so that a repeated one does no harm. */
function checkSame(study: Study, options: StudyOptions & { readonly name: string }, backend: Backend): void {
  const before = study.state.config
  // What was asked for is not always what is there: for a space alone, the default policy is another.
  const isMeant = options.policy === undefined || policyFor(options) === before.policy
  const now = configOf({ ...options, policy: isMeant ? before.policy : options.policy! }, backend.name)
  for (const key of Object.keys({ ...before, ...now }) as (keyof StudyConfig)[]) {
    if (JSON.stringify(before[key]) === JSON.stringify(now[key])) continue
    throw new ConflictError(
      `study ${options.name} exists with another ${key}: ${JSON.stringify(before[key])}, now ${JSON.stringify(now[key])}`,
      { remedy: 'Name another study, or delete this one.' },
    )
  }
  for (const [place, given] of (options.pool ?? []).entries()) {
    const item = typeof given === 'string' ? { id: String(place + 1), text: given } : given
    const candidate = 'candidate' in item ? item.candidate : item
    const stored = study.state.candidates[study.state.indexById.get(candidate.id) ?? -1]
    if (stored && candidateKey(stored) === candidateKey(candidate)) continue
    throw new ConflictError(`study ${options.name} exists with another pool[${place}]`, {
      remedy: 'Name another study, or add candidates to this one.',
    })
  }
}

/** A budget that is given is the study's from then on, as where a run goes on; without one it keeps its own. */
async function giveBudget({ study, commit }: Opened, budget: Budget = {}): Promise<void> {
  if (Object.keys(budget).length === 0 || isSameBudget(study.state.ledger.limits, budget)) return
  study.setBudget(budget)
  await commit()
}

/** @throws ConflictError when the search of a run is over. */
export function openFor(served: ServedStudy): ServedStudy {
  if (served.control.state !== 'over') return served
  throw new ConflictError('the search is over', { remedy: 'Run it again with more budget.' })
}

/** There is no study of that name. */
export class UnknownStudyError extends InvalidInputError {}

export function unknownStudy(name: string): UnknownStudyError {
  return new UnknownStudyError(`there is no study ${name}`, { remedy: 'Create it first.' })
}

/**
 * @throws InvalidArgumentError when the pool has no such candidate.
 */
export function indexOf(
  { study, byKey, name }: ServedStudy,
  reference: { readonly id: string } | { readonly index: number } | { readonly text: string },
): number {
  let index: number | undefined
  if ('index' in reference) index = reference.index < study.state.candidates.length ? reference.index : undefined
  else if ('id' in reference) index = study.state.indexById.get(reference.id)
  else index = byKey.get(candidateKey(reference))
  if (index !== undefined) return index
  throw new InvalidArgumentError(`study ${name} has no candidate ${JSON.stringify(reference).slice(0, 200)}`, {
    remedy: 'Add it to the pool first.',
  })
}
