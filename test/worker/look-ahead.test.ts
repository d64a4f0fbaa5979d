import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { cellsAhead, createCallTime, createTurns } from '../../src/worker/look-ahead.ts'

describe('cells ahead', () => {
  it('are as many as calls end in the time that the next ones take to come, at most as many again', () => {
    const time = createCallTime()
    expect(cellsAhead(32, time)).toBe(0)
    time.note(100)
    expect(cellsAhead(8, time)).toBe(6)
    expect(cellsAhead(1, time)).toBe(1)
    for (let k = 0; k < 100; k++) time.note(2_000)
    expect(cellsAhead(32, time)).toBe(2)
    for (let k = 0; k < 200; k++) time.note(5)
    expect(cellsAhead(8, time)).toBe(8)
  })
})

describe('turns', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('let so many calls be out, the others in the order in which they came', async () => {
    const turns = createTurns(2, () => {})
    const order: string[] = []
    const [endFirst] = await Promise.all([turns.take(), turns.take()])
    const third = turns.take().then((end) => {
      order.push('third')
      return end
    })
    const fourth = turns.take().then(() => order.push('fourth'))
    await vi.advanceTimersByTimeAsync(5)
    expect(order).toEqual([])
    endFirst()
    const endThird = await third
    // Ended twice it is ended once: the fourth waits for the third.
    endFirst()
    await vi.advanceTimersByTimeAsync(5)
    expect(order).toEqual(['third'])
    endThird()
    await fourth
    expect(order).toEqual(['third', 'fourth'])
  })

  it('make room for one cell more shortly before a call is to end, and for none where calls were never timed', async () => {
    let told = 0
    const turns = createTurns(1, () => told++)
    const endFirst = await turns.take()
    await vi.advanceTimersByTimeAsync(200)
    expect([turns.capacity, told]).toEqual([1, 0])
    endFirst()
    const endSecond = await turns.take()
    await vi.advanceTimersByTimeAsync(120)
    expect([turns.capacity, told]).toEqual([1, 0])
    await vi.advanceTimersByTimeAsync(20)
    expect([turns.capacity, told]).toEqual([2, 1])
    endSecond()
    expect(turns.capacity).toBe(1)
    // One that ends early was never about to.
    const endThird = await turns.take()
    endThird()
    await vi.advanceTimersByTimeAsync(1_000)
    expect([turns.capacity, told]).toEqual([1, 1])
  })
})
