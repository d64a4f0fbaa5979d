import type { Job, PgBoss } from 'pg-boss'
import { messageOf } from '../text/message-of.ts'
import type { QueuedCell } from './messages.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { BEAT } from './queue.ts'

/** A number of cells of one queue, in hand at once. */
export interface Hands {
  /** There may be cells. */
  look(): void
  /** There may be room for one more. */
  fill(): void
  /** Takes no more, and resolves when what was taken is done. */
  close(): Promise<void>
}

/**
 * Takes cells from a queue as hands are free, and says that they are being worked on. A cell whose work throws goes back
 * into the queue, for another worker, or to the dead letters after too many. One that is to be measured alone waits until
 * the others in hand are done, and nothing is taken meanwhile.
 *
 * @param capacity How many there may be in hand; asked whenever there may be room.
 */
export function takeCells(
  boss: PgBoss,
  queue: string,
  capacity: () => number,
  carry: (cell: Job<QueuedCell>) => Promise<void>,
): Hands {
  const inHand = new Map<string, Job<QueuedCell>>()
  /** Of those, what is measured. */
  const begun = new Set<string>()
  /** Were measured, and are being taken out of the queue. */
  let ending = 0
  let closed = false
  /** Whether the queue may hold more: it was called, or gave as many as were asked for. */
  let mayHold = true
  let emptied: () => void = () => {}

  const attempt = ({ id, retryCount }: Job<QueuedCell>) => ({ id, retryCount })
  const startNext = () => {
    const waiting = [...inHand.values()].filter(({ id }) => !begun.has(id))
    for (const job of waiting.filter(({ data }) => !data.alone)) start(job)
    const [first] = waiting.filter(({ data }) => data.alone)
    if (first && begun.size === 0) start(first)
  }
  const start = (job: Job<QueuedCell>) => {
    begun.add(job.id)
    carry(job)
      .then(
        () => () => boss.complete(queue, attempt(job)),
        (error) => () => {
          mayHold = true
          return boss.fail(queue, attempt(job), { message: messageOf(error) })
        },
      )
      .then((end) => {
        ending++
        inHand.delete(job.id)
        begun.delete(job.id)
        startNext()
        void look()
        return end()
      })
      // The queue is gone with its study, or the server is away: then the job is given out again, and found done.
      .catch(() => {})
      .finally(() => {
        ending--
        void look()
        emptied()
      })
  }
  const look = oneAtATime(async () => {
    const batchSize = capacity() - inHand.size
    if (closed || !mayHold || batchSize <= 0 || [...inHand.values()].some(({ data }) => data.alone)) return
    mayHold = false
    const jobs = await boss.fetch<QueuedCell>(queue, { batchSize }).catch((error) => {
      mayHold = true
      throw error
    })
    mayHold ||= jobs.length === batchSize
    for (const job of jobs) inHand.set(job.id, job)
    startNext()
  })
  const timer = setInterval(() => {
    const held = [...inHand.values()].map(attempt)
    if (held.length > 0) boss.touch(queue, held).catch(() => {})
  }, 1000 * BEAT)
  void look()
  return {
    look() {
      mayHold = true
      void look()
    },
    fill: () => void look(),
    async close() {
      closed = true
      await look()
      while (inHand.size + ending > 0) {
        await new Promise<void>((resolve) => {
          emptied = resolve
        })
      }
      clearInterval(timer)
    },
  }
}
