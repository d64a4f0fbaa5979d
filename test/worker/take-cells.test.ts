import type { Job, PgBoss } from 'pg-boss'
import { describe, expect, it, vi } from 'vitest'
import type { QueuedCell } from '../../src/worker/messages.ts'
import { takeCells } from '../../src/worker/take-cells.ts'

/** A queue in memory that counts how often it is asked. */
function queueOf(...keys: string[]) {
  const waiting = keys.map((key, k) => ({ id: `${k}`, retryCount: 0, data: { key, job: '{}' } }) as Job<QueuedCell>)
  const completed: string[] = []
  let fetches = 0
  let release = () => {}
  const boss = {
    async fetch(_: string, { batchSize }: { batchSize: number }) {
      fetches++
      return waiting.splice(0, batchSize)
    },
    async complete(_: string, { id }: { id: string }) {
      if (id === 'slow') await new Promise<void>((resolve) => (release = resolve))
      completed.push(id)
    },
    async fail(_: string, { id, retryCount }: { id: string; retryCount: number }) {
      waiting.push({ id, retryCount: retryCount + 1, data: { key: id, job: '{}' } } as Job<QueuedCell>)
    },
    async touch() {},
  }
  return { boss: boss as unknown as PgBoss, waiting, completed, fetches: () => fetches, release: () => release() }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 20))

describe('hands', () => {
  it('take all that is there, and ask no more until they are called', async () => {
    const queue = queueOf('a', 'b', 'c', 'd', 'e')
    const measured: string[] = []
    const hands = takeCells(
      queue.boss,
      'cells',
      () => 2,
      async ({ data }) => void measured.push(data.key),
    )
    await vi.waitUntil(() => queue.completed.length === 5)
    await settled()
    const asked = queue.fetches()
    expect(measured).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(asked).toBeLessThanOrEqual(5)
    queue.waiting.push({ id: '9', retryCount: 0, data: { key: 'f', job: '{}' } } as Job<QueuedCell>)
    await settled()
    expect(queue.fetches()).toBe(asked)
    hands.look()
    await vi.waitUntil(() => queue.completed.length === 6)
    // A call finds the cell, and what ends it asks nothing.
    await settled()
    expect(queue.fetches()).toBe(asked + 1)
    await hands.close()
  })

  it('that were called while they were full ask when one is free', async () => {
    const queue = queueOf('a')
    let end = () => {}
    const hands = takeCells(
      queue.boss,
      'cells',
      () => 1,
      ({ data }) => (data.key === 'a' ? new Promise<void>((resolve) => (end = resolve)) : Promise.resolve()),
    )
    await settled()
    queue.waiting.push({ id: '9', retryCount: 0, data: { key: 'b', job: '{}' } } as Job<QueuedCell>)
    hands.look()
    await settled()
    expect(queue.waiting).toHaveLength(1)
    end()
    await vi.waitUntil(() => queue.completed.length === 2)
    await hands.close()
  })

  it('take one more once there is room for it, and ask nothing where the queue was empty', async () => {
    const queue = queueOf('a', 'b')
    let room = 1
    const ends = new Map<string, () => void>()
    const hands = takeCells(
      queue.boss,
      'cells',
      () => room,
      ({ data }) => new Promise<void>((resolve) => ends.set(data.key, resolve)),
    )
    await settled()
    expect([...ends.keys()]).toEqual(['a'])
    room = 2
    hands.fill()
    await settled()
    expect([...ends.keys()]).toEqual(['a', 'b'])
    room = 3
    hands.fill()
    await settled()
    const asked = queue.fetches()
    hands.fill()
    await settled()
    expect(queue.fetches()).toBe(asked)
    // Room for fewer than are in hand takes nothing away.
    room = 1
    hands.look()
    await settled()
    expect(queue.fetches()).toBe(asked)
    for (const end of ends.values()) end()
    await hands.close()
    expect(queue.completed).toHaveLength(2)
  })

  it('take a cell again whose work threw', async () => {
    const queue = queueOf('a')
    let tries = 0
    const hands = takeCells(
      queue.boss,
      'cells',
      () => 1,
      async () => {
        if (++tries === 1) throw new Error('the first time')
      },
    )
    await vi.waitUntil(() => queue.completed.length === 1)
    expect(tries).toBe(2)
    await hands.close()
  })

  it('close once what they measured is out of the queue', async () => {
    const queue = queueOf()
    queue.waiting.push({ id: 'slow', retryCount: 0, data: { key: 'a', job: '{}' } } as Job<QueuedCell>)
    const hands = takeCells(
      queue.boss,
      'cells',
      () => 1,
      async () => {},
    )
    await settled()
    let isClosed = false
    const closing = hands.close().then(() => {
      isClosed = true
    })
    await settled()
    expect(isClosed).toBe(false)
    queue.release()
    await closing
    expect(queue.completed).toEqual(['slow'])
  })
})
