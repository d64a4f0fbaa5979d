/**
 * Letters between processes, in a table: what was posted is there until its receiver takes it out, though either dies
 * in between. A notification says that there is one; a look now and then finds those whose notification was lost.
 *
 * @module
 */
import type { Link } from './link.ts'

export interface Letter<Body> {
  readonly id: number
  readonly body: Body
}

export interface Mailbox<Body> {
  /** Resolves when the letter is on the server's disk. Letters posted in one turn, and while others are on the way, go together. */
  post(recipient: string, body: unknown): Promise<void>
  /** Letters that were not handed over before, oldest first. They stay until they are removed. */
  collect(): Promise<Letter<Body>[]>
  /** Takes letters out with the next ones posted, or within about a second. Nothing waits for it. */
  remove(ids: readonly number[]): void
  close(): Promise<void>
}

/** How often a mailbox is looked into without a notification, in milliseconds. */
const LOOK = 1_000
/** How long the last letters have to be sent, in milliseconds. */
const LAST_WORDS = 5_000
/** How long what broke off is tried again, in milliseconds. */
const AGAIN = 500

/**
 * @param name Whose letters these are.
 * @param onMail Called when there may be some.
 */
export async function openMailbox<Body>(link: Link, name: string, onMail: () => void): Promise<Mailbox<Body>> {
  const seen = new Set<number>()
  let outbox: { readonly recipient: string; readonly body: string; readonly sent: () => void }[] = []
  let removed: number[] = []
  let flushing: Promise<void> | undefined
  let closed = false

  const flushOnce = async () => {
    const [letters, gone] = [outbox, removed]
    outbox = []
    removed = []
    try {
      await link.query(
        `with gone as (delete from messages where id = any($3::bigint[])),
          put as (insert into messages (recipient, body) select * from unnest($1::text[], $2::text[]) returning recipient)
        select pg_notify(recipient, '') from put group by recipient`,
        [letters.map(({ recipient }) => recipient), letters.map(({ body }) => body), gone],
      )
    } catch (error) {
      outbox = [...letters, ...outbox]
      removed = [...gone, ...removed]
      throw error
    }
    for (const id of gone) seen.delete(id)
    for (const { sent } of letters) sent()
  }
  const flush = () => {
    flushing ??= (async () => {
      await new Promise((resolve) => setImmediate(resolve))
      while (outbox.length + removed.length > 0) {
        try {
          await flushOnce()
        } catch {
          // The server is away: what is to be said waits until it is back.
          if (closed) return
          await new Promise((resolve) => setTimeout(resolve, AGAIN))
        }
      }
    })().finally(() => {
      flushing = undefined
      if (outbox.length > 0 && !closed) flush()
    })
  }

  await link.listen(name, onMail)
  const timer = setInterval(() => {
    onMail()
    if (removed.length > 0) flush()
  }, LOOK)
  timer.unref()
  return {
    post: (recipient, body) =>
      new Promise((sent) => {
        outbox.push({ recipient, body: JSON.stringify(body), sent })
        flush()
      }),
    async collect() {
      const rows = await link.query<{ id: number; body: string }>(
        'select id, body from messages where recipient = $1 and id <> all($2::bigint[]) order by id',
        [name, [...seen]],
      )
      const fresh = rows.filter(({ id }) => !seen.has(id))
      for (const { id } of fresh) seen.add(id)
      return fresh.map(({ id, body }) => ({ id, body: JSON.parse(body) as Body }))
    },
    remove(ids) {
      removed.push(...ids)
    },
    async close() {
      clearInterval(timer)
      if (removed.length > 0) flush()
      await Promise.race([flushing, new Promise((resolve) => setTimeout(resolve, LAST_WORDS).unref())])
      closed = true
    },
  }
}
