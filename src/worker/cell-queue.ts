/**
 * The queue of one study's cells, as its coordinator sees it.
 *
 * @module
 */
import type { PgBoss } from 'pg-boss'
import { namesOf, QUEUE_SCHEMA } from '../store/postgres/left-behind.ts'
import type { Link } from './link.ts'
import { NEWS, type QueuedCell, type Take } from './messages.ts'
import { QUEUE_OPTIONS, RETRIES, RETRIES_ALONE } from './queue.ts'

export interface CellQueue {
  readonly name: string
  /** Keys of the cells that wait for a worker, that one is at, or that none could do, as an earlier coordinator left them, too. */
  keys(): Promise<Set<string>>
  /** Puts a cell at the end. Those of one turn go together. */
  send(cell: QueuedCell): Promise<void>
  /** Gives what a worker had to another one at once. */
  takeAway(take: Take): Promise<void>
  /** Tells its workers that there may be a cell. */
  call(): Promise<void>
  /** Tells all workers that there is a study to serve, or not any more. */
  announce(): Promise<void>
  /**
   * Deals with cells that too many workers were lost with. Each gets a worker of its own, and what is lost even then is
   * given up.
   *
   * @param isWanted Called before a cell gets a worker of its own.
   */
  watchLost(isWanted: (key: string) => boolean, giveUp: (key: string, message: string) => void): Promise<void>
  unwatchLost(): Promise<void>
  /** Takes out what waits. */
  clear(): Promise<void>
  delete(): Promise<void>
}

export async function openCellQueue(boss: PgBoss, link: Link, study: string): Promise<CellQueue> {
  const { queue: name, dead } = namesOf(study)
  await boss.createQueue(dead, { deleteAfterSeconds: QUEUE_OPTIONS.deleteAfterSeconds })
  await boss.createQueue(name, { ...QUEUE_OPTIONS, deadLetter: dead })

  const notify = async (channel: string) => void (await link.query('select pg_notify($1, $2)', [channel, '']))
  const call = () => notify(name)
  let cells: QueuedCell[] = []
  let sending: Promise<void> | undefined

  return {
    name,
    call,
    announce: () => notify(NEWS),
    async keys() {
      const rows = await link.query<{ key: string }>(
        `select data->>'key' as key from ${QUEUE_SCHEMA}.job where name in ($1, $2) and state < 'completed'`,
        [name, dead],
      )
      return new Set(rows.map(({ key }) => key))
    },
    send(cell) {
      cells.push(cell)
      sending ??= new Promise((resolve) => setImmediate(resolve)).then(async () => {
        sending = undefined
        const all = cells
        cells = []
        await boss.insert(
          name,
          all.map((data) => ({ data })),
        )
        await call()
      })
      return sending
    },
    async takeAway({ job, attempt, worker }) {
      await boss.fail(name, { id: job, retryCount: attempt }, { message: `worker ${worker} is gone` })
    },
    async watchLost(isWanted, giveUp) {
      await boss.work<QueuedCell>(dead, { pollingIntervalSeconds: 1 }, async ([job]) => {
        const { data } = job!
        if (data.alone) {
          const lost = RETRIES + 1 + RETRIES_ALONE + 1
          giveUp(
            data.key,
            `${lost} workers were lost while they measured it, the last of them with nothing else in hand`,
          )
          return
        }
        if (!isWanted(data.key)) return
        // It may have been in the same hands as the one that killed them: it gets a worker of its own.
        await boss.insert(name, [{ data: { ...data, alone: true }, retryLimit: RETRIES_ALONE }])
        await call()
      })
    },
    unwatchLost: () => boss.offWork(dead, { wait: false }),
    async clear() {
      await boss.deleteQueuedJobs(name)
    },
    async delete() {
      await boss.deleteQueue(name)
      await boss.deleteQueue(dead)
    },
  }
}
