/**
 * The coordinator's side: an evaluator that measures nothing itself. A cell becomes a job in the queue. The worker that
 * takes it asks here for every call, so that budget and rate limits are one for all. What it finds comes back as a
 * letter, which stays in the store until the result is in the log.
 *
 * @module
 */
import type { PgBoss } from 'pg-boss'
import { createDispatcher } from '../engine/dispatcher.ts'
import type { Evaluation, EvaluationRequest, Evaluator } from '../evaluation/evaluator.ts'
import type { ThrottleOptions } from '../evaluation/throttle.ts'
import { failure as failureOf } from '../history/failure.ts'
import { namesOf } from '../store/postgres/left-behind.ts'
import type { StudyEvent } from '../study/events.ts'
import type { Task } from '../task/task.ts'
import { openCellQueue } from './cell-queue.ts'
import { type CellCalls, createCallGrants } from './grant-calls.ts'
import { LIVING, type Link } from './link.ts'
import { cellsAhead, createCallTime } from './look-ahead.ts'
import { type Letter, type Mailbox, openMailbox } from './mailbox.ts'
import {
  type Ask,
  type CellJob,
  cellKey,
  keyOf,
  type QueuedCell,
  type Take,
  type ToCoordinator,
  type ToWorker,
  workerMailbox,
} from './messages.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { shareTask } from './shared-task.ts'

export interface CoordinateOptions {
  readonly study: string
  readonly task: Task
  /** Says what a cell costs at most and what its scores depend on; it measures nothing. */
  readonly evaluator: Evaluator
  /** What the task's model takes, from all workers together. */
  readonly limits?: Pick<ThrottleOptions, 'requestsPerMinute' | 'tokensPerMinute'>
  /** Told when workers come and go. */
  readonly onWorkers?: (workers: number) => void
}

export interface Coordinator {
  measure(request: EvaluationRequest & { readonly rival?: CellJob['candidate'] }): Promise<Evaluation>
  /** These are in the log. */
  stored(events: readonly StudyEvent[]): void
  room(): number
  /** The log takes no more from here: it may belong to another process by now. */
  fail(): void
  end(): Promise<void>
}

interface OpenCell {
  readonly queued: QueuedCell
  /** When it was last put into the queue, in milliseconds. */
  since: number
  readonly calls: CellCalls
  /** Its measurement is there. */
  resolve(evaluation: Evaluation): void
}

/** How often workers are looked after, in milliseconds. */
const ROUND = 1_000
/** How long a cell without a known worker may still be asked for again, in milliseconds. */
const PATIENCE = 3_000

export async function coordinate(options: CoordinateOptions, link: Link, boss: PgBoss): Promise<Coordinator> {
  const { task, evaluator, study } = options
  const { mailbox: own } = namesOf(study)
  const dispatcher = createDispatcher<OpenCell, Take>()
  const grants = createCallGrants(task, options.limits)
  /** Results of cells that were not asked for again yet. */
  const results = new Map<string, Evaluation>()
  /** Letters with results, by cell. */
  const kept = new Map<string, number[]>()
  const early = new Map<Letter<Ask>, number>()
  const callTime = createCallTime()
  let slots = 0
  let living = -1
  /** When the first cell was wanted, in milliseconds. */
  let begun: number | undefined
  let concluded = false
  let broken = false

  const queue = await openCellQueue(boss, link, study)
  const underWay = await queue.keys()

  const finish = (key: string, evaluation: Evaluation): boolean => {
    const cell = dispatcher.finish(key)
    cell?.calls.close()
    cell?.resolve(evaluation)
    return cell !== undefined
  }

  const mailbox: Mailbox<ToCoordinator> = await openMailbox(link, own, () => void look())
  const answer = (letter: Letter<Ask>, said: ToWorker['answer']) => {
    const { ask, worker } = letter.body
    mailbox.remove([letter.id])
    void mailbox.post(workerMailbox(worker), { type: 'answer', ask, answer: said } satisfies ToWorker, 'open')
  }
  const grant = (cell: OpenCell, letter: Letter<Ask>) =>
    void cell.calls.grant(letter.body, (said) => answer(letter, said))

  const receive = (letter: Letter<ToCoordinator>) => {
    const { id, body } = letter
    const cell = dispatcher.open.get(body.key)
    switch (body.type) {
      case 'ask':
        if (cell) grant(cell, letter as Letter<Ask>)
        else early.set(letter as Letter<Ask>, Date.now())
        return
      case 'take':
        dispatcher.noteTake(body.key, body)
        mailbox.remove([id])
        return
      case 'settle':
      case 'release':
        if (body.type === 'settle') callTime.note(body.report.milliseconds)
        cell?.calls.end(body.ask, body.type === 'settle' ? { report: body.report } : 'unsent')
        mailbox.remove([id])
        return
      case 'finish': {
        const name = body.key.slice(0, body.key.lastIndexOf('/'))
        kept.set(name, [...(kept.get(name) ?? []), id])
        if (!finish(body.key, body.evaluation)) results.set(body.key, body.evaluation)
      }
    }
  }
  const look = oneAtATime(async () => {
    for (const letter of await mailbox.collect()) receive(letter)
  })

  const countWorkers = async () => {
    const workers = await link.query<{ id: number; slots: number }>(
      `select id, slots from workers join pg_locks on locktype = 'advisory' and classid = $1 and objid = id and granted
      where database = (select oid from pg_database where datname = current_database())`,
      [LIVING],
    )
    slots = workers.reduce((sum, worker) => sum + worker.slots, 0)
    if (workers.length !== living) options.onWorkers?.(workers.length)
    living = workers.length
    return new Set(workers.map(({ id }) => id))
  }
  const round = async () => {
    for (const [letter, since] of early) {
      if (begun === undefined || Date.now() - Math.max(since, begun) < PATIENCE) continue
      early.delete(letter)
      answer(letter, 'gone')
    }
    const alive = await countWorkers()
    // A worker's connection is gone, and so is the worker: another one takes its cells, now.
    const reclaimed = dispatcher.reclaim(({ worker }) => !alive.has(worker))
    await Promise.all(reclaimed.map(({ taker }) => queue.takeAway(taker)))
    const old = [...dispatcher.open].filter(([, { since }]) => Date.now() - since > PATIENCE)
    const there = old.length > 0 ? await queue.keys() : undefined
    const lost = old.filter(([key]) => !there!.has(key))
    // A result is posted before its job is done.
    if (lost.length > 0) await look()
    for (const [key, cell] of lost) {
      if (dispatcher.open.get(key) !== cell) continue
      cell.since = Date.now()
      await queue.send(cell.queued)
    }
    if (reclaimed.length > 0) await queue.call()
  }
  const lookAfter = oneAtATime(round)
  const timer = setInterval(() => void lookAfter(), ROUND)
  timer.unref()

  await link.query(
    `insert into jobs (queue, study, evaluator, fingerprint, task) values ($1, $2, $3, $4, $5)
    on conflict (queue) do update set evaluator = excluded.evaluator, fingerprint = excluded.fingerprint, task = excluded.task`,
    [queue.name, study, evaluator.id, task.fingerprint, JSON.stringify(shareTask(task) ?? null)],
  )
  await queue.announce()
  await round()
  const isWanted = (key: string) => {
    const cell = dispatcher.open.get(key)
    if (cell) cell.since = Date.now()
    return cell !== undefined
  }
  await queue.watchLost(isWanted, (key, message) => finish(key, failed('program', message)))
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
        const leave = () => finish(key, failed('cancelled', 'cancelled before a worker had measured it'))
        const cell: OpenCell = {
          queued: { key, job: JSON.stringify(job) },
          since: Date.now(),
          calls: grants.open({ ...(signal ? { signal } : {}), ...(reserve ? { reserve } : {}) }),
          resolve(evaluation) {
            signal?.removeEventListener('abort', leave)
            resolve(evaluation)
          },
        }
        dispatcher.want(key, cell)
        signal?.addEventListener('abort', leave, { once: true })
        if (signal?.aborted) {
          leave()
          return
        }
        if (!underWay.delete(key)) queue.send(cell.queued).catch(reject)
        for (const letter of early.keys()) {
          if (letter.body.key === key && early.delete(letter)) grant(cell, letter)
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
    room: () => Math.max(1, slots + cellsAhead(slots, callTime)),
    fail() {
      broken = true
    },
    async end() {
      clearInterval(timer)
      grants.close()
      await queue.unwatchLost()
      if (broken) return mailbox.close()
      for (const letter of early.keys()) answer(letter, 'gone')
      await link.query('delete from jobs where queue = $1', [queue.name])
      await queue.announce()
      await queue.clear()
      await look()
      await mailbox.close()
      if (!concluded) return
      await queue.delete()
      await link.query('delete from messages where recipient = $1', [own])
    },
  }
}

function failed(kind: 'program' | 'cancelled', message: string): Evaluation {
  const usage = { inputTokens: 0, outputTokens: 0 }
  return { failure: failureOf(kind, message), usage, calls: 0, cached: false, milliseconds: 0 }
}
