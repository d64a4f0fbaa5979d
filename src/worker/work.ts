/**
 * The worker's side: takes cells of any study in the store, measures them, and asks its coordinator before every call.
 *
 * @module
 */
import { hostname } from 'node:os'
import type { Job, PgBoss } from 'pg-boss'
import type { CallEstimate, CallReservation, Evaluator } from '../evaluation/evaluator.ts'
import { namesOf } from '../store/postgres/left-behind.ts'
import type { Task } from '../task/task.ts'
import { messageOf } from '../text/message-of.ts'
import { type Link, openLink } from './link.ts'
import { createTurns, type Turns } from './look-ahead.ts'
import { type Mailbox, openMailbox, type Postage } from './mailbox.ts'
import { type CellJob, NEWS, type QueuedCell, type ToCoordinator, type ToWorker, workerMailbox } from './messages.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { openQueue } from './queue.ts'
import type { SharedTask } from './shared-task.ts'
import { type Hands, takeCells } from './take-cells.ts'

export interface WorkOptions {
  /** Of the store. */
  readonly address: string
  /** Cells at once. */
  readonly slots: number
  /** Tasks whose files are here; none: any that the store describes. */
  readonly tasks: readonly Task[]
  /** Only this study. */
  readonly study?: string
  readonly open: (task: Task | SharedTask, study: string) => Promise<Evaluator>
  /** Ends the work in order: cells that were begun are finished. */
  readonly signal: AbortSignal
  readonly onNotice?: (notice: string) => void
  readonly onCell?: (study: string) => void
}

/** How often studies are looked for without news of them, in milliseconds. */
const LOOK = 2_000

interface Serving {
  readonly evaluator: Evaluator
  readonly hands: Hands
}

/**
 * Works until the signal is aborted.
 *
 * @throws UnavailableError when the database cannot be reached, or a package is missing.
 */
export async function work(options: WorkOptions): Promise<void> {
  const { slots, signal } = options
  const link = await openLink(options.address, Math.min(4, 1 + Math.ceil(slots / 4)))
  let boss: PgBoss | undefined
  let letters: Mailbox<ToWorker> | undefined
  const serving = new Map<string, Serving | 'refused'>()
  try {
    boss = await openQueue(link, false)
    const [row] = await link.query<{ id: number }>(
      'insert into workers (slots, host, pid) values ($1, $2, $3) returning id',
      [slots, hostname(), process.pid],
    )
    const asks = createAsks(row!.id, () => letters!)
    letters = await openMailbox(link, workerMailbox(row!.id), asks.look)
    await link.hold(row!.id)
    const post = (study: string, message: ToCoordinator, how?: Postage) =>
      letters!.post(namesOf(study).mailbox, message, how)
    await untilAborted(link, signal, async () => {
      const jobs = await link.query<JobRow>('select queue, study, evaluator, fingerprint, task from jobs')
      const wanted = jobs.filter(({ study }) => options.study === undefined || options.study === study)
      for (const [queue, state] of serving) {
        if (wanted.some((job) => job.queue === queue)) continue
        serving.delete(queue)
        if (state === 'refused') continue
        asks.leave(queue)
        await link.forget(queue)
        await state.hands.close()
        await state.evaluator.close()
      }
      for (const state of serving.values()) if (state !== 'refused') state.hands.look()
      for (const job of wanted) {
        if (serving.has(job.queue)) continue
        const evaluator = await admit(job, options)
        if (!evaluator) {
          serving.set(job.queue, 'refused')
          continue
        }
        const { queue, study } = job
        const turns = createTurns(slots, () => hands.fill())
        const place = { queue, evaluator, asks, turns, post: post.bind(undefined, study) }
        const carry = (cell: Job<QueuedCell>) => measure(cell, place).then(() => options.onCell?.(study))
        const hands: Hands = takeCells(boss!, queue, () => turns.capacity, carry)
        serving.set(queue, { evaluator, hands })
        await link.listen(queue, hands.look)
      }
    })
  } finally {
    // What was begun is finished, and told.
    for (const state of serving.values()) if (state !== 'refused') await state.hands.close()
    await letters?.close()
    for (const state of serving.values()) if (state !== 'refused') await state.evaluator.close()
    await boss?.stop({ graceful: false, close: false })
    await link.close()
  }
}

interface JobRow {
  readonly queue: string
  readonly study: string
  readonly evaluator: string
  readonly fingerprint: string
  /** A {@link SharedTask} as JSON; `null` where its file is needed. */
  readonly task: string
}

/** Opens what a study needs to be measured here, unless the scores would be others. */
async function admit(job: JobRow, { tasks, open, onNotice }: WorkOptions): Promise<Evaluator | undefined> {
  const { study } = job
  const shared = JSON.parse(job.task) as SharedTask | null
  const task = tasks.length === 0 ? shared : tasks.find(({ fingerprint }) => fingerprint === job.fingerprint)
  if (!task) {
    if (tasks.length === 0) {
      onNotice?.(`Study ${study} has code or a key of its own: give its task file, krige worker task.yaml --store …`)
    }
    return undefined
  }
  try {
    const evaluator = await open(task, study)
    if (evaluator.id === job.evaluator) {
      onNotice?.(`Measuring for study ${study}.`)
      return evaluator
    }
    onNotice?.(`Study ${study} is left to others: its model file, metric or program is not the one here.`)
    await evaluator.close()
  } catch (error) {
    onNotice?.(`Study ${study} is left to others: ${messageOf(error)}`)
  }
  return undefined
}

/** Where a cell is measured. */
interface Place {
  readonly queue: string
  readonly evaluator: Evaluator
  readonly asks: Asks
  readonly turns: Turns
  readonly post: (message: ToCoordinator, how?: Postage) => Promise<void>
}

async function measure({ id, data, retryCount, signal }: Job<QueuedCell>, place: Place): Promise<void> {
  const { queue, evaluator, asks, post } = place
  const { key } = data
  const { cell, candidate, rival, example, repeat, seed } = JSON.parse(data.job) as CellJob
  void post({ type: 'take', key, job: id, attempt: retryCount, worker: asks.worker }, 'open')
  let isGone = false
  const turns = new Set<() => void>()
  const reserve = async (estimate: CallEstimate): Promise<CallReservation | undefined> => {
    const { ask, answered } = asks.expect(queue)
    await post({ type: 'ask', ask, key, worker: asks.worker, estimate }, 'open')
    const answer = await answered
    isGone ||= answer === 'gone'
    // Only a call that may be sent waits for its turn, and only calls have one: what waits here holds up nobody.
    if (answer !== 'granted') return undefined
    const endTurn = await place.turns.take()
    turns.add(endTurn)
    const end = (message: ToCoordinator) => {
      endTurn()
      // Mostly the result follows at once.
      void post(message, 'later')
    }
    return {
      settle: ({ text: _, ...report }) => end({ type: 'settle', ask, key, report }),
      release: () => end({ type: 'release', ask, key }),
    }
  }
  const request = { cell, candidate, example, repeat, seed, signal, reserve }
  const measured = rival && evaluator.compare ? evaluator.compare({ ...request, rival }) : evaluator.evaluate(request)
  const evaluation = await measured.finally(() => {
    for (const endTurn of turns) endTurn()
  })
  // Not wanted any more, or not measured: it stays open.
  if (isGone || evaluation.failure?.kind === 'cancelled') return
  await post({ type: 'finish', key, evaluation })
}

interface Asks {
  readonly worker: number
  /** A question to be put, and its answer. */
  expect(queue: string): { readonly ask: string; readonly answered: Promise<ToWorker['answer']> }
  /** No coordinator answers for this queue any more. */
  leave(queue: string): void
  look(): void
}

function createAsks(worker: number, letters: () => Mailbox<ToWorker>): Asks {
  const open = new Map<string, { readonly queue: string; readonly settle: (answer: ToWorker['answer']) => void }>()
  let count = 0
  const look = oneAtATime(async () => {
    const mail = await letters().collect()
    letters().remove(mail.map(({ id }) => id))
    for (const { body } of mail) {
      open.get(body.ask)?.settle(body.answer)
      open.delete(body.ask)
    }
  })
  return {
    worker,
    expect(queue) {
      const ask = `${worker}.${++count}`
      return { ask, answered: new Promise((settle) => open.set(ask, { queue, settle })) }
    },
    leave(queue) {
      for (const [ask, one] of open) {
        if (one.queue === queue && open.delete(ask)) one.settle('gone')
      }
    },
    look: () => void look(),
  }
}

/** Does something now, at every piece of news, and now and then. */
async function untilAborted(link: Link, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  let wake = () => {}
  await link.listen(NEWS, () => wake())
  signal.addEventListener('abort', () => wake(), { once: true })
  while (!signal.aborted) {
    const next = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LOOK)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    try {
      await work()
    } catch {
      // The server is away; there is another look soon.
    }
    if (!signal.aborted) await next
  }
}
