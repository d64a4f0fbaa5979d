/**
 * Letters between processes, in a table: what was posted is there until its receiver takes it out, though either dies
 * in between. A notification says that there is one, or holds it; a look now and then finds those whose notification was
 * lost.
 *
 * @module
 */
import type { Link } from './link.ts'

export interface Letter<Body> {
  readonly id: number
  readonly body: Body
}

/**
 * `open`: its notification holds it, and its receiver need not look. Whoever may connect to the database can read it: for
 * letters without texts. `later`: nobody waits for it, and it goes with the next one.
 *
 * @defaultValue closed, at once
 */
export type Postage = 'open' | 'later'

export interface Mailbox<Body> {
  /** Resolves when the letter is on the server's disk. Letters posted in one turn, and while others are on the way, go together. */
  post(recipient: string, body: unknown, how?: Postage): Promise<void>
  /** Letters that were not handed over before, oldest first. They stay until they are removed. */
  collect(): Promise<Letter<Body>[]>
  /** Takes letters out with the next ones posted, or within about a second. Nothing waits for it. */
  remove(ids: readonly number[]): void
  close(): Promise<void>
}

/** How often a mailbox is looked into without a notification, in milliseconds. */
const LOOK = 1_000
/** How long a letter waits for the next one, in milliseconds. */
const LATER = 20
/** Bytes of the longest letter that a notification holds; the server takes 8,000. */
const LONGEST_OPEN = 4_000
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
  /** Taken out in this second, and in the one before: a notification may come after its letter was found. */
  let [lately, before] = [new Set<number>(), new Set<number>()]
  /** Came with their notifications. */
  let arrived: Letter<Body>[] = []
  /** Whether there may be letters in the table that were not handed over. */
  let mayHold = true
  let outbox: {
    readonly recipient: string
    readonly body: string
    readonly isOpen: boolean
    readonly sent: () => void
  }[] = []
  let removed: number[] = []
  let flushing: Promise<void> | undefined
  let closed = false

  const isNew = (id: number) => !seen.has(id) && !lately.has(id) && !before.has(id)
  const hear = (payload: string) => {
    const space = payload.indexOf(' ')
    const id = Number(payload.slice(0, space))
    if (space < 0) mayHold = true
    else if (isNew(id)) {
      seen.add(id)
      arrived.push({ id, body: JSON.parse(payload.slice(space + 1)) as Body })
    }
    onMail()
  }

  const flushOnce = async () => {
    const [letters, gone] = [outbox, removed]
    outbox = []
    removed = []
    const columns = (isOpen: boolean) => {
      const chosen = letters.filter((letter) => letter.isOpen === isOpen)
      return [chosen.map(({ recipient }) => recipient), chosen.map(({ body }) => body)]
    }
    try {
      await link.query(
        `with gone as (delete from messages where id = any($5::bigint[])),
          told as (insert into messages (recipient, body) select * from unnest($1::text[], $2::text[]) returning *),
          put as (insert into messages (recipient, body) select * from unnest($3::text[], $4::text[]) returning recipient),
          news as (select recipient, id || ' ' || body as what from told union all select distinct recipient, '' from put)
        select pg_notify(recipient, what) from news`,
        [...columns(true), ...columns(false), gone],
      )
    } catch (error) {
      outbox = [...letters, ...outbox]
      removed = [...gone, ...removed]
      throw error
    }
    for (const id of gone) {
      seen.delete(id)
      lately.add(id)
    }
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

  const lookInto = async (): Promise<Letter<Body>[]> => {
    if (!mayHold) return []
    mayHold = false
    try {
      const rows = await link.query<{ id: number; body: string }>(
        'select id, body from messages where recipient = $1 and id <> all($2::bigint[]) order by id',
        [name, [...seen]],
      )
      const fresh = rows.filter(({ id }) => isNew(id))
      for (const { id } of fresh) seen.add(id)
      return fresh.map(({ id, body }) => ({ id, body: JSON.parse(body) as Body }))
    } catch (error) {
      mayHold = true
      throw error
    }
  }

  await link.listen(name, hear)
  const timer = setInterval(() => {
    hear('')
    before = lately
    lately = new Set()
    if (removed.length > 0) flush()
  }, LOOK)
  timer.unref()
  return {
    post: (recipient, body, how) =>
      new Promise((sent) => {
        const text = JSON.stringify(body)
        outbox.push({ recipient, body: text, isOpen: how === 'open' && Buffer.byteLength(text) <= LONGEST_OPEN, sent })
        if (how === 'later') setTimeout(flush, LATER)
        else flush()
      }),
    async collect() {
      const found = await lookInto()
      const letters = [...found, ...arrived]
      arrived = []
      return letters.sort((a, b) => a.id - b.id)
    },
    remove(ids) {
      removed.push(...ids)
    },
    async close() {
      clearInterval(timer)
      const sendAll = async () => {
        while (flushing || outbox.length + removed.length > 0) {
          flush()
          await flushing
        }
      }
      await Promise.race([sendAll(), new Promise((resolve) => setTimeout(resolve, LAST_WORDS).unref())])
      closed = true
    },
  }
}
