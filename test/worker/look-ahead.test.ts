import { describe, expect, it } from 'vitest'
import { createLookAhead, createTurns } from '../../src/worker/look-ahead.ts'

describe('looking ahead', () => {
  it('has more cells in hand than are under way while cells are short, and no more once they are long', () => {
    const changes: number[] = []
    const ahead = createLookAhead(8, (capacity) => changes.push(capacity))
    expect(ahead.capacity).toBe(8)
    ahead.note(100)
    expect(ahead.capacity).toBe(11)
    for (let k = 0; k < 20; k++) ahead.note(3_000)
    expect(ahead.capacity).toBe(8)
    for (let k = 0; k < 20; k++) ahead.note(50)
    expect(changes).toEqual([11, 8, 11])
  })

  it('takes one cell more where one is under way', () => {
    const ahead = createLookAhead(1, () => {})
    ahead.note(100)
    expect(ahead.capacity).toBe(2)
  })
})

describe('turns', () => {
  it('let so many be under way, the others in the order in which they came', async () => {
    const take = createTurns(2)
    const order: string[] = []
    const [endFirst] = await Promise.all([take(), take()])
    const third = take().then((end) => {
      order.push('third')
      return end
    })
    const fourth = take().then(() => order.push('fourth'))
    await Promise.resolve()
    expect(order).toEqual([])
    endFirst()
    const endThird = await third
    // Ended twice it is ended once: the fourth waits for the third.
    endFirst()
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(order).toEqual(['third'])
    endThird()
    await fourth
    expect(order).toEqual(['third', 'fourth'])
  })
})
