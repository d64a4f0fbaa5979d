import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts'
import { type Link, openLink } from '../../src/worker/link.ts'
import { openMailbox } from '../../src/worker/mailbox.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'

let postgres: PostgresServer
let link: Link
beforeAll(async () => {
  postgres = await startPostgres()
  const address = postgres.database()
  await (await openPostgresStore(address)).close()
  link = await openLink(address, 2)
})
afterAll(async () => {
  await link?.close()
  postgres?.close()
})

/** A link that says what was asked and heard on it. */
function watched() {
  const queries: string[] = []
  const heard: string[] = []
  let listener: (payload: string) => void = () => {}
  const watching: Link = {
    ...link,
    query(text, values) {
      queries.push(text)
      return link.query(text, values)
    },
    listen(channel, listen) {
      listener = listen
      return link.listen(channel, (payload) => {
        if (payload !== '') heard.push(payload)
        listen(payload)
      })
    },
  }
  return { link: watching, queries, heard, repeat: (payload: string) => listener(payload) }
}

describe('a mailbox', () => {
  it('hands an open letter over without a look into the table, once, also where its notification comes again', async () => {
    const box = watched()
    let mail = 0
    const mailbox = await openMailbox<{ n: number }>(box.link, 'open', () => mail++)
    expect(await mailbox.collect()).toEqual([])
    const looks = () => box.queries.filter((text) => text.startsWith('select')).length
    const before = looks()
    await mailbox.post('open', { n: 1 }, 'open')
    await vi.waitUntil(() => box.heard.length === 1)
    const letters = await mailbox.collect()
    expect(letters.map(({ body }) => body)).toEqual([{ n: 1 }])
    expect(looks()).toBe(before)
    mailbox.remove([letters[0]!.id])
    await mailbox.post('elsewhere', { n: 2 })
    box.repeat(box.heard[0]!)
    expect(await mailbox.collect()).toEqual([])
    const rows = await link.query<{ body: string }>(`select body from messages where recipient = 'open'`)
    expect(rows).toEqual([])
    expect(mail).toBeGreaterThan(0)
    await mailbox.close()
  })

  it('shows a closed letter to those alone who may read the table, and keeps one until it is removed', async () => {
    const box = watched()
    const mailbox = await openMailbox<{ text: string }>(box.link, 'closed', () => {})
    await mailbox.post('closed', { text: 'a prompt' })
    const [letter] = await vi.waitUntil(async () => {
      const found = await mailbox.collect()
      return found.length > 0 && found
    })
    expect(letter!.body).toEqual({ text: 'a prompt' })
    expect(box.heard).toEqual([])
    // Too long for a notification.
    await mailbox.post('closed', { text: 'x'.repeat(9_000) }, 'open')
    expect(box.heard).toEqual([])
    await mailbox.close()
    // Who opens it next finds what was not removed.
    const next = await openMailbox<{ text: string }>(link, 'closed', () => {})
    expect((await next.collect()).map(({ body }) => body.text.length)).toEqual([8, 9_000])
    await next.close()
  })

  it('sends what can wait with the next letter, or soon, and at the latest when it closes', async () => {
    const mailbox = await openMailbox<{ n: number }>(link, 'sender', () => {})
    const order: number[] = []
    const waiting = mailbox.post('later', { n: 1 }, 'later').then(() => order.push(1))
    expect(order).toEqual([])
    await waiting
    void mailbox.post('later', { n: 2 }, 'later')
    await mailbox.close()
    const rows = await link.query<{ body: string }>(`select body from messages where recipient = 'later' order by id`)
    expect(rows.map(({ body }) => JSON.parse(body).n)).toEqual([1, 2])
  })
})
