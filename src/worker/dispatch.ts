/**
 * The coordinator's side: an evaluator that measures nothing itself. A cell becomes a job in the queue; the worker that takes
 * it asks here for every call, so that budget and rate limits are one for all; what it finds comes back as a letter, which
 * stays in the store until the result is in the log.
 *
 * @module
 */
import type { PgBoss } from 'pg-boss'
import type { CallReport, CallReservation, Evaluation, EvaluationRequest, Evaluator } from '../evaluation/evaluator.ts'
import { publicModelName } from '../evaluation/models/model-name.ts'
import type { Generation } from '../evaluation/text-model.ts'
import { createThrottle, type Throttle, type ThrottleOptions } from '../evaluation/throttle.ts'
import { failure as failureOf } from '../history/failure.ts'
import { namesOf, QUEUE_SCHEMA } from '../store/postgres/left-behind.ts'
import type { Store, StudyLease } from '../store/store.ts'
import type { StudyEvent } from '../study/events.ts'
import type { Task } from '../task/task.ts'
import { LIVING, type Link, openLink } from './link.ts'
import { type Letter, type Mailbox, openMailbox } from './mailbox.ts'
import {
  type Ask,
  type CellJob,
  cellKey,
  keyOf,
  NEWS,
  type QueuedCell,
  type Take,
  type ToCoordinator,
  type ToWorker,
  workerMailbox,
} from './messages.ts'
import { openQueue, QUEUE_OPTIONS, RETRIES, RETRIES_ALONE } from './queue.ts'
import { shareTask } from './shared-task.ts'

export interface DispatchOptions {
  /** Of the store. */
  readonly address: string
  readonly store: Store
  readonly study: string
  readonly task: Task
  /** Says what a cell costs at most and what its scores depend on; it measures nothing. */
  readonly evaluator: Evaluator
  /** What the task's model takes, from all workers together. */
  readonly limits?: Pick<ThrottleOptions, 'requestsPerMinute' | 'tokensPerMinute'>
  /** Told when workers come and go. */
  readonly onWorkers?: (workers: number) => void
}

export interface Dispatcher {
  readonly evaluator: Evaluator
  /** To run the study on: what is in its log is taken out of the mailbox. */
  readonly store: Store
  /** Cells that workers take at once; 1 while there is no worker. */
  room(): number
  close(): Promise<void>
}

interface OpenCell {
  readonly request: EvaluationRequest
  readonly queued: QueuedCell
  /** When it was last put into the queue, in milliseconds. */
  since: number
  /** The worker that took it last. */
  by?: Take
  /** Calls that were granted: ends the wait for what each took. */
  readonly calls: Map<string, (end: CallEnd) => void>
  finish(evaluation: Evaluation): void
}

type CallEnd = { readonly report: CallReport } | 'unsent' | 'unknown'

/** How often workers are looked after, in milliseconds. */
const ROUND = 1_000
/** How long a cell without a known worker may still be asked for again, in milliseconds. */
const PATIENCE = 3_000

/**
 * @throws UnavailableError when the database cannot be reached, or a package is missing.
 */
export async function openDispatcher(options: DispatchOptions): Promise<Dispatcher> {
  const { study, store } = options
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

  function watched(lease: StudyLease, coordinator: Coordinator): StudyLease {
    return {
      study,
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
}

interface Coordinator {
  measure(request: EvaluationRequest & { readonly rival?: CellJob['candidate'] }): Promise<Evaluation>
  /** These are in the log. */
  stored(events: readonly StudyEvent[]): void
  room(): number
  /** The log takes no more from here: it may belong to another process by now. */
  fail(): void
  end(): Promise<void>
}

async function coordinate(options: DispatchOptions, link: Link, boss: PgBoss): Promise<Coordinator> {
  const { task, evaluator, study } = options
  const { queue, dead, mailbox: own } = namesOf(study)
  const open = new Map<string, OpenCell>()
  /** Results of cells that were not asked for again yet. */
  const results = new Map<string, Evaluation>()
  /** Letters with results, by cell. */
  const kept = new Map<string, number[]>()
  const early = new Map<Letter<Ask>, number>()
  const takes = new Map<string, Take>()
  const throttles = new Map<string, Throttle>()
  let slots = 0
  let living = -1
  /** When the first cell was wanted, in milliseconds. */
  let begun: number | undefined
  let concluded = false
  let broken = false
  let ended = false

  await boss.createQueue(dead, { deleteAfterSeconds: QUEUE_OPTIONS.deleteAfterSeconds })
  await boss.createQueue(queue, { ...QUEUE_OPTIONS, deadLetter: dead })
  /** Cells that wait for a worker, that one is at, or that none could do; a coordinator before this one may have put them there. */
  const queued = async () => {
    const rows = await link.query<{ key: string }>(
      `select data->>'key' as key from ${QUEUE_SCHEMA}.job where name in ($1, $2) and state < 'completed'`,
      [queue, dead],
    )
    return new Set(rows.map(({ key }) => key))
  }
  const underWay = await queued()

  const throttleOf = (model: string): Throttle => {
    let throttle = throttles.get(model)
    if (!throttle) {
      const isOwn = task.model !== undefined && model === publicModelName(task.model)
      const limits = isOwn ? options.limits : undefined
      throttle = createThrottle({ concurrency: Number.POSITIVE_INFINITY, ...limits })
      throttles.set(model, throttle)
    }
    return throttle
  }

  const mailbox: Mailbox<ToCoordinator> = await openMailbox(link, own, () => void look())
  const answer = (letter: Letter<Ask>, said: ToWorker['answer']) => {
    const { ask, worker } = letter.body
    mailbox.remove([letter.id])
    void mailbox.post(workerMailbox(worker), { type: 'answer', ask, answer: said } satisfies ToWorker)
  }

  const grant = async (cell: OpenCell, letter: Letter<Ask>) => {
    const { ask, estimate } = letter.body
    let answered = false
    const say = (said: ToWorker['answer']) => {
      answered = true
      answer(letter, said)
    }
    const send = async (): Promise<Generation> => {
      const held = cell.calls.has(ask) ? undefined : await cell.request.reserve?.(estimate)
      if (!held) {
        say(cell.request.signal?.aborted ? 'gone' : 'refused')
        return UNSENT
      }
      say('granted')
      return settle(held, await new Promise<CallEnd>((resolve) => cell.calls.set(ask, resolve)))
    }
    const { signal } = cell.request
    await throttleOf(estimate.model).run(send, {
      tokens: estimate.inputTokens + estimate.maxOutputTokens,
      ...(signal ? { signal } : {}),
    })
    if (!answered) say('gone')
  }

  const receive = (letter: Letter<ToCoordinator>) => {
    const { id, body } = letter
    const cell = open.get(body.key)
    switch (body.type) {
      case 'ask':
        if (cell) void grant(cell, letter as Letter<Ask>)
        else early.set(letter as Letter<Ask>, Date.now())
        return
      case 'take':
        if (cell) cell.by = body
        else takes.set(body.key, body)
        mailbox.remove([id])
        return
      case 'settle':
      case 'release':
        cell?.calls.get(body.ask)?.(body.type === 'settle' ? { report: body.report } : 'unsent')
        cell?.calls.delete(body.ask)
        mailbox.remove([id])
        return
      case 'finish': {
        const name = body.key.slice(0, body.key.lastIndexOf('/'))
        kept.set(name, [...(kept.get(name) ?? []), id])
        if (cell) cell.finish(body.evaluation)
        else results.set(body.key, body.evaluation)
      }
    }
  }
  let looking: Promise<void> | undefined
  let again = false
  const look = async () => {
    if (looking) {
      again = true
      return looking
    }
    looking = (async () => {
      do {
        again = false
        for (const letter of await mailbox.collect()) receive(letter)
      } while (again && !ended)
    })()
      .catch(() => {})
      .finally(() => {
        looking = undefined
      })
    await looking
  }

  let jobs: QueuedCell[] = []
  let sending: Promise<void> | undefined
  const send = (job: QueuedCell) => {
    jobs.push(job)
    sending ??= new Promise((resolve) => setImmediate(resolve)).then(async () => {
      sending = undefined
      const all = jobs
      jobs = []
      await boss.insert(
        queue,
        all.map((data) => ({ data })),
      )
      await link.query('select pg_notify($1, $2)', [NEWS, queue])
    })
    return sending
  }

  const round = async () => {
    for (const [letter, since] of early) {
      if (begun === undefined || Date.now() - Math.max(since, begun) < PATIENCE) continue
      early.delete(letter)
      answer(letter, 'gone')
    }
    const workers = await link.query<{ id: number; slots: number }>(
      `select id, slots from workers join pg_locks on locktype = 'advisory' and classid = $1 and objid = id and granted
      where database = (select oid from pg_database where datname = current_database())`,
      [LIVING],
    )
    slots = workers.reduce((sum, worker) => sum + worker.slots, 0)
    if (workers.length !== living) options.onWorkers?.(workers.length)
    living = workers.length
    let news = false
    const alive = new Set(workers.map(({ id }) => id))
    for (const cell of open.values()) {
      const { by } = cell
      if (!by || alive.has(by.worker)) continue
      delete cell.by
      // Its connection is gone, and so is the worker: another worker takes the cell, now.
      await boss.fail(queue, { id: by.job, retryCount: by.attempt }, { message: `worker ${by.worker} is gone` })
      news = true
    }
    const old = [...open].filter(([, { since }]) => Date.now() - since > PATIENCE)
    const there = old.length > 0 ? await queued() : undefined
    const lost = old.filter(([key]) => !there!.has(key))
    // A result is posted before its job is done.
    if (lost.length > 0) await look()
    for (const [key, cell] of lost) {
      if (open.get(key) !== cell) continue
      cell.since = Date.now()
      await send(cell.queued)
    }
    if (news) await link.query('select pg_notify($1, $2)', [NEWS, queue])
  }
  let rounding = false
  const timer = setInterval(() => {
    if (rounding) return
    rounding = true
    round()
      .catch(() => {})
      .finally(() => {
        rounding = false
      })
  }, ROUND)

  timer.unref()

  await link.query(
    `insert into jobs (queue, study, evaluator, fingerprint, task) values ($1, $2, $3, $4, $5)
    on conflict (queue) do update set evaluator = excluded.evaluator, fingerprint = excluded.fingerprint, task = excluded.task`,
    [queue, study, evaluator.id, task.fingerprint, JSON.stringify(shareTask(task) ?? null)],
  )
  await link.query('select pg_notify($1, $2)', [NEWS, queue])
  await round()
  await boss.work<QueuedCell>(dead, { pollingIntervalSeconds: 1 }, async ([job]) => {
    const { data } = job!
    const cell = open.get(data.key)
    if (data.alone || !cell) {
      const lost = RETRIES + 1 + RETRIES_ALONE + 1
      const message = `${lost} workers were lost while they measured it, the last of them with nothing else in hand`
      cell?.finish(failed('program', message))
      return
    }
    // It may have been in the same hands as the one that killed them: it gets a worker of its own.
    cell.since = Date.now()
    await boss.insert(queue, [{ data: { ...data, alone: true }, retryLimit: RETRIES_ALONE }])
    await link.query('select pg_notify($1, $2)', [NEWS, queue])
  })
  await look()

  return {
    async measure({ cell: name, candidate, rival, example, repeat, seed, signal, reserve }) {
      const job = { cell: name!, candidate, ...(rival ? { rival } : {}), example, repeat, seed }
      const key = keyOf(job)
      begun ??= Date.now()
      const found = results.get(key)
      if (found) {
        results.delete(key)
        return found
      }
      return new Promise<Evaluation>((resolve, reject) => {
        const leave = () => cell.finish(failed('cancelled', 'cancelled before a worker had measured it'))
        const cell: OpenCell = {
          request: { candidate, example, repeat, seed, ...(signal ? { signal } : {}), ...(reserve ? { reserve } : {}) },
          queued: { key, job: JSON.stringify(job) },
          since: Date.now(),
          calls: new Map(),
          finish(evaluation) {
            if (!open.delete(key)) return
            signal?.removeEventListener('abort', leave)
            for (const end of cell.calls.values()) end('unknown')
            resolve(evaluation)
          },
        }
        open.set(key, cell)
        const by = takes.get(key)
        if (by && takes.delete(key)) cell.by = by
        signal?.addEventListener('abort', leave, { once: true })
        if (signal?.aborted) return leave()
        if (!underWay.delete(key)) send(cell.queued).catch(reject)
        for (const letter of early.keys()) {
          if (letter.body.key === key && early.delete(letter)) void grant(cell, letter)
        }
      })
    },
    stored(events) {
      for (const event of events) {
        if (event.type === 'concluded') concluded = true
        if (event.type !== 'told') continue
        const name = cellKey(event)
        mailbox.remove(kept.get(name) ?? [])
        kept.delete(name)
      }
    },
    room: () => Math.max(1, slots),
    fail() {
      broken = true
    },
    async end() {
      ended = true
      clearInterval(timer)
      for (const throttle of throttles.values()) throttle.close()
      await boss.offWork(dead, { wait: false })
      if (broken) return mailbox.close()
      for (const letter of early.keys()) answer(letter, 'gone')
      await link.query('delete from jobs where queue = $1', [queue])
      await link.query('select pg_notify($1, $2)', [NEWS, queue])
      await boss.deleteQueuedJobs(queue)
      await looking
      await mailbox.close()
      if (!concluded) return
      await boss.deleteQueue(queue)
      await boss.deleteQueue(dead)
      await link.query('delete from messages where recipient = $1', [own])
    },
  }
}

const NOTHING = { inputTokens: 0, outputTokens: 0 }
const UNSENT: Generation = { kind: 'failure', failure: failureOf('cancelled', 'it was not sent'), usage: NOTHING }

/** Settles a call that was granted; one without a report is charged in full when its cell ends. */
function settle(held: CallReservation, end: CallEnd): Generation {
  if (end === 'unknown') return UNSENT
  if (end === 'unsent') {
    held.release()
    return UNSENT
  }
  const { report } = end
  void held.settle(report)
  return report.failure
    ? { kind: 'failure', failure: report.failure, usage: report.usage }
    : { kind: 'text', text: '', usage: report.usage, reason: 'stop' }
}

function failed(kind: 'program' | 'cancelled', message: string): Evaluation {
  return { failure: failureOf(kind, message), usage: NOTHING, calls: 0, cached: false, milliseconds: 0 }
}
